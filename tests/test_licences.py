"""Nothing that Recto needs to run is under a licence that would reach into programs that use it."""

from __future__ import annotations

import re
from importlib import metadata

from packaging.requirements import Requirement

EXTRAS = ("serve", "client", "tracing")
_STRONG = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|GNU (Affero )?General Public|\bSSPL\b|\bEUPL\b", re.IGNORECASE)


def needed(name: str, extras: tuple[str, ...] = (), seen: set[str] | None = None) -> set[str]:
    """The names of all distributions that one needs to be installed."""
    seen = set() if seen is None else seen
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        other = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if wanted and other not in seen:
            try:
                metadata.distribution(other)
            except metadata.PackageNotFoundError:
                continue  # an extra that is not installed here
            seen.add(other)
            needed(other, tuple(requirement.extras), seen)
    return seen


def licence_of(name: str) -> str:
    """What a distribution says of its licence, the shortest way in which it says it."""
    told = metadata.metadata(name)
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    kinds = [text.split(" :: ")[-1] for text in told.get_all("Classifier") or () if text.startswith("License ::")]
    return " ".join(kinds) or (told.get("License") or "").strip().splitlines()[0][:200]


def test_no_dependency_is_under_a_strong_copyleft() -> None:
    names = needed("recto", EXTRAS)
    assert {"numpy", "pillow", "fastapi", "psycopg"} <= names
    told = {name: licence_of(name) for name in sorted(names)}
    assert [f"{name}: {said}" for name, said in told.items() if _STRONG.search(said) and " OR " not in said] == []


def test_every_dependency_says_what_its_licence_is() -> None:
    assert [name for name in needed("recto", EXTRAS) if not licence_of(name)] == []
