"""Boards: the same numbers as the list, people who may change them, tiles in their order, and files."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from sessions.boards import page as board_pages
from sessions.boards.computing import content_of
from sessions.boards.content import TileContent
from sessions.boards.specs import TileSpec, typed
from sessions.cohorts import sampling
from sessions.dashboard.measures import MEASURES
from sessions.dashboard.numbers import compute_numbers
from sessions.dashboard.reading import choose_sessions
from sessions.dashboard.steps import steps_between
from sessions.listing.listing import Listing
from sessions.listing.summary import facet_counts, strip
from sessions.models import Board, BoardTile, Session
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.records import ScoreRecord

pytestmark = pytest.mark.django_db

NUMBER = 12
TIMES = QueryDict("range=30d")


@pytest.fixture
def rows(project: Project, other_project: Project) -> list[Session]:
    """Twelve sessions of the last days with users, tags, releases, errors and scores; and one of another tenant."""
    now = timezone.now().replace(microsecond=0)
    for place in range(NUMBER):
        began = now - timedelta(hours=9 * place + 1)
        claims = in_session(
            f"s{place}", user_id=f"user-{place % 5}", tags=["even", "all"] if place % 2 == 0 else ["all"],
            release=f"r{place % 2}",
        )  # fmt: skip
        took = timedelta(seconds=7 * place + 1)
        spans = [
            call(f"t{place}", "a", tokens=(100 * place + 7, 20), started_at=began, ended_at=began + took, claims=claims)
        ]
        if place % 3 == 0:
            spans.append(failed(f"t{place}", "b", "a", started_at=began, ended_at=began))
        ingest(project.pk, spans)
        scores: list[Any] = [
            ScoreRecord(f"r{place}", "is right", "BOOLEAN", float(place % 4 == 0), session_id=f"s{place}"),
            ScoreRecord(f"h{place}", "helpfulness", "NUMERIC", place / 10, session_id=f"s{place}"),
            ScoreRecord(f"o{place}", "outcome", "CATEGORICAL", None, session_id=f"s{place}",
                        string_value="solved" if place % 3 else "open"),
        ]  # fmt: skip
        ingest(project.pk, scores)
    ingest(other_project.pk, [call("t1", "a", tokens=(9000, 9000), claims=in_session("s1", tags=["foreign"]))])
    recompute(project.pk, [f"s{place}" for place in range(NUMBER)])
    recompute(other_project.pk, ["s1"])
    return list(Session.objects.for_project(project))


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def board(alices: Client, project: Project) -> Board:
    alices.post(reverse("board-new", args=[project.pk]), {"name": "Refund desk"})
    made: Board = Board.objects.for_project(project).get()
    return made


def shown(project: Project, **choices: str) -> TileContent:
    found = content_of(project, typed(TileSpec(**choices), project.pk), "", TIMES)
    assert not found.fault, found.fault
    return found


def add(client: Client, board: Board, **choices: str) -> UUID:
    client.post(reverse("tile-save", args=[board.project_id, board.id]), {"chart": "number", **choices})
    newest = BoardTile.objects.for_project(board.project_id).filter(board_id=board.id).order_by("-place")[:1].get()
    return UUID(str(newest.id))


def order(board: Board) -> list[str]:
    tiles = BoardTile.objects.for_project(board.project_id).filter(board_id=board.id).order_by("place")
    return [tile.title for tile in tiles]


def arrange(client: Client, board: Board, tile: UUID, act: str) -> int:
    return client.post(reverse("tile-arrange", args=[board.project_id, board.id, tile]), {"act": act}).status_code


@pytest.mark.parametrize("query", ["", "tag:even", "has:error OR user:user-1"])
def test_each_tile_says_what_the_dashboard_and_the_list_say(project: Project, rows: list[Session], query: str) -> None:
    asked = Listing(project, QueryDict(f"range=30d&q={query}"))
    first = timezone.now() - timedelta(days=30)
    steps = steps_between(first, timezone.now())
    found = compute_numbers(asked, choose_sessions(asked), steps)
    for name, measure in MEASURES.items():
        number = shown(project, chart="number", measure=name, query=query)
        assert number.value == measure.text(found.facts), name
        assert number.plot is not None
        course = [measure.value(step) for step in found.steps]
        drawn = [value or None for value in number.plot.series[0].values]
        assert drawn == pytest.approx([value or None for value in course]), name
    assert shown(project, chart="number", query=query).value == str(strip(asked).session_count)


@pytest.mark.parametrize(("split", "field"), [("tag", "tags"), ("user", "user_ids"), ("release", "releases")])
def test_a_ranking_counts_what_the_facets_of_the_list_count_and_leads_there(
    project: Project, rows: list[Session], split: str, field: str
) -> None:
    ranking = shown(project, chart="ranking", split=split).ranking

    assert [(one.label, int(one.text)) for one in ranking] == facet_counts(Listing(project, TIMES), field, 10)
    for one in ranking:
        assert Listing(project, QueryDict(one.query.removeprefix("?"))).count == (int(one.text), False)
    assert "foreign" not in [one.label for one in ranking]


def test_parts_of_a_stack_come_to_the_whole_and_each_bucket_leads_to_its_sessions(
    project: Project, rows: list[Session]
) -> None:
    plot = shown(project, chart="bars", measure="cost", split="model").plot
    whole = shown(project, chart="bars").plot

    assert plot is not None
    assert whole is not None
    total = sum(value or 0 for one in plot.series for value in one.values)
    assert total == pytest.approx(float(strip(Listing(project, TIMES)).total_cost))
    for bucket, value in zip(whole.buckets, whole.series[0].values, strict=True):
        assert Listing(project, QueryDict(bucket.query.removeprefix("?"))).count == (int(value or 0), False)


@pytest.mark.parametrize(
    ("choices", "rows_of_shares"),
    [
        ({"measure": "error-rate"}, {"All": {"Without errors": 8, "With errors": 4}}),
        ({"measure": "score:is right"}, {"All": {"Yes": 3, "No": 9, "Both": 0}}),
        (
            {"measure": "score:outcome", "split": "release"},
            {"r0": {"solved": 4, "open": 2}, "r1": {"solved": 4, "open": 2}},
        ),
    ],
)
def test_shares_are_those_of_the_sessions_that_they_lead_to(
    project: Project, rows: list[Session], choices: dict[str, str], rows_of_shares: dict[str, dict[str, int]]
) -> None:
    found = shown(project, chart="shares", **choices).shares

    assert {row.label: {part.label: part.count for part in row.parts} for row in found} == rows_of_shares
    for part in (part for row in found for part in row.parts if part.count):
        assert Listing(project, QueryDict(part.query.removeprefix("?"))).count == (part.count, False)


def test_scores_are_measured_by_their_type(project: Project, rows: list[Session]) -> None:
    assert shown(project, chart="number", measure="score:is right").value == "25.0%"
    assert shown(project, chart="number", measure="score:helpfulness").value == "0.55"
    listed = shown(project, chart="sessions", measure="score:helpfulness").sessions
    assert [one.text for one in listed[:2]] == ["1.1", "1"]


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"chart": "bars", "measure": "median", "split": "model"}, "no parts to stack"),
        ({"chart": "ranking"}, "choose what to split by"),
        ({"chart": "heat", "measure": "cost"}, "counts sessions"),
        ({"chart": "shares", "measure": "cost"}, "Shares need"),
        ({"chart": "pie"}, "no chart “pie”"),
        ({"chart": "line", "measure": "beauty"}, "no measure “beauty”"),
        ({"chart": "line", "split": "mood"}, "cannot be split by “mood”"),
        ({"chart": "line", "query": "cost > cheap"}, "not a number"),
        ({"chart": "text"}, "Write what the tile says"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_way_out(
    alices: Client, board: Board, project: Project, choices: dict[str, str], reason: str
) -> None:
    sent = {"q" if name == "query" else name: value for name, value in choices.items()}
    answer = alices.post(reverse("tile-save", args=[project.pk, board.id]), sent, follow=True)

    assert reason in answer.content.decode()
    assert not BoardTile.objects.for_project(project).exists()


def test_tiles_are_added_changed_moved_sized_copied_and_removed_without_a_script(
    alices: Client, board: Board, project: Project, rows: list[Session]
) -> None:
    first, second, third = (add(alices, board, measure="cost", title=title) for title in ("a", "b", "c"))
    for tile, act in ((third, "left"), (first, "right"), (second, "width:8"), (first, "copy")):
        assert arrange(alices, board, tile, act) == 302
    assert order(board) == ["c", "a", "a", "b"]
    arrange(alices, board, second, "place:0")
    arrange(alices, board, first, "remove")
    assert order(board) == ["b", "c", "a"]
    assert BoardTile.objects.get(project_id=project.pk, id=second).width == 8
    arrange(alices, board, second, "spin")
    assert order(board) == ["b", "c", "a"]

    save = reverse("tile-save", args=[project.pk, board.id])
    alices.post(save, {"edit": str(second), "chart": "ranking", "measure": "cost", "split": "user", "title": "d"})
    assert order(board) == ["d", "c", "a"]
    page = alices.get(reverse("board", args=[project.pk, board.id])).content.decode()
    assert "user-4" in page
    assert f'href="{reverse("board", args=[project.pk, board.id])}?range=7d"' in page
    assert f'data-tile="{second}"' in page


def test_a_query_of_the_board_applies_to_every_tile(
    alices: Client, board: Board, project: Project, rows: list[Session]
) -> None:
    add(alices, board, measure="sessions", q="has:error")
    alices.post(reverse("board-change", args=[project.pk, board.id]), {"q": "tag:even"})
    page = alices.get(reverse("board", args=[project.pk, board.id])).content.decode()

    assert '<span class="stat-value">2</span>' in page
    alices.post(reverse("board-change", args=[project.pk, board.id]), {"q": "cost > cheap"})
    assert Board.objects.get(project_id=project.pk, id=board.id).query_text == "tag:even"


def test_a_board_is_its_owner_s_until_it_is_shared(alices: Client, board: Board, project: Project, bob: User) -> None:
    bobs = Client()
    bobs.force_login(bob)
    page, change = (reverse(name, args=[project.pk, board.id]) for name in ("board", "board-change"))
    tile = add(alices, board, title="a")

    assert bobs.get(page).status_code == 404
    alices.post(change, {"sharing": "read"})
    assert bobs.get(page).status_code == 200
    assert bobs.post(change, {"name": "Mine"}).status_code == 403
    assert arrange(bobs, board, tile, "remove") == 403
    alices.post(change, {"sharing": "edit"})
    assert bobs.post(change, {"name": "Ours"}).status_code == 302
    assert bobs.post(change, {"sharing": "private"}).status_code == 403
    assert bobs.post(reverse("board-delete", args=[project.pk, board.id])).status_code == 403
    assert alices.post(reverse("board-delete", args=[project.pk, board.id])).status_code == 302
    assert not BoardTile.objects.for_project(project).exists()
    actions = AuditEvent.objects.filter(target=board.audited).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["board created", "board changed", "board changed", "board changed", "board deleted"]


def test_a_tile_is_saved_as_svg_and_csv(alices: Client, board: Board, project: Project, rows: list[Session]) -> None:
    for chart, measure, split in (
        ("number", "sessions", ""), ("line", "cost", "tag"), ("ranking", "cost", "user"), ("heat", "sessions", ""),
        ("shares", "score:outcome", "release"), ("sessions", "cost", ""),
    ):  # fmt: skip
        tile = add(alices, board, chart=chart, measure=measure, split=split)
        svg, csv = (
            alices.get(reverse("tile-file", args=[project.pk, board.id, tile, form])) for form in ("svg", "csv")
        )
        assert svg.status_code == (404 if chart == "sessions" else 200), chart
        if chart != "sessions":
            drawn = svg.content.decode()
            assert drawn.startswith("<svg ")
            assert f" to {timezone.localtime():%-d %b %Y}</tspan>" in drawn, "words such as “Last 30 days” age"
            assert f'-by-{split}.svg"' in svg["Content-Disposition"] or not split
        assert chart != "shares" or re.search(r"<text[^>]*>\w+ \d+</text>", drawn), "no numbers beside the labels"
        assert len(csv.content.decode().splitlines()) > 2, chart


def test_a_board_that_takes_long_leaves_its_tiles_for_later_and_a_tile_that_takes_long_says_so(
    alices: Client, board: Board, project: Project, rows: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    tile = add(alices, board, measure="sessions")
    page = reverse("board", args=[project.pk, board.id])
    monkeypatch.setattr(board_pages, "BOARD_SECONDS", 0.0)

    html = alices.get(page).content.decode()
    address = reverse("tile", args=[project.pk, board.id, tile])
    assert f'href="{address}?range=30d"' in html
    fragment = alices.get(address, headers={"HX-Request": "true"}).content.decode()
    assert '<span class="stat-value">12</span>' in fragment
    assert "<html" not in fragment
    assert "Back to Refund desk" in alices.get(address).content.decode()


def test_a_tile_of_very_many_sessions_says_that_it_is_estimated(
    project: Project, rows: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "MAX_EXACT_SESSIONS", 5)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE session")  # as autovacuum does

    assert shown(project, chart="number").notes == ["Estimated from one session in 128, chosen at random."]
