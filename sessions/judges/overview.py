"""What the list of judges shows of each: what it said, what waits or failed, and what it spent in this month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum

from projects.models import Project
from sessions.judges.spending import this_month
from sessions.models import DataType, Judge, JudgeSpending, JudgeVersion, ScoreConfig, Verdict

MAX_SHOWN_ANSWERS = 6
HUE_BY_ANSWER = {"yes": 2, "no": 6, "can't tell": 5}
OTHER_HUES = (3, 5, 2, 6, 1, 4)  # of the answers of other score types, in their order


@dataclass(frozen=True)
class AnswerShare:
    """One answer among a judge's verdicts; `left` and `width` are percent of the bar."""

    answer: str
    times: int
    hue: int
    left: float
    width: float


@dataclass(frozen=True)
class JudgeRow:
    """A judge as the list shows it. `version` is the latest; `cost` is USD, None if it has spent nothing."""

    judge: Judge
    version: JudgeVersion
    counts: Mapping[str, Any]
    shares: list[AnswerShare]
    cost: Decimal | None


@dataclass(frozen=True)
class JudgesOverview:
    """All judges that are not archived, by name."""

    rows: list[JudgeRow]

    @property
    def spent(self) -> Decimal:
        return sum((row.cost or Decimal(0) for row in self.rows), Decimal(0))

    @property
    def caps(self) -> Decimal | None:
        """The caps together; None if a judge that asks a model has none, or no judge asks one."""
        caps = [row.judge.monthly_cap for row in self.rows if row.version.kind == JudgeVersion.Kind.PROMPT]
        known = [cap for cap in caps if cap is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(caps) else None

    def total(self, name: str) -> int:
        return sum(row.counts.get(name, 0) for row in self.rows)

    @property
    def judged_count(self) -> int:
        return self.total("current")

    @property
    def waiting_count(self) -> int:
        return self.total("waiting")

    @property
    def failed_count(self) -> int:
        return self.total("failed")


def overview_of(project: Project) -> JudgesOverview:
    """Load the judges of a project that are not archived, with what they said and spent."""
    found = list(Judge.objects.for_project(project).filter(is_archived=False).order_by("name", "id"))
    ids = [judge.id for judge in found]
    versions = JudgeVersion.objects.for_project(project).filter(judge_id__in=ids).order_by("number")
    latest = {version.judge_id: version for version in versions}
    verdicts = Verdict.objects.for_project(project).filter(judge_id__in=ids)
    counts = verdicts.values("judge_id").annotate(
        current=Count("session_id", filter=Q(is_current=True)),
        waiting=Count("session_id", filter=Verdict.UNFINISHED),
        failed=Count("session_id", filter=Q(state=Verdict.State.FAILED)),
        last_at=Max("finished_at"),
    )
    by_judge = {row["judge_id"]: row for row in counts}
    spending = JudgeSpending.objects.for_project(project).filter(month=this_month(), judge_id__in=ids)
    spent = dict(spending.values("judge_id").annotate(total=Sum("cost")).values_list("judge_id", "total"))
    shares = _shares(project, found)
    return JudgesOverview(
        [
            JudgeRow(one, latest[one.id], by_judge.get(one.id, {}), shares.get(one.id, []), spent.get(one.id))
            for one in found
        ]
    )


def _shares(project: Project, judges: Iterable[Judge]) -> dict[object, list[AnswerShare]]:
    """Return how often each judge gave each answer that is a score now; nothing for numbers and free texts."""
    configs = ScoreConfig.objects.for_project(project).filter(id__in=[judge.config_id for judge in judges])
    labels = {config.id: [one["label"] for one in config.categories] or ["yes", "no"] for config in configs}
    closed = {config.id for config in configs if config.data_type in (DataType.BOOLEAN, DataType.CATEGORICAL)}
    shown = [judge for judge in judges if judge.config_id in closed]
    current = Verdict.objects.for_project(project).filter(judge_id__in=[one.id for one in shown], is_current=True)
    times: dict[object, dict[str, int]] = {}
    for row in current.values("judge_id", "string_value", "is_unsure").annotate(times=Count("session_id")).order_by():
        answer = Verdict(string_value=row["string_value"], is_unsure=row["is_unsure"]).answer
        if answer:
            times.setdefault(row["judge_id"], {})[answer] = row["times"]
    return {judge.id: _bar(times[judge.id], labels[judge.config_id]) for judge in shown if judge.id in times}


def _bar(times: Mapping[str, int], labels: list[str]) -> list[AnswerShare]:
    """Return the parts of a bar, the answers of the score type first."""
    ordered = [*(label for label in labels if label in times), *sorted(set(times) - set(labels))][:MAX_SHOWN_ANSWERS]
    whole = sum(times.values())
    found: list[AnswerShare] = []
    for place, answer in enumerate(ordered):
        left = found[-1].left + found[-1].width if found else 0.0
        hue = HUE_BY_ANSWER.get(answer) or OTHER_HUES[place]
        found.append(AnswerShare(answer, times[answer], hue, round(left, 2), round(100 * times[answer] / whole, 2)))
    return found
