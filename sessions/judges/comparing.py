"""What people said about the sessions that a judge judged: the confusion matrix, agreement, and where they differ."""

from dataclasses import dataclass
from functools import cached_property

from sessions.cohorts.statistics import Interval
from sessions.judges.agreement import (
    Confusion,
    Distance,
    Pair,
    alpha_interval,
    cohen_kappa,
    confusion_of,
    interval,
    nominal,
    strength_of,
)
from sessions.models import DataType, Judge, ScoreConfig, Verdict
from tracing.lists.bounded import TooLong, within
from tracing.models import Score

COMPARED_TIMEOUT_MS = 1_500
MAX_COMPARED = 2_000  # sessions, the latest that people scored
MAX_DISAGREEMENTS = 20


@dataclass(frozen=True)
class MatrixRow:
    """A row of the matrix: how often the judge gave each answer where people gave this one."""

    label: str
    counts: list[tuple[int, bool]]  # and whether both gave the same answer
    recall: float | None


@dataclass(frozen=True)
class JudgeComparison:
    """A judge against people: `pairs` of answers in words, and the verdicts that differ with what people said."""

    pairs: list[Pair]
    disagreements: list[tuple[Verdict, str]]
    labels: list[str]
    distance: Distance

    @property
    def size(self) -> int:
        return len(self.pairs)

    @cached_property
    def confusion(self) -> Confusion:
        return confusion_of(self.pairs, self.labels)

    @property
    def rows(self) -> list[MatrixRow]:
        """The rows of the matrix."""
        found = self.confusion
        return [
            MatrixRow(
                str(label),
                [(found.counts.get((label, other), 0), label == other) for other in found.labels],
                found.recall(label),
            )
            for label in found.labels
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


def compare_with_people(judge: Judge, config: ScoreConfig) -> JudgeComparison | None:
    """Compare the current verdicts with the scores of people for the same config. None if it takes too long.

    Of several people, the latest counts."""
    try:
        with within(COMPARED_TIMEOUT_MS):
            said = _people(judge, config)
            verdicts = Verdict.objects.for_project(judge.project_id).filter(judge_id=judge.id, is_current=True)
            judged = list(verdicts.filter(session_id__in=list(said)).order_by("-finished_at"))
    except TooLong:
        return None
    both = [(verdict, said[verdict.session_id]) for verdict in judged if verdict.answer]
    differing = [(verdict, words) for verdict, words in both if verdict.answer != words]
    labels = [category["label"] for category in config.categories] or ["yes", "no"]
    is_numeric = config.data_type == DataType.NUMERIC and all(verdict.value is not None for verdict, _ in both)
    pairs: list[Pair] = [(words, verdict.answer) for verdict, words in both]
    return JudgeComparison(pairs, differing[:MAX_DISAGREEMENTS], labels, interval if is_numeric else nominal)


def _people(judge: Judge, config: ScoreConfig) -> dict[str, str]:
    """Load what people said of sessions, in words, by session."""
    scores = Score.objects.for_project(judge.project_id).filter(
        name=config.name, source=Score.Source.ANNOTATION, session_id__isnull=False, trace_id=None
    )
    latest = list(scores.order_by("-scored_at")[:MAX_COMPARED])
    return {score.session_id or "": _words(score) for score in reversed(latest)}


def _words(score: Score) -> str:
    told = Verdict(value=score.value, string_value=score.string_value, is_unsure=score.is_unsure)
    return told.answer
