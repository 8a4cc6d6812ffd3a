"""The results of a review queue: a row for each item, with every reviewer's value, and their agreement."""

import json
from collections.abc import Iterable, Iterator
from itertools import combinations
from json import JSONEncoder
from typing import Any, NamedTuple

from django.db.models import Q

from projects.downloads.tables import csv_line, harmless
from projects.models import Project
from sessions.annotation.panels import load_names
from sessions.annotation.targets import Target
from sessions.download_time import in_time
from sessions.models import Review, ReviewItem, ReviewQueue, ScoreConfig
from tracing.models import Score

RESULT_BATCH_ROWS = 500
UNSURE_LABEL = "can't tell"


class Result(NamedTuple):
    """The result of one item.

    `values` is {score name: {reviewer: value}}, `agreement` is {score name: share of pairs of reviewers who agree}."""

    item: ReviewItem
    values: dict[str, dict[str, Any]]
    agreement: dict[str, float | None]
    reviewers: list[str]


def read_results(project: Project, queue: ReviewQueue) -> Iterator[Result]:
    """Yield results in the order of the queue, read in batches of some hundreds."""
    names = _names(project, queue)
    items = ReviewItem.objects.for_project(project).filter(queue_id=queue.id).order_by("created_at", "id")
    after: tuple[Any, str] | None = None
    while True:
        rows = items
        if after is not None:
            rows = rows.filter(Q(created_at__gt=after[0]) | Q(created_at=after[0], id__gt=after[1]))
        with in_time():
            page = list(rows[:RESULT_BATCH_ROWS])
            results = list(_results(project, queue, names, page)) if page else []
        if not page:
            return
        yield from results
        after = (page[-1].created_at, page[-1].id)


class Agreement:
    """The agreement by score over all results that pass: the mean over items with at least two answers."""

    def __init__(self) -> None:
        self._shares: dict[str, list[float]] = {}

    def of(self, results: Iterable[Result]) -> Iterator[Result]:
        """Yield the same results, and count them."""
        for result in results:
            for name, share in result.agreement.items():
                self._shares.setdefault(name, []).extend([] if share is None else [share])
            yield result

    def by_score(self) -> dict[str, float | None]:
        """Return the mean agreement by score, None if no item had two answers."""
        return {name: sum(found) / len(found) if found else None for name, found in self._shares.items()}


def json_pieces(
    project: Project, queue: ReviewQueue, head: dict[str, Any], encoder: type[JSONEncoder]
) -> Iterator[str]:
    """Yield one object with `head`, the items, and then their agreement, written as it is read."""
    agreement = Agreement()
    yield json.dumps(head, cls=encoder)[:-1] + (", " if head else "") + '"items": ['
    for number, result in enumerate(agreement.of(read_results(project, queue))):
        yield (",\n" if number else "") + json.dumps(as_json(result), cls=encoder)
    yield '], "agreement": ' + json.dumps(agreement.by_score(), cls=encoder) + "}\n"


def as_json(result: Result) -> dict[str, Any]:
    """Return a result as JSON."""
    item = result.item
    return {
        "object_type": item.object_type,
        "object_id": item.object_id,
        "status": item.status.lower(),
        "completed_at": item.completed_at,
        "reviewers": result.reviewers,
        "values": result.values,
        "agreement": result.agreement,
    }


def as_csv(project: Project, queue: ReviewQueue) -> Iterator[str]:
    """Yield CSV with a column for each score and reviewer, then one for each score's agreement."""
    names = sorted(set(_names(project, queue).values()))
    people = sorted(_people(project, queue).values())
    pairs = [(name, reviewer) for name in names for reviewer in people]
    head = [*(f"{name} ({reviewer})" for name, reviewer in pairs), *(f"{name} agreement" for name in names)]
    yield csv_line(["object_type", "object_id", "status", *map(harmless, head)])
    for result in read_results(project, queue):
        given = [result.values.get(name, {}).get(reviewer, "") for name, reviewer in pairs]
        agreed = ["" if result.agreement[name] is None else f"{result.agreement[name]:.3f}" for name in names]
        item = result.item
        cells = [item.object_type, harmless(item.object_id), item.status.lower(), *map(_cell, given), *agreed]
        yield csv_line(cells)


def _results(project: Project, queue: ReviewQueue, names: dict[str, str], page: list[ReviewItem]) -> Iterator[Result]:
    people = _people(project, queue)
    given = _given(project, queue, names, people, [item.object_id for item in page])
    done: dict[str, list[str]] = {}
    reviews = Review.objects.for_project(project).filter(
        item_id__in=[item.id for item in page], state=Review.State.DONE
    )
    for review in reviews:
        done.setdefault(review.item_id, []).append(people.get(review.user_id, ""))
    for item in page:
        values = given.get((item.object_type, item.object_id), {})
        agreement = {name: _agreement(values.get(name, {}).values()) for name in sorted(set(names.values()))}
        yield Result(item=item, values=values, agreement=agreement, reviewers=sorted(done.get(item.id, [])))


def _given(
    project: Project, queue: ReviewQueue, names: dict[str, str], people: dict[int, str], keys: list[str]
) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Load the values by object, name and reviewer; the latest counts.

    An answer has the name that its question has now, whatever its name was when the answer was given."""
    scores = Score.objects.for_project(project).filter(queue_id=queue.id, author_id__in=people)
    scores = scores.filter(Q(session_id__in=keys) | Q(trace_id__in=keys, span_id=None) | Q(span_id__in=keys))
    given: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for score in scores.order_by("scored_at", "id"):
        target = Target(score.session_id, score.trace_id, score.span_id)
        by_name = given.setdefault((target.kind, target.key), {})
        name = names.get(score.config_id or "", score.name)
        by_name.setdefault(name, {})[people[score.author_id or 0]] = _value(score)
    return given


def _agreement(values: Iterable[Any]) -> float | None:
    """Return the share of equal pairs of reviewers, or None of fewer than two answers."""
    answers = [value for value in values if value != UNSURE_LABEL]
    pairs = list(combinations(answers, 2))
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def _value(score: Score) -> Any:
    if score.is_unsure:
        return UNSURE_LABEL
    return score.value if score.data_type == "NUMERIC" else score.string_value


def _cell(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def _names(project: Project, queue: ReviewQueue) -> dict[str, str]:
    """Load the names of the queue's questions, by config."""
    configs = ScoreConfig.objects.for_project(project).filter(id__in=queue.score_config_ids)
    return dict(configs.values_list("id", "name"))


def _people(project: Project, queue: ReviewQueue) -> dict[int, str]:
    reviews = Review.objects.for_project(project).filter(queue_id=queue.id).order_by()
    ids = set(reviews.values_list("user_id", flat=True).distinct())
    named = load_names(ids)
    known = {user_id: named.get(user_id, f"person {user_id}") for user_id in ids}
    twice = {name for name in known.values() if list(known.values()).count(name) > 1}
    return {user_id: f"{name} #{user_id}" if name in twice else name for user_id, name in known.items()}
