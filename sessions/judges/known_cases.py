"""Small conversations whose right answers are known, to try a judge of the gallery on before it reads anybody's."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from sessions.judges.loading import Bench
from sessions.judges.transcript import Entry, Transcript
from sessions.models import DataType

CASES = Path(__file__).with_suffix(".txt")


class KnownCase(NamedTuple):
    """A conversation of a test set: its name, the right answer, and what was said."""

    name: str
    right: str
    entries: tuple[Entry, ...]

    @property
    def transcript(self) -> Transcript:
        """The conversation as a judge reads it."""
        last = self.entries[-1]["turn"]
        return Transcript(tuple(str(number) for number in range(1, last + 1)), self.entries)


def cases_of(bench: Bench) -> tuple[KnownCase, ...]:
    """Return the test set of the score that a prompt gives; empty if there is none."""
    fits = not bench.is_rule and bench.config.data_type == DataType.BOOLEAN
    return read_cases().get(bench.config.name, ()) if fits else ()


@cache
def read_cases() -> dict[str, tuple[KnownCase, ...]]:
    """Read all test sets, by the names of the scores that they are about.

    In the file, `= score` begins a set, `- yes` or `- no` a conversation, and what was said follows, one entry a
    line."""
    found: dict[str, list[KnownCase]] = {}
    cases: list[KnownCase] = []
    for line in filter(None, CASES.read_text().splitlines()):
        mark, _, told = line.partition(" ")
        if mark == "=":
            cases = found.setdefault(told, [])
        elif mark == "-":
            cases.append(KnownCase(str(len(cases) + 1), told, ()))
        else:
            cases[-1] = cases[-1]._replace(entries=(*cases[-1].entries, _entry(cases[-1], mark.rstrip(":"), told)))
    return {score: tuple(cases) for score, cases in found.items()}


def _entry(case: KnownCase, role: str, text: str) -> Entry:
    """Return what was said next; each time that the person speaks, a turn begins."""
    turn = case.entries[-1]["turn"] if case.entries else 0
    return {"turn": turn + 1 if role == "user" else turn, "role": role, "text": text}
