"""A project filled with what breaks layouts, on every page that shows it, at three widths.

Ids without end, words without a blank, right-to-left text, huge numbers, hundreds of tags, and nothing at all: nothing
runs out of the window, and what is cut short can be seen whole."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.boards.arranging import add_tile
from sessions.boards.specs import TileSpec
from sessions.cohorts.making import create_cohort
from sessions.models import Board
from sessions.rollup.recomputing import drain
from tests.browser.test_every_page import OUTSIDE
from tests.browser.test_nasty import MODEL, SAID, USER
from tests.tracing.reports import call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.records import ScoreRecord

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = (1440, 1024, 390)
LONG_ID = "session-" + "without-an-end-" * 11
MANY_TAGS = [f"tag-{number}-{'x' * 24}" for number in range(200)]
ARABIC = "شكوى بخصوص تأخر الشحنة ورد المبلغ المدفوع"
# Elements whose own text is cut off, and that say it nowhere: no title, no link, no fold, no scrolling.
CUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  const isCut = style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 2 && one.clientWidth > 8;
  const hasText = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!isCut || !hasText || !one.checkVisibility() || ["auto", "scroll"].includes(style.overflowX)) return false;
  if (one.closest(".visually-hidden, .skip, input, select, textarea")) return false;
  return !one.closest("[title], [data-tip], a[href], summary, label, [popover]") && !one.querySelector("[title], a");
}).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 60)}`)"""


def fill(project: Project, alice: User) -> Board:
    """Tell what is too long, too much, too large and too little, and set names to match."""
    began = timezone.now() - timedelta(days=2)
    for number, (asked, answered) in enumerate(SAID):
        at = began + timedelta(minutes=number)
        times: dict[str, Any] = {"started_at": at, "ended_at": at + timedelta(seconds=3)}
        claims = in_session(
            LONG_ID if number < 2 else f"{ARABIC}-{number}", user_id=USER if number % 2 else ARABIC,
            tags=MANY_TAGS if number == 0 else [ARABIC], environment="e" * 40, release="r" * 200,
        )  # fmt: skip
        ingest(
            project.pk,
            [
                call(f"n{number}", "a", input=asked, output=answered, model=MODEL, claims=claims,
                     tokens=(987_654_321_012, 123_456_789), **times),
                failed(f"n{number}", "b", "a", name="find_" + "orders_" * 20, status_message="refused " * 60, **times),
            ],
        )  # fmt: skip
    nothing = in_session("nothing")
    ingest(project.pk, [call("empty", "a", input=None, output=None, claims=nothing, started_at=began, ended_at=began)])
    names = ("helpfulness" * 12, ARABIC)
    ingest(
        project.pk,
        [ScoreRecord(f"s{n}", name, "NUMERIC", 1e15, session_id=LONG_ID) for n, name in enumerate(names)]
        + [ScoreRecord("c", "topic", "CATEGORICAL", None, string_value="refund" * 80, session_id=LONG_ID)],
    )
    drain(project.pk)
    create_cohort(project, name="cohort" * 12, by=alice, query_string="tags=" + MANY_TAGS[0], description="d" * 900)
    board = Board(project_id=project.pk, name="board" * 16, owner_id=alice.pk, owner=alice.email)
    board.save(force_insert=True)
    for chart in ("number", "line", "bars", "ranking", "shares", "heat", "sessions"):
        split = "" if chart in ("number", "heat", "sessions") else "tag"
        add_tile(project, board, TileSpec(chart=chart, measure="sessions", split=split, title=f"{chart} " + "t" * 60))
    return board


def pages_of(project: Project, board: Board) -> Iterator[str]:
    """Yield the address of every page that shows strangers' words."""
    for name in ("sessions", "traces", "users", "dashboard", "compare", "cohorts", "boards", "views", "project-usage"):
        yield reverse(name, args=[project.pk])
    yield reverse("dashboard", args=[project.pk]) + "?details=on"
    yield reverse("compare", args=[project.pk]) + "?cohort=all&by=tags"
    yield reverse("session", args=[project.pk, LONG_ID])
    yield reverse("session", args=[project.pk, "nothing"])
    yield reverse("trace", args=[project.pk, "n0"])
    yield reverse("board", args=[project.pk, board.id])
    yield reverse("user", args=[project.pk]) + "?id=" + USER
    yield reverse("sessions", args=[project.pk]) + f"?peek={LONG_ID}"


@pytest.mark.timeout(600)
def test_nothing_is_too_much_for_a_page(alices: Page, live_server: LiveServer, project: Project, alice: User) -> None:
    board = fill(project, alice)
    found = []
    for address in pages_of(project, board):
        answer = alices.goto(live_server.url + address)
        assert (answer.status if answer else 0) == 200, address
        expect(alices.locator(".htmx-request")).to_have_count(0)
        for width in WIDTHS:
            alices.set_viewport_size({"width": width, "height": 900})
            where = f"{address.partition('/project/')[2][:70]} at {width}"
            if (wide := alices.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{where}: {wide} px wide")
            found += [f"{where}: outside: {text}" for text in alices.evaluate(OUTSIDE)]
            found += [f"{where}: cut: {text}" for text in alices.evaluate(CUT)]
    assert found == []
