"""A long made-up text, of which payloads take pieces; the same seed gives the same."""

from itertools import accumulate
from random import Random

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
WORD_LENGTHS = (2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 11)


def prose(random: Random, size: int = 4_000_000) -> str:
    """Made-up words as frequent as those of a language, so that it packs about as well as one."""
    weights = [1 / (rank + 1) ** 0.6 for rank in range(len(LETTERS))]
    words = ["".join(random.choices(LETTERS, weights, k=random.choice(WORD_LENGTHS))) for _ in range(20_000)]
    frequencies = list(accumulate(1 / (rank + 3) ** 0.9 for rank in range(len(words))))
    sentences: list[str] = []
    length = 0
    while length < size:
        sentence = " ".join(random.choices(words, cum_weights=frequencies, k=random.randint(6, 22)))
        sentences.append(sentence.capitalize() + random.choice((". ", ". ", "? ", ".\n")))
        length += len(sentences[-1])
    return "".join(sentences)
