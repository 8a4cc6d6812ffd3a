"""What people said about the sessions that a judge judged: the confusion matrix, agreement, and where they differ."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sessions.cohorts.statistics import Interval
from sessions.judges.agreement import (
    Confusion,
    Distance,
    Pair,
    alpha_interval,
    cohen_kappa,
    confusion_of,
    interval,
    kappa_difference,
    nominal,
    strength_of,
)
from sessions.models import DataType, Judge, ScoreConfig, Verdict
from tracing.lists.bounded import TooLong, within
from tracing.models import Score

COMPARED_TIMEOUT_MS = 1_500
MAX_COMPARED = 2_000  # sessions, the latest that people scored
MAX_DISAGREEMENTS = 20


class MatrixCell(NamedTuple):
    """How often the judge gave `answer` where people gave another or the same; `weight` is the share, 0 to 9."""

    answer: str
    times: int
    is_same: bool
    weight: int


@dataclass(frozen=True)
class MatrixRow:
    """A row of the matrix: the answers of the judge where people gave this one."""

    label: str
    cells: list[MatrixCell]
    recall: float | None


@dataclass(frozen=True)
class JudgeComparison:
    """A version against people: its verdicts, each with what people said in words, the latest first."""

    number: int
    compared: list[tuple[Verdict, str]]
    labels: list[str]
    distance: Distance

    @property
    def size(self) -> int:
        return len(self.compared)

    @cached_property
    def pairs(self) -> list[Pair]:
        return [(words, verdict.answer) for verdict, words in self.compared]

    @property
    def by_session(self) -> dict[str, Pair]:
        return {verdict.session_id: pair for (verdict, _), pair in zip(self.compared, self.pairs, strict=True)}

    @property
    def disagreements(self) -> list[tuple[Verdict, str]]:
        """The latest verdicts that differ from what people said."""
        return [(verdict, words) for verdict, words in self.compared if verdict.answer != words][:MAX_DISAGREEMENTS]

    def in_cell(self, people: str, judge: str) -> list[tuple[Verdict, str]]:
        """Return the verdicts of one cell of the matrix."""
        return [(verdict, words) for verdict, words in self.compared if (words, verdict.answer) == (people, judge)]

    @cached_property
    def confusion(self) -> Confusion:
        return confusion_of(self.pairs, self.labels)

    @property
    def rows(self) -> list[MatrixRow]:
        """The rows of the matrix."""
        found = self.confusion
        return [MatrixRow(str(label), self._cells(label), found.recall(label)) for label in found.labels]

    @property
    def precisions(self) -> list[float | None]:
        """For each answer of the judge, the share that people gave, too."""
        return [self.confusion.precision(label) for label in self.confusion.labels]

    def _cells(self, label: Hashable) -> list[MatrixCell]:
        found = self.confusion
        counts = {other: found.counts.get((label, other), 0) for other in found.labels}
        whole = max(sum(counts.values()), 1)
        return [
            MatrixCell(str(other), count, label == other, min(10 * count // whole, 9))
            for other, count in counts.items()
        ]

    @cached_property
    def kappa(self) -> Interval | None:
        return cohen_kappa(self.pairs)

    @property
    def strength(self) -> str:
        return strength_of(self.kappa.estimate) if self.kappa else ""

    @cached_property
    def alpha(self) -> Interval | None:
        return alpha_interval(self.pairs, self.distance)


def compare_with_people(judge: Judge, config: ScoreConfig, number: int) -> JudgeComparison | None:
    """Compare a version's last verdict on each session with people's score for the same config.

    None if it takes too long. Of several people, the latest counts."""
    try:
        with within(COMPARED_TIMEOUT_MS):
            said = people_said(judge.project_id, config)
            verdicts = Verdict.objects.for_project(judge.project_id).filter(
                judge_id=judge.id, version=number, state=Verdict.State.DONE, session_id__in=list(said)
            )
            judged = {verdict.session_id: verdict for verdict in verdicts.order_by("finished_at")}
    except TooLong:
        return None
    both = [(verdict, said[session_id]) for session_id, verdict in reversed(judged.items()) if verdict.answer]
    labels = [category["label"] for category in config.categories] or ["yes", "no"]
    is_numeric = config.data_type == DataType.NUMERIC and all(verdict.value is not None for verdict, _ in both)
    return JudgeComparison(number, both, labels, interval if is_numeric else nominal)


def gain(before: JudgeComparison, after: JudgeComparison) -> tuple[Interval, int] | None:
    """Return how much higher kappa is for the second version, and on how many sessions that both judged."""
    shared = [session_id for session_id in after.by_session if session_id in before.by_session]
    found = kappa_difference([before.by_session[one] for one in shared], [after.by_session[one] for one in shared])
    return (found, len(shared)) if found else None


def people_said(project_id: int, config: ScoreConfig) -> dict[str, str]:
    """Load what people said of sessions with this config, in words, by session."""
    scores = Score.objects.for_project(project_id).filter(
        name=config.name, source=Score.Source.ANNOTATION, session_id__isnull=False, trace_id=None
    )
    latest = list(scores.order_by("-scored_at")[:MAX_COMPARED])
    return {score.session_id or "": _words(score) for score in reversed(latest)}


def among_people(project_id: int, config: ScoreConfig) -> tuple[Interval, int] | None:
    """Return how far people agree with each other, as alpha, and on how many sessions that two of them scored.

    None if they did not, or if that takes too long. Of more than two people, the last two count."""
    scores = Score.objects.for_project(project_id).filter(
        name=config.name, source=Score.Source.ANNOTATION, session_id__isnull=False, trace_id=None, is_unsure=False
    )
    said: dict[str, dict[int | None, str]] = {}
    try:
        with within(COMPARED_TIMEOUT_MS):
            for score in scores.order_by("-scored_at")[:MAX_COMPARED]:
                said.setdefault(score.session_id or "", {}).setdefault(score.author_id, _words(score))
    except TooLong:
        return None
    pairs: list[Pair] = [(words[0], words[1]) for by in said.values() if len(words := list(by.values())) > 1]
    found = alpha_interval(pairs, nominal)
    return (found, len(pairs)) if found else None


def _words(score: Score) -> str:
    told = Verdict(value=score.value, string_value=score.string_value, is_unsure=score.is_unsure)
    return told.answer
