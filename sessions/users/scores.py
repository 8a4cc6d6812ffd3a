"""The scores of a user's sessions beside those of everybody's newest ones."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.http import urlencode

from projects.models import Project
from sessions.formatting import score_mean
from sessions.models import Session, SessionScore
from sessions.query.grammar import FieldComparison, Operator
from sessions.query.writing import write
from sessions.rollup.score_types import keep_yes_or_no
from tracing.formatting import percent

MAX_COMPARED_SESSIONS = 2_000  # of everybody, the newest
MAX_SHOWN_CATEGORIES = 3  # of a score


@dataclass(frozen=True)
class ScoreLine:
    """A score: of the user's sessions and of everybody's, as text; "" where nobody gave it."""

    label: str
    mine: str
    everybody: str
    query: str  # of the list that shows the user's sessions


@dataclass
class ScoreSums:
    """The means and the categories of one score."""

    means: list[float]
    shares: Counter[str]
    sessions: int = 0


def load_scores(project: Project, user_id: str, session_ids: Collection[str]) -> list[ScoreLine]:
    """Return the scores of the sessions. Three queries."""
    mine = _summed(SessionScore.objects.for_project(project).filter(session_id__in=session_ids))
    if not mine:
        return []
    newest = Session.objects.for_project(project).order_by("-updated_at", "-session_id").values("session_id")
    compared = newest[:MAX_COMPARED_SESSIONS]
    everybody = _summed(SessionScore.objects.for_project(project).filter(session_id__in=compared, name__in=list(mine)))
    yes_or_no = keep_yes_or_no(project.pk, [name for name, sums in mine.items() if sums.means])
    return [
        line
        for name in sorted(mine)
        for line in _lines(user_id, name, mine[name], everybody.get(name), percent if name in yes_or_no else score_mean)
    ]


def _summed(rows: QuerySet[SessionScore]) -> dict[str, ScoreSums]:
    found: dict[str, ScoreSums] = {}
    for name, mean, shares in rows.filter(count__gt=0).values_list("name", "mean", "shares"):
        sums = found.setdefault(name, ScoreSums([], Counter()))
        sums.sessions += 1
        sums.shares.update(dict.fromkeys(shares, 1))
        if mean is not None:
            sums.means.append(float(mean))
    return found


def _lines(
    user_id: str, name: str, mine: ScoreSums, everybody: ScoreSums | None, written: Callable[[float], str]
) -> Iterable[ScoreLine]:
    if mine.means:
        label = f"{name}: yes" if written == percent else name
        of_all = _mean(everybody, written) if everybody else ""
        yield ScoreLine(label, _mean(mine, written), of_all, _query(user_id, "scores", name))
    for category, times in mine.shares.most_common(MAX_SHOWN_CATEGORIES):
        of_all = percent(everybody.shares[category] / everybody.sessions) if everybody else ""
        query = _query(user_id, "score", category, key=name)
        yield ScoreLine(f"{name}: {category}", percent(times / mine.sessions), of_all, query)


def _mean(sums: ScoreSums, written: Callable[[float], str]) -> str:
    return written(sum(sums.means) / len(sums.means)) if sums.means else ""


def _query(user_id: str, field: str, value: str, key: str = "") -> str:
    asked: dict[str, Any] = {"user_ids": user_id, "q": write(FieldComparison(field, Operator.HAS, (value,), key))}
    return "?" + urlencode(asked)
