"""Pages by position: whatever repeats, every row is on one page, forwards and backwards."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projects.models import Project
from sessions.models import Session
from tests.sessions.rows import session
from tests.tracing.reports import at
from tracing.lists.keyset import BadCursor, KeysetPage, Order

pytestmark = pytest.mark.django_db
COLUMNS = ("total_cost", "trace_count", "created_at", "session_id")


def order(column: str, *, is_descending: bool = False) -> Order:
    field = Session._meta.get_field(column)
    return Order(("-" if is_descending else "") + column, column, "session_id", field, is_descending)  # type: ignore[arg-type]


def page(project: Project, by: Order, cursor: str | None, limit: int) -> KeysetPage[Session]:
    return by.page(Session.objects.for_project(project), cursor=cursor or "", limit=limit)


def ids(found: KeysetPage[Session]) -> list[str]:
    return [row.session_id for row in found.rows]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.integers(0, 2), max_size=7), st.integers(1, 4), st.sampled_from(COLUMNS), st.booleans())
def test_every_row_is_visited_once_in_both_directions(
    project: Project, values: list[int], limit: int, column: str, is_descending: bool
) -> None:
    Session.objects.for_project(project).delete()
    for number, value in enumerate(values):
        session(project, f"s{number}", minute=value, total_cost=Decimal(value) / 3, trace_count=value)
    by = order(column, is_descending=is_descending)
    rows = Session.objects.for_project(project)
    expected = [row.session_id for row in sorted(rows, key=lambda row: (getattr(row, column), row.session_id))]
    expected = expected[::-1] if is_descending else expected

    pages = [page(project, by, None, limit)]
    while pages[-1].next:
        pages.append(page(project, by, pages[-1].next, limit))
    assert [key for one in pages for key in ids(one)] == expected
    assert all(len(one.rows) == limit for one in pages[:-1])
    assert [one.previous is not None for one in pages] == [False] + [True] * (len(pages) - 1)

    back = [pages[-1]]
    while back[-1].previous:
        back.append(page(project, by, back[-1].previous, limit))
    assert [ids(one) for one in back[::-1]] == [ids(one) for one in pages]
    assert [one.next is not None for one in back] == [False] + [True] * (len(back) - 1)


def test_a_last_page_that_is_full_leads_no_further(project: Project) -> None:
    for name in "abcd":
        session(project, name)
    first = page(project, order("session_id"), None, 2)
    last = page(project, order("session_id"), first.next, 2)
    assert (ids(first), ids(last)) == (["a", "b"], ["c", "d"])
    assert (first.previous, last.next) == (None, None)


def test_what_comes_and_goes_beside_a_cursor_moves_no_page(project: Project) -> None:
    for name in "bdf":
        session(project, name)
    by = order("session_id")
    after_d = page(project, by, None, 2).next
    for name in "aceg":
        session(project, name)
    Session.objects.for_project(project).filter(session_id="d").delete()
    assert ids(page(project, by, after_d, 9)) == ["e", "f", "g"]
    Session.objects.for_project(project).filter(session_id__gt="d").delete()
    assert page(project, by, after_d, 9) == KeysetPage([], None, None)


def test_a_cursor_says_where_it_stands_with_exact_values(project: Project) -> None:
    row = session(project, "käse", minute=1, total_cost=Decimal("0.000000000001"), trace_count=2**31 - 1)
    for column in COLUMNS:
        for is_forward in (True, False):
            by = order(column)
            found = by.position(by.cursor(row, is_forward=is_forward))
            assert found == (is_forward, getattr(row, column), "käse")
    assert order("created_at").position(order("created_at").cursor(row, is_forward=True)).value == at(60)


def test_a_cursor_of_another_order_is_refused_by_name(project: Project) -> None:
    cursor = order("total_cost").cursor(session(project, "a"), is_forward=True)
    with pytest.raises(BadCursor, match="order 'total_cost'"):
        order("total_cost", is_descending=True).position(cursor)
    for broken in (cursor[:-3], cursor + "!", "", "e30", "bnVsbA"):
        with pytest.raises(BadCursor, match="not a cursor"):
            order("total_cost").position(broken)
