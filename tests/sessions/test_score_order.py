"""The list sorted by a score: every session once, whichever way it is paged, the scored ones first."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from projects.models import Project, User
from sessions.export.stream import export_of
from sessions.listing import score_order
from sessions.listing.listing import Listing
from sessions.listing.table import load_score_columns
from sessions.models import Session, SessionScore
from sessions.replay.neighbours import find_neighbours
from tests.conftest import Key
from tests.downloads import body_of
from tests.sessions.rows import multiply, session
from tests.tracing.reports import at

pytestmark = pytest.mark.django_db

NAME = "how \"helpful\" was it, 100% 'é' / score.x?"
MEANS = {"a": 4, "b": 4, "c": 5, "d": Decimal("-1.5"), "e": Decimal("0.000000000001"), "f": 4}
RISING = ["d", "e", "a", "b", "f", "c"]


def score(project: Project, session_id: str, name: str, mean: Any, **shares: int) -> None:
    counted = sum(shares.values()) or 2
    SessionScore.objects.create(
        project_id=project.pk, session_id=session_id, name=name, count=counted, mean=mean, shares=shares
    )
    kept = Session.objects.for_project(project).filter(session_id=session_id)
    summed = {"count": counted, "mean": None if mean is None else float(mean), "shares": shares}
    kept.update(scores={**kept.get().scores, name: summed})


@pytest.fixture
def scored(project: Project, other_project: Project) -> None:
    """Six with a mean, one with a category alone, three with nothing, and as many of somebody else."""
    for of in (project, other_project):
        for number, session_id in enumerate([*MEANS, "p", "x", "y", "z"]):
            session(of, session_id, minute=number * 7 % 5, tags=["odd"] if number % 2 else ["even"])
        for session_id, mean in MEANS.items():
            score(of, session_id, NAME, mean)
            score(of, session_id, "another", 10)
        score(of, "p", NAME, None, refund=1)
        score(of, "z", "another", 1)


def page(project: Project, **params: Any) -> Listing:
    listing = Listing(project, QueryDict(urlencode(params, doseq=True)))
    assert listing.errors == {}
    return listing


def ids(listing: Listing) -> list[str]:
    return [row.session_id for row in listing.rows]


def forward(project: Project, **params: Any) -> Iterator[Listing]:
    cursor: str | None = ""
    while cursor is not None:
        found = page(project, **params, cursor=cursor)
        yield found
        cursor = found.next


ORDERS = {
    f"score.{NAME}": [*RISING, "p", "x", "y", "z"],
    f"-score.{NAME}": [*RISING[::-1], "z", "y", "x", "p"],
}


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("limit", range(1, 12))
def test_pages_of_any_size_show_every_session_once_in_both_directions(
    scored: None, project: Project, sort: str, limit: int
) -> None:
    pages = list(forward(project, sort=sort, limit=limit))
    assert [found for one in pages for found in ids(one)] == ORDERS[sort]
    assert all(len(ids(one)) == limit for one in pages[:-1])
    assert backward(project, pages[-1], sort=sort, limit=limit) == ORDERS[sort]


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("step", range(1, 11))
def test_pages_that_end_early_show_every_session_once_in_both_directions(
    scored: None, project: Project, sort: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_order, "STEP", step)
    for limit in (1, 2, 5, 20):
        pages = list(forward(project, sort=sort, limit=limit))
        assert [found for one in pages for found in ids(one)] == ORDERS[sort]
        last = next(one for one in reversed(pages) if one.rows)
        cursor = last.order.cursor(last.rows[-1], is_forward=False)
        assert (
            backward(project, page(project, sort=sort, limit=limit, cursor=cursor), sort=sort, limit=limit)
            == (ORDERS[sort][:-1])
        )


def backward(project: Project, last: Listing, **params: Any) -> list[str]:
    """The ids up to the end of this page."""
    found, cursor = ids(last), last.previous
    while cursor is not None:
        before = page(project, **params, cursor=cursor)
        assert before.next or not before.rows
        found, cursor = [*ids(before), *found], before.previous
    return found


@pytest.mark.parametrize("sort", ORDERS)
def test_from_every_session_the_list_goes_on_and_back_exactly(scored: None, project: Project, sort: str) -> None:
    expected = ORDERS[sort]
    rows = {row.session_id: row for row in page(project, sort=sort).rows}
    order = page(project, sort=sort).order
    for place, name in enumerate(expected):
        after = order.cursor(rows[name], is_forward=True)
        before = order.cursor(rows[name], is_forward=False)
        for limit in (1, 3, 10):
            assert ids(page(project, sort=sort, cursor=after, limit=limit)) == expected[place + 1 :][:limit]
            assert ids(page(project, sort=sort, cursor=before, limit=limit)) == expected[:place][-limit:]


def test_filters_and_queries_narrow_what_is_sorted(scored: None, project: Project) -> None:
    sort = f"-score.{NAME}"
    odd = set(ids(page(project, tags="odd")))
    for params in ({"tags": "odd"}, {"q": "tag:odd"}):
        pages = list(forward(project, sort=sort, limit=2, **params))
        assert [name for one in pages for name in ids(one)] == [name for name in ORDERS[sort] if name in odd]
    of_four = [n for one in forward(project, sort=sort, limit=2, q="score.another >= 10") for n in ids(one)]
    assert of_four == RISING[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
@pytest.mark.parametrize("sort", ["score.another", "-score.another"])
def test_a_condition_on_the_mean_that_is_sorted_by_keeps_the_pages_exact(
    scored: None, project: Project, limit: int, sort: str
) -> None:
    tens = sorted(MEANS, reverse=sort.startswith("-"))
    for q, expected in (("score.another >= 10", tens), ("score.another < 2", ["z"]), ("score.another > 10", [])):
        pages = list(forward(project, sort=sort, q=q, limit=limit))
        assert [name for one in pages for name in ids(one)] == expected
        assert backward(project, pages[-1], sort=sort, q=q, limit=limit) == expected
    either = page(project, sort=sort, q="score.another > 100 OR tag:even")
    assert ids(either) == ids(page(project, sort=sort, tags="even"))


def test_only_scored_sessions_fill_the_last_page_exactly(project: Project) -> None:
    for name in ("one", "two"):
        session(project, name)
        score(project, name, "s", 1)
    listing = page(project, sort="-score.s", limit=2)
    assert (ids(listing), listing.next, listing.previous) == (["two", "one"], None, None)


def test_a_name_without_numbers_is_refused_with_those_that_have_some(scored: None, project: Project) -> None:
    score(project, "a", "words", None, good=1)
    for name in ("helpfulness", "words", "", "null\x00"):
        listing = Listing(project, QueryDict(urlencode({"sort": f"-score.{name}"})))
        assert listing.rows == []
        assert "score.another" in listing.errors["sort"][0] or name == ""
    nothing = Listing(project, QueryDict(urlencode({"sort": "score.", "q": ""})))
    assert "score.NAME" in nothing.errors["sort"][0]


def test_the_scores_of_another_project_order_nothing_here(project: Project, other_project: Project) -> None:
    session(other_project, "theirs")
    score(other_project, "theirs", "secret", 1)
    session(project, "ours")
    [reason] = Listing(project, QueryDict("sort=score.secret")).errors["sort"]
    assert reason.endswith("No other score of this project does, either.")


def test_a_cursor_of_another_order_is_refused(scored: None, project: Project) -> None:
    cursor = page(project, sort="score.another", limit=1).next
    listing = Listing(project, QueryDict(urlencode({"sort": f"score.{NAME}", "cursor": cursor or ""})))
    assert "belongs to the order" in listing.errors["cursor"][0]


def test_the_export_and_the_neighbours_keep_the_order(scored: None, project: Project) -> None:
    query = urlencode({"sort": f"-score.{NAME}"})
    rows = "".join(export_of(project, QueryDict(query + "&format=jsonl")).pieces()).splitlines()
    assert [orjson.loads(row)["id"] for row in rows] == ORDERS[f"-score.{NAME}"]
    middle = Session.objects.for_project(project).get(session_id="d")
    beside = find_neighbours(project, middle, query)
    assert (beside.previous, beside.next) == ("e", "z")
    after = "".join(export_of(project, QueryDict(query + "&format=jsonl&after=d")).pieces()).splitlines()
    assert [orjson.loads(row)["id"] for row in after] == ["z", "y", "x", "p"]


def test_the_api_sorts_by_a_score_and_refuses_one_that_there_is_not(
    client: Client, key: Key, scored: None, project: Project
) -> None:
    sort, cursor, found = f"-score.{NAME}", "", []
    while cursor is not None:
        params = {"sort": sort, "limit": 4, "cursor": cursor}
        answer = client.get("/api/v1/sessions", params, headers={"Authorization": key.bearer}).json()
        found += [row["id"] for row in answer["data"]]
        cursor = answer["next"]
    assert found == ORDERS[sort]
    answer = client.get("/api/v1/sessions", {"sort": "score.helpfulness"}, headers={"Authorization": key.bearer})
    assert answer.status_code == 400
    assert "Those that do are score.another" in answer.json()["errors"]["sort"][0]
    params, headers = {"sort": sort, "format": "jsonl"}, {"Authorization": key.bearer}
    exported: Any = client.get("/api/v1/export", params, headers=headers)
    assert [orjson.loads(row)["id"] for row in body_of(exported).splitlines()] == ORDERS[sort]


def test_each_score_has_a_column_whose_head_sorts(client: Client, alice: User, scored: None, project: Project) -> None:
    client.force_login(alice)
    column = "score." + NAME.replace("%", "%25").replace(",", "%2C")
    address = reverse("sessions", args=[project.pk]) + "?" + urlencode({"columns": f"id,{column}"})
    listing = client.get(address)
    [_, head] = listing.context["table"].heads
    assert (head.column.label, head.aria_sort) == (NAME, "none")
    shown = listing.content.decode()
    assert '<span class="number">4 <span class="muted">(2)</span></span>' in shown
    assert "refund 1" in shown
    again = client.get(reverse("sessions", args=[project.pk]) + head.sort_query)
    [_, head] = again.context["table"].heads
    assert (head.aria_sort, [row.session_id for row in again.context["listing"].rows][:2]) == (
        "descending", ["c", "f"],
    )  # fmt: skip
    assert f"sort={urlencode({'': 'score.' + NAME})[1:]}" in (head.sort_query or "")


def test_a_score_of_categories_has_a_column_that_does_not_sort(scored: None, project: Project) -> None:
    score(project, "a", "topic", None, refund=2, other=1)
    [topic] = [found for found in load_score_columns(page(project)) if found.label == "topic"]
    assert topic.sort == ""


ROWS = 3_000


@pytest.fixture
def many(project: Project, other_project: Project) -> None:
    for of in (project, other_project):
        first = session(of, "s-00000", created_at=at(0), updated_at=at(0), duration_ms=0)
        later = {name: f"{name} + n * interval '1 s'" for name in ("created_at", "updated_at", "computed_at")}
        multiply(first, ROWS - 1, session_id="'s-' || lpad(n::text, 5, '0')", duration_ms="n", **later)
        for name in ("often", "other"):
            mean = SessionScore.objects.create(project_id=of.pk, session_id="s-00000", name=name, count=1, mean=0)
            multiply(mean, ROWS - 1, session_id="'s-' || lpad(n::text, 5, '0')", mean="n * 7919 %% 50")


@pytest.mark.parametrize("sort", ["score.often", "-score.often"])
def test_a_page_walks_the_index_of_means_and_sorts_nothing(many: None, project: Project, sort: str) -> None:
    first = page(project, sort=sort)
    for cursor in ("", first.next):
        with CaptureQueriesContext(connection) as asked:
            assert page(project, sort=sort, cursor=cursor).rows
        statements = [one["sql"] for one in asked if 'ORDER BY "session_score"' in one["sql"]]
        assert len(statements) == 2  # whether there is such a score, and the page
        for statement in statements:
            nodes = plan(statement)
            assert "session_score_mean" in {node.get("Index Name") for node in nodes}, nodes
            assert not {"Sort", "Seq Scan"} & {node["Node Type"] for node in nodes}, nodes


def test_the_names_of_scores_are_found_from_step_to_step(many: None, project: Project) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert score_order.score_names(project.pk) == [("often", True), ("other", True)]
    nodes = plan(asked[0]["sql"])
    assert not {"Sort", "Seq Scan"} & {node["Node Type"] for node in nodes}, nodes


def plan(statement: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"))
        [found] = cursor.fetchone() or [None]
    return list(_nodes((orjson.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inside in node.get("Plans", ()):
        yield from _nodes(inside)
