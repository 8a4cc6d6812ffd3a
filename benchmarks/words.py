"""Texts as people and models write them, in several scripts, with words that are in a known share of them."""

from collections.abc import Sequence
from itertools import accumulate
from random import Random

LATIN, ACCENTED = "etaoinshrdlucmfwypvbgkjqxz", "éáíóúñüçãêèàôï"
SCRIPTS = {"zh": (0x4E00, 2500), "th": (0x0E01, 46)}
LANGUAGES = ("en",) * 50 + ("es",) * 20 + ("zh",) * 22 + ("th",) * 8
VOCABULARY = 30_000
# What is looked for, and in how many of all texts it is.
PLANTED = {
    "escalated": 0.01, "please check": 0.30, "refund": 0.04, "pedido": 0.02, "late delivery": 0.02, "zanzibar": 0.0001,
    "配送": 0.03, "ล่าช้า": 0.01,
}  # fmt: skip


class Texts:
    """Questions and answers; the same seed gives the same."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.weights = list(accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))  # as words are distributed
        self.words = {language: [self._word(language) for _ in range(VOCABULARY)] for language in set(LANGUAGES)}

    def turn(self) -> tuple[str, str]:
        language = self.random.choice(LANGUAGES)
        planted = [words for words, share in PLANTED.items() if self.random.random() < share]
        return self._text(language, self.random.randint(60, 500), planted), self._text(
            language, int(2 ** self.random.uniform(8, 11.6)), planted
        )

    def _text(self, language: str, size: int, planted: Sequence[str]) -> str:
        count = size // 6 if language in ("en", "es") else size // 8
        words = self.random.choices(self.words[language], cum_weights=self.weights, k=max(1, count))
        for extra in planted:
            words.insert(self.random.randrange(len(words)), f" {extra} ")
        return (" " if language in ("en", "es") else "").join(words)

    def _word(self, language: str) -> str:
        if language in SCRIPTS:
            first, count = SCRIPTS[language]
            return "".join(chr(first + self.random.randrange(count)) for _ in range(self.random.randint(1, 4)))
        letters = LATIN if language == "en" else LATIN + ACCENTED
        return "".join(self.random.choices(letters, k=self.random.randint(2, 10)))
