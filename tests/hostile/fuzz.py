"""Coverage-guided fuzzing of what strangers' bytes reach first.

``python -m tests.hostile.fuzz TARGET SECONDS [FOLDER]`` needs atheris (the extra ``fuzz``). What is found is kept as a
case in ``test_fuzz.py``.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

with suppress(ImportError):
    import atheris

    if __name__ == "__main__":
        with atheris.instrument_imports(include=["recto", "PIL", "python_multipart"]):
            import recto.codec
            import recto.pipeline
            import recto.web.v1.uploads  # noqa: F401

from recto.codec import Limits, decode, probe
from recto.errors import InputError
from recto.pipeline import plan
from recto.web.forms import read_form, read_multipart
from recto.web.lenient import read_base64, read_json_object
from recto.web.v1.uploads import read_upload

LIMITS = Limits(max_bytes=200_000, max_megapixels=0.3, max_frames=5)
_KINDS = ("application/json", "multipart/form-data; boundary=b", "image/png", "multipart/form-data; boundary=")


def headers(data: bytes) -> None:
    """What the early look does."""
    with suppress(InputError):
        probe(data, LIMITS, pdf_dpi=36)


def pages(data: bytes) -> None:
    """What a worker's child does."""
    with suppress(InputError):
        for page in decode(data, LIMITS, pdf_dpi=36):
            assert page.samples.size > 0


def bodies(data: bytes) -> None:
    """A JSON body and the picture in it."""
    with suppress(InputError):
        image = read_json_object(data).get("image")
        if isinstance(image, str):
            read_base64(image)


def base64_text(data: bytes) -> None:
    """Any text at all as base64."""
    with suppress(InputError):
        read_base64(data.decode("utf-8", "surrogateescape"))


def forms(data: bytes) -> None:
    """Forms of both kinds; the first line is the content type."""
    kind, _, body = data.partition(b"\n")
    with suppress(InputError):
        read_multipart(kind.decode("latin-1"), body)
    with suppress(InputError):
        read_form(kind.decode("latin-1"), body)


def uploads(data: bytes) -> None:
    """What the native API reads of a request, and the plan of it."""
    with suppress(InputError):
        upload = read_upload(_KINDS[data[0] % len(_KINDS)] if data else "", {}, data[1:])
        plan(upload.wanted())


def recipes(data: bytes) -> None:
    """A recipe as text; a plan that is made can be made again from its own words."""
    with suppress(InputError):
        made = plan(data.decode("utf-8", "surrogateescape"))
        assert plan(made.as_json()) == made


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (headers, pages, bodies, base64_text, forms, uploads, recipes)
}


def seeds(name: str) -> list[bytes]:
    """Sound inputs to begin with."""
    from tests.codec.files import corners, pages_of_every_format, saved
    from tests.hostile.asked import IMAGE

    page = saved(corners(), "PNG")
    body = (
        f'{{"image": "{IMAGE}", "recipe": ["deskew", {{"filter": "rotate", "angle_deg": 90}}], "name": "a"}}'.encode()
    )
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + page + b"\r\n--b--\r\n"
    return {
        "headers": [*pages_of_every_format().values()],
        "pages": [*pages_of_every_format().values()],
        "bodies": [body, body.replace(b"}", b",}"), b'{"image":"data:image/png;base64,AA\\u002b\\/"}'],
        "base64_text": [IMAGE.encode(), b"data:image/png;base64," + IMAGE.encode(), b"AA\n==", "AA\u00a0A=".encode()],
        "forms": [b"multipart/form-data; boundary=b\n" + form, b"application/x-www-form-urlencoded\na=1&b=%20"],
        "uploads": [b"\x00" + body, b"\x01" + form, b"\x02" + page],
        "recipes": [b"deskew,binarize", b'[{"filter":"upsample","scale":2},"whiten"]', b'{"filter":"rotate"}'],
    }[name]  # fmt: skip


def main() -> None:
    name, seconds = sys.argv[1], sys.argv[2]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(name)):
            (folder / f"seed-{number}").write_bytes(seed)
        options = [f"-max_total_time={seconds}", "-max_len=20000", "-timeout=20", "-rss_limit_mb=2500", "-seed=8"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(folder)], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
