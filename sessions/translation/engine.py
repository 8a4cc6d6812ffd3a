"""Runs one job against its provider: batches, retries, the daily quota, and validated answers."""

import random
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from sessions.translation import quota
from sessions.translation.masking import LETTER, Masked, unmasked, words_between
from sessions.translation.planning import TranslationPlan, Unit
from sessions.translation.provider import BadAnswer, Provider, ProviderRateLimited, TranslationFailed, UnsupportedPair
from sessions.translation.registry import unserved

ATTEMPTS = 3
RETRY_WINDOW_SECONDS = 12.0  # seconds after which a failure is not tried again: somebody waits
REST = 0.3  # seconds before the second attempt, twice as long before the third


class Work:
    """The state of one job.

    `translations` begins with what is known; `refused` holds pairs of source language and text. After an error
    nothing more is sent; a pair that no model serves stops only its own language."""

    def __init__(
        self,
        provider: Provider,
        project_id: int,
        daily: int,
        known: Mapping[Unit, str],
        refused: Collection[tuple[str, str]] = (),
    ) -> None:
        self.provider, self.project_id, self.daily = provider, project_id, daily
        self.translations: dict[Unit, str] = dict(known)
        self.refused = set(refused)
        self.error: TranslationFailed | None = None
        self._unserved: set[str] = set()

    def batches(self, plan: TranslationPlan) -> Iterator[list[Unit]]:
        """Yield units of one language that are not translated yet, as many as the provider takes at once."""
        missing = (u for u in plan.units if u not in self.translations and (u.source, u.text) not in self.refused)
        wanted = sorted(missing, key=lambda unit: unit.source)
        for source, units in groupby(wanted, key=lambda unit: unit.source):
            for batch in _chunks(list(units), self.provider):
                if source in self._unserved:
                    break
                if self.error and not isinstance(self.error, UnsupportedPair):
                    return
                yield batch

    def translate(self, batch: Sequence[Unit], target: str) -> dict[Unit, str]:
        """Return the new and valid translations of a batch, which may be none.

        An error is kept for the end."""
        source = batch[0].source
        try:
            found = self._translated(batch, source, target)
        except UnsupportedPair:
            self._unserved.add(source)
            self.error = self.error or unserved(self.provider.slug, source, target)
            return {}
        except TranslationFailed as error:
            self.error = error
            return {}
        self.translations |= found
        self.refused |= {(unit.source, unit.text) for unit in batch if unit not in found}
        return found

    def _translated(self, batch: Sequence[Unit], source: str, target: str) -> dict[Unit, str]:
        masked = {unit: unit.masked for unit in batch}
        answers = self._asked([text.text for text in masked.values()], source, target)
        found: dict[Unit, str] = {}
        for unit, answer in zip(batch, answers, strict=True):
            if text := unmasked(masked[unit], answer):
                found[unit] = text
        refused = [unit for unit in batch if unit not in found and masked[unit].masks]
        return found | self._piece_by_piece(refused, masked, source, target)

    def _piece_by_piece(
        self, refused: Sequence[Unit], masked: Mapping[Unit, Masked], source: str, target: str
    ) -> dict[Unit, str]:
        """Translate only the words between placeholders, for engines that lost a placeholder."""
        cut = {unit: words_between(masked[unit]) for unit in refused}
        words = sorted({p.strip() for parts in cut.values() for p in parts[::2] if LETTER.search(p)})
        if not words:
            return {}
        said = dict(zip(words, self._asked(words, source, target), strict=True))
        found: dict[Unit, str] = {}
        for unit, parts in cut.items():
            again = [_in_place(part, said) if not number % 2 else part for number, part in enumerate(parts)]
            if text := unmasked(masked[unit], "".join(again)):
                found[unit] = text
        return found

    def _asked(self, texts: list[str], source: str, target: str) -> list[str]:
        characters = sum(map(len, texts))
        day = quota.reserve(self.project_id, self.provider.slug, characters, self.daily)
        try:
            answers = self._patiently(texts, source, target)
        except TranslationFailed:
            quota.give_back(self.project_id, self.provider.slug, characters, day)
            raise
        if len(answers) != len(texts):
            raise BadAnswer("The provider did not return exactly one translation for each text.")
        return answers

    def _patiently(self, texts: list[str], source: str, target: str) -> list[str]:
        began = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self.provider.translate(texts, source, target)
            except TranslationFailed as error:
                rest = error.retry_after if isinstance(error, ProviderRateLimited) else REST * 2 ** (attempt - 1)
                is_late = time.monotonic() - began + rest > RETRY_WINDOW_SECONDS
                if not error.is_temporary or attempt == ATTEMPTS or is_late or _timed_out(began, self.provider):
                    raise
                time.sleep(rest * random.uniform(1, 1.3))  # so that several workers do not come back together
        raise AssertionError("the last attempt returns or raises")


def _timed_out(began: float, provider: Provider) -> bool:
    """Return whether the provider used its whole time-out, as it would again."""
    return time.monotonic() - began > provider.account.seconds * 0.9


def _in_place(part: str, said: Mapping[str, str]) -> str:
    words = part.strip()
    return part.replace(words, said[words].strip(), 1) if words in said else part


def _chunks(units: Sequence[Unit], provider: Provider) -> Iterator[list[Unit]]:
    batch: list[Unit] = []
    size = 0
    for unit in units:
        if batch and (len(batch) == provider.most_texts or size + len(unit.text) > provider.most_characters):
            yield batch
            batch, size = [], 0
        batch.append(unit)
        size += len(unit.text)
    if batch:
        yield batch
