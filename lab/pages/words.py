"""Words, sentences and numbers of a script, made up by a generator of random numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lab.pages.vocabulary import BY_SCRIPT, Language

SCRIPTS = tuple(BY_SCRIPT)
RIGHT_TO_LEFT = frozenset({"arabic", "hebrew"})
UNSPACED = frozenset({"chinese", "japanese"})
_CASED = frozenset({"latin", "cyrillic", "greek"})
_STOPS = {
    "arabic": (".", "،", "؟"),
    "devanagari": ("।", ",", "?"),
    "chinese": ("。", "，", "？"),
    "japanese": ("。", "、", "？"),
}
_DIGITS = {"arabic": "٠١٢٣٤٥٦٧٨٩", "devanagari": "०१२३४५६७८९"}


class Words:
    """The words of one page.

    Parameters
    ----------
    rng : numpy.random.Generator
    script : str
        One of ``SCRIPTS``.
    covered : callable, optional
        ``covered(text) -> bool``: False for marks that the page's font cannot draw; they are left out.
    """

    def __init__(
        self, rng: np.random.Generator, script: str, covered: Callable[[str], bool] = lambda text: True
    ) -> None:
        self.rng = rng
        self.script = script
        languages = BY_SCRIPT[script]
        self.name = str(rng.choice(list(languages)))
        self.language: Language = languages[self.name]
        self.stop, self.comma, self.question = (
            mark if covered(mark) else "" for mark in _STOPS.get(script, (".", ",", "?"))
        )
        digits = _DIGITS.get(script, "")
        self.long_s = False
        self._brackets = covered("()") and script not in _STOPS
        self.capitals = script in _CASED and rng.random() < 0.03
        self._native = digits if digits and covered(digits) and rng.random() < 0.5 else ""

    def _pick(self, entries: tuple[str, ...]) -> str:
        return entries[int(self.rng.integers(len(entries)))]

    def word(self) -> str:
        """One word without marks; in scripts without spaces a run of one to four signs."""
        language, rng = self.language, self.rng
        if self.script in UNSPACED:
            return "".join(self._pick(language.common) for _ in range(int(rng.integers(1, 5))))
        if not language.onsets or rng.random() < 0.55:
            return self._pick(language.common)
        syllables = int(rng.choice((1, 2, 2, 3, 3, 4)))
        parts = [
            self._pick(language.onsets) + self._pick(language.vowels) + self._pick(language.codas)
            for _ in range(syllables)
        ]
        return "".join(parts) + self._pick(language.endings)

    def number(self) -> str:
        """A number, an amount, a date, a code or a telephone number."""
        rng = self.rng
        kind = int(rng.integers(7))
        n = int(10 ** rng.uniform(0, 6))
        text = (
            str(n),
            f"{n / 100:,.2f}",
            f"{int(rng.integers(1, 29)):02d}.{int(rng.integers(1, 13)):02d}.{int(rng.integers(1890, 2030))}",
            f"{int(rng.integers(1890, 2030))}",
            f"{n // 7}-{int(rng.integers(10, 99))}/{int(rng.integers(1, 9))}",
            f"{int(rng.integers(1, 100))}%",
            f"{n / 10:.1f}",
        )[kind]
        return text.translate(str.maketrans("0123456789", self._native)) if self._native else text

    def amount(self) -> str:
        """A sum of money such as ``1,204.50``."""
        text = f"{10 ** self.rng.uniform(0, 4.5):,.2f}"
        return text.translate(str.maketrans("0123456789", self._native)) if self._native else text

    def sentence(self) -> list[str]:
        """Words with their marks, the first one capitalised where the script knows capitals."""
        rng, cased = self.rng, self.script in _CASED
        words: list[str] = []
        for k in range(int(rng.integers(4, 19))):
            draw = rng.random()
            word = self.number() if draw < 0.04 else self.word()
            if cased and (k == 0 or rng.random() < self.language.capitals):
                word = word[:1].upper() + word[1:]
            elif cased and draw > 0.985:
                word = word.upper()
            if rng.random() < 0.07:
                word += self.comma
            elif self._brackets and rng.random() < 0.012:
                word = f"({word})"
            if self.long_s:
                word = word[:-1].replace("s", "ſ") + word[-1:]
            words.append(word.upper() if self.capitals else word)
        words[-1] = words[-1].rstrip("," + self.comma) + (self.question if rng.random() < 0.05 else self.stop)
        return words

    def prose(self, count: int) -> list[str]:
        """At least ``count`` words of whole sentences."""
        words: list[str] = []
        while len(words) < count:
            words.extend(self.sentence())
        return words

    def title(self, count: int, upper: bool = False) -> list[str]:
        """Words of a heading."""
        words = [self.word() for _ in range(count)]
        if self.script in _CASED:
            words = [w.upper() if upper else w[:1].upper() + w[1:] for w in words]
        return words
