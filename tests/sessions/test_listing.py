"""The list of sessions: filters, orders and pages derive from the declared properties and cannot lie."""

import base64
import itertools
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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.listing import listing as listing_module
from sessions.listing.filters import WAYS, filters_of
from sessions.listing.listing import Listing
from sessions.listing.table import SessionColumn, property_columns, table_of
from sessions.models import Session
from sessions.models.properties import SORTABLE_KINDS, Property, PropertyKind, properties_of
from sessions.templatetags.cells import filter_input
from tests.sessions.rows import multiply, session
from tests.tracing.reports import at
from tracing.lists.table import SortableHead

pytestmark = pytest.mark.django_db
PROPERTIES = list(properties_of(Session).values())
SORTS = [sign + p.name for p in PROPERTIES if p.kind in SORTABLE_KINDS for sign in ("", "-")]


def listing(project: Project, query: str = "") -> Listing:
    return Listing(project, QueryDict(query))


def ids(found: Listing) -> list[str]:
    assert found.errors == {}
    return [row.session_id for row in found.rows]


def pages(project: Project, query: str) -> Iterator[Listing]:
    found = listing(project, query)
    yield found
    while found.next:
        found = Listing(project, QueryDict(found.query_string(cursor=found.next)[1:]))
        yield found


def test_the_latest_activity_comes_first(project: Project) -> None:
    for minute, name in enumerate(["oldest", "middle", "latest"]):
        session(project, name, minute=minute)
    assert ids(listing(project)) == ["latest", "middle", "oldest"]


def test_another_project_is_not_seen(project: Project, other_project: Project) -> None:
    session(project, "ours")
    session(other_project, "theirs", tags=["vip"])
    assert ids(listing(project)) == ["ours"]
    assert ids(listing(project, "id=theirs")) == []
    assert ids(listing(project, "tags=vip")) == []
    assert listing(other_project, "tags=vip").count == (1, False)


def test_a_cursor_of_another_project_opens_nothing_of_it(project: Project, other_project: Project) -> None:
    for number in range(3):
        session(other_project, f"theirs-{number}", minute=number)
    session(project, "ours", minute=-1)
    cursor = listing(other_project, "limit=1").next
    assert ids(listing(project, f"limit=1&cursor={cursor}")) == ["ours"]


# Filters

VALUES: dict[PropertyKind, tuple[Any, Any]] = {
    PropertyKind.ID: ("a/low one", "b/high one"),
    PropertyKind.TIME: (at(0), at(3600)),
    PropertyKind.DURATION: (1_000, 2_000),
    PropertyKind.NUMBER: (1, 5),
    PropertyKind.MONEY: (Decimal("0.000000000001"), Decimal("0.000000000002")),
    PropertyKind.SET: (["low", "both, with comma"], ["high", "both, with comma"]),
    PropertyKind.USAGE: ({"low": {}}, {"high": {}}),
    PropertyKind.SCORES: ({"low": {}}, {"high": {}}),
    PropertyKind.TEXT: ("Where is my LOW order?", "Where is my 100% high order?"),
}
# Parameter suffix -> what finds the low one, the high one, both, none of them.
ASKED: dict[PropertyKind, dict[str, tuple[Any, Any, Any, Any]]] = {
    PropertyKind.ID: {"": ("a/low one", "b/high one", None, "low"), "__contains": ("LOW", "/high", "one", "%")},
    PropertyKind.TIME: {
        "__gte": (None, at(1), at(0), at(3601)),
        "__lte": (at(3599), None, at(3600), at(-1)),
    },
    PropertyKind.DURATION: {
        "": (1000, 2000, None, 1500),
        "__gte": (None, 1001, 1000, 2001),
        "__lte": (1999, None, 2000, 999),
    },
    PropertyKind.NUMBER: {"": (1, 5, None, 3), "__gte": (None, 2, 1, 6), "__lte": (4, None, 5, 0)},
    PropertyKind.MONEY: {
        "": ("0.000000000001", "0.000000000002", None, "0"),
        "__gte": (None, "0.000000000002", "0.000000000001", "0.000000000003"),
        "__lte": ("0.000000000001", None, "0.000000000002", "0"),
    },
    PropertyKind.SET: {"": ("low", "high", "both, with comma", "both")},
    PropertyKind.USAGE: {"": ("low", "high", ["low", "high"], "lo")},
    PropertyKind.SCORES: {"": ("low", "high", ["low", "high"], "lo")},
    PropertyKind.TEXT: {
        "": ("Where is my LOW order?", "Where is my 100% high order?", None, "order"),
        "__contains": ("low", "100%", "where", "100_"),
    },
}


def pair(project: Project, declared: Property) -> tuple[str, str]:
    low, high = VALUES[declared.kind]
    if declared.kind == PropertyKind.ID:
        session(project, low), session(project, high)
        return low, high
    session(project, "low", **{declared.field: low})
    session(project, "high", **{declared.field: high})
    return "low", "high"


@pytest.mark.parametrize("declared", PROPERTIES, ids=lambda declared: declared.name)
def test_every_property_filters_in_every_way_of_its_kind(project: Project, declared: Property) -> None:
    low, high = pair(project, declared)
    assert set(ASKED[declared.kind]) == {way.suffix for way in WAYS[declared.kind]}
    for suffix, asked in ASKED[declared.kind].items():
        for value, expected in zip(asked, [{low}, {high}, {low, high}, set()], strict=True):
            if value is not None:
                texts = value if isinstance(value, list) else [getattr(value, "isoformat", value.__str__)()]
                query = urlencode({declared.name + suffix: texts}, doseq=True)
                assert set(ids(listing(project, query))) == expected, query


def test_filters_narrow_each_other(project: Project) -> None:
    session(project, "cheap", tags=["vip"], total_cost=Decimal("0.1"))
    session(project, "dear", tags=["vip"], total_cost=Decimal("0.5"))
    session(project, "other", tags=["staff"], total_cost=Decimal("0.5"))
    assert ids(listing(project, "tags=vip&total_cost__gte=0.3")) == ["dear"]


def test_empty_fields_of_a_form_filter_nothing(project: Project) -> None:
    session(project, "one")
    assert ids(listing(project, "tags=&total_cost__gte=&id=&sort=&limit=&cursor=")) == ["one"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("total_cost__gte=lots", "total_cost__gte"),
        ("total_cost=NaN", "total_cost"),
        ("total_cost=0.0000000000001", "total_cost"),
        ("total_cost__lte=1e999999999", "total_cost__lte"),
        ("trace_count=1.5", "trace_count"),
        ("created_at__gte=yesterday", "created_at__gte"),
        ("tags=%00", "tags"),
        ("usage_by_model=%00", "usage_by_model"),
        ("id=%00", "id"),
        ("first_input__contains=%00", "first_input__contains"),
        ("totl_cost=1", "totl_cost"),
        ("total_cost__gt=1", "total_cost__gt"),
        ("total_cost__gte=1&total_cost__gte=", "total_cost__gte"),
        ("sort=tags", "sort"),
        ("sort=--updated_at", "sort"),
        ("sort=project_id", "sort"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=²", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=ünï", "cursor"),
    ],
)
def test_what_cannot_be_followed_is_named_and_finds_nothing(project: Project, query: str, name: str) -> None:
    session(project, "one")
    found = listing(project, query)
    assert list(found.errors) == [name]
    assert all(found.errors[name])
    assert found.rows == []
    assert found.count == (0, False)
    assert (found.next, found.previous) == (None, None)


def test_more_than_a_column_can_hold_is_an_honest_question(project: Project) -> None:
    session(project, "one")
    assert ids(listing(project, "trace_count__gte=99999999999999999999")) == []
    assert ids(listing(project, "trace_count__lte=99999999999999999999")) == ["one"]


def test_parameters_of_somebody_else_are_let_pass(project: Project) -> None:
    session(project, "one")
    assert Listing(project, QueryDict("view=wide"), foreign={"view"}).errors == {}


def forged(*fields: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(fields)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("-updated_at", forged("-updated_at", True, "2026-01-01", "a")),
        ("-updated_at", forged("-updated_at", True, "2026-01-01T00:00:00", "a")),
        ("-updated_at", forged("-updated_at", True, "2026-01-01T00:00:00Z", "a\x00")),
        ("-updated_at", forged("-updated_at", True, "2026-01-01T00:00:00Z", 5)),
        ("-updated_at", forged("-updated_at", 1, "2026-01-01T00:00:00Z", "a")),
        ("-updated_at", forged("-updated_at", True, None, "a")),
        ("-updated_at", forged("-created_at", True, "2026-01-01T00:00:00Z", "a")),
        ("total_cost", forged("total_cost", True, "NaN", "a")),
        ("total_cost", forged("total_cost", True, "Infinity", "a")),
        ("total_cost", forged("total_cost", True, "1e30", "a")),
        ("trace_count", forged("trace_count", True, "9" * 30, "a")),
        ("trace_count", forged("trace_count", True, "1.5", "a")),
        ("id", forged("id", True, "\x00", "a")),
        ("id", forged("id", True)),
        ("id", forged("id", True, "a", "b", "c")),
        ("id", base64.urlsafe_b64encode(b'{"a": 1}').decode()),
    ],
)
def test_a_forged_cursor_is_refused(project: Project, sort: str, cursor: str) -> None:
    session(project, "one")
    found = listing(project, f"sort={sort}&cursor={cursor}")
    assert list(found.errors) == ["cursor"]
    assert found.rows == []


# Orders and pages


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_every_order_are_complete_although_values_repeat(project: Project, sort: str) -> None:
    for number in range(11):
        value = number % 3
        session(
            project,
            f"s{number:02}",
            minute=value,
            **{p.field: value for p in PROPERTIES if p.kind in {PropertyKind.NUMBER, PropertyKind.DURATION}},
            **{p.field: Decimal(value) / 3 for p in PROPERTIES if p.kind == PropertyKind.MONEY},
        )
    read = list(pages(project, f"sort={sort}&limit=2"))
    forwards = [session_id for page in read for session_id in ids(page)]
    assert len(forwards) == len(set(forwards)) == 11
    field = properties_of(Session)[sort.removeprefix("-")].field
    values = [getattr(row, field) for page in read for row in page.rows]
    assert values == sorted(values, reverse=sort.startswith("-"))
    assert backwards(project, read[-1]) == forwards


def backwards(project: Project, page: Listing) -> list[str]:
    found = ids(page)
    while page.previous:
        page = Listing(project, QueryDict(page.query_string(cursor=page.previous)[1:]))
        found = ids(page) + found
    assert page.next
    return found


amounts = st.decimals(min_value=0, max_value=3, places=12, allow_nan=False) | st.sampled_from([Decimal(0), Decimal(1)])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(amounts, min_size=1, max_size=12), limit=st.integers(1, 5), falling=st.booleans())
def test_no_cost_is_skipped_or_shown_twice(project: Project, costs: list[Decimal], limit: int, falling: bool) -> None:
    Session.objects.for_project(project).delete()
    for number, cost in enumerate(costs):
        session(project, str(number), total_cost=cost)
    query = f"sort={'-' if falling else ''}total_cost&limit={limit}"
    found = [row.total_cost for page in pages(project, query) for row in page.rows]
    assert found == sorted(costs, reverse=falling)


def test_a_page_says_whether_there_is_another(project: Project) -> None:
    for number in range(4):
        session(project, f"s{number}", minute=number)
    first, second = pages(project, "limit=2")
    assert (bool(first.previous), bool(first.next)) == (False, True)
    assert (bool(second.previous), bool(second.next)) == (True, False)
    back = listing(project, f"limit=2&cursor={second.previous}")
    assert ids(back) == ids(first)
    assert (bool(back.previous), bool(back.next)) == (False, True)


def test_what_arrives_meanwhile_shifts_no_page(project: Project) -> None:
    for number in range(4):
        session(project, f"s{number}", minute=number)
    cursor = listing(project, "limit=2").next
    session(project, "newcomer", minute=99)
    assert ids(listing(project, f"limit=2&cursor={cursor}")) == ["s1", "s0"]


def test_a_page_knows_how_many_sessions_there_are_only_when_it_has_them_all(project: Project) -> None:
    for number in range(3):
        session(project, f"s{number}")
    first = listing(project, "limit=2")

    assert str(listing(project, "limit=3").count) == "3"
    assert first.count is None
    assert listing(project, f"limit=2&cursor={first.next}").count is None


def test_a_page_takes_one_query(project: Project, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(20):
        session(project, f"s{number}", tags=["vip"])
    found = listing(project, "tags=vip&limit=5&sort=-total_cost")
    bounds = 4  # a savepoint, the time that a filtered list may take, and back
    with django_assert_num_queries(1 + bounds):
        assert len(found.rows) == 5
        assert found.next
        assert found.count is None
        assert len(property_columns()) == len(found.fields) == len(PROPERTIES)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "session_updated"),
        ("sort=-created_at", "session_created"),
        ("sort=-total_cost", "session_cost"),
        ("sort=total_cost", "session_cost"),
        ("sort=-total_tokens", "session_tokens"),
        ("sort=-duration_ms", "session_duration"),
        ("error_count__gte=1", "session_errors"),
    ],
)
def test_an_order_is_read_from_its_index(project: Project, query: str, index: str) -> None:
    fill(project)
    assert_reads(index, explained(listing(project, query)))
    plan = explained(listing(project, f"{query}&cursor={listing(project, query).next}"))
    assert_reads(index, plan)
    assert "ROW(" in plan.partition("Index Cond:")[2].partition("\n")[0]


def assert_reads(index: str, plan: str) -> None:
    assert f"using {index}" in plan
    assert "Sort" not in plan
    assert "Index Cond: ((project_id =" in plan or "Index Cond: (project_id =" in plan


@pytest.mark.parametrize(("query", "index"), [("tags=rare", "session_sets"), ("user_ids=rare", "session_sets")])
def test_a_rare_value_of_a_set_is_found_by_its_index(project: Project, query: str, index: str) -> None:
    fill(project)
    session(project, "needle", tags=["rare"], user_ids=["rare"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE session")
    assert index in explained(listing(project, query))
    assert ids(listing(project, query)) == ["needle"]


def fill(project: Project) -> None:
    """Enough rows for the planner to want an index."""
    first = session(project, "s00000", duration_ms=0, tags=["common"], user_ids=["u0"], updated_at=at(60))
    multiply(
        first,
        2999,
        session_id="'s' || lpad(n::text, 5, '0')",
        created_at="created_at + n * interval '1 s'",
        updated_at="updated_at + n * interval '1 s'",
        duration_ms="n",
        total_tokens="n",
        error_count="n %% 2",
        total_cost="n / 7.0",
        user_ids="ARRAY['u' || n %% 50]",
    )


def explained(found: Listing) -> str:
    """The plan of the statement that reads the page."""
    with CaptureQueriesContext(connection) as queries:
        assert found.rows
    statement = next(query["sql"] for query in queries if 'FROM "session"' in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


# What pages make of it


def test_a_column_offers_its_order_and_then_the_other_way_round(project: Project) -> None:
    def heads(query: str) -> dict[str, SortableHead[SessionColumn]]:
        columns = ",".join(properties_of(Session))
        table = table_of(listing(project, query), None, {"columns": columns.split(",")})
        return {head.column.name: head for head in table.heads}

    by_name = heads("tags=vip")
    assert by_name["updated_at"].aria_sort == "descending"
    assert by_name["updated_at"].sort_query == "?tags=vip&sort=updated_at"
    assert by_name["total_cost"].aria_sort == "none"
    assert by_name["total_cost"].sort_query == "?tags=vip&sort=-total_cost"
    assert by_name["id"].sort_query == "?tags=vip&sort=id"
    assert by_name["tags"].sort_query is None
    rising = heads("sort=total_cost")
    assert rising["total_cost"].aria_sort == "ascending"
    assert rising["total_cost"].sort_query == "?sort=-total_cost"


def test_links_keep_the_question_and_start_at_its_first_page(project: Project) -> None:
    for number in range(3):
        session(project, f"s{number}", tags=["a b"])
    first = listing(project, "tags=a+b&tags=c&limit=1&total_cost__gte=")
    second = listing(project, first.query_string(cursor=first.next)[1:])
    assert ids(second) == ["s1"]
    assert second.query_string(sort="id") == "?tags=a+b&tags=c&limit=1&sort=id"
    assert second.query_string(tags=None, limit=None) == "?"


def test_conditions_say_what_is_in_force_and_how_to_lift_it(project: Project) -> None:
    found = listing(project, "tags=a&tags=b&total_cost__gte=0.5")
    said = {(c.label, c.value): c.query_without for c in found.conditions}
    assert said == {
        ("Cost at least", "0.5"): "?tags=a&tags=b",
        ("Tags any of", "a"): "?tags=b&total_cost__gte=0.5",
        ("Tags any of", "b"): "?tags=a&total_cost__gte=0.5",
    }


def test_the_form_shows_what_was_given(project: Project) -> None:
    fields = {inputs.name: inputs.fields for inputs in listing(project, "tags=a%22b&total_cost__gte=bad").fields}
    exactly, least, most = fields["total_cost"]
    assert [one.input.words for one in (exactly, least, most)] == ["exactly", "at least", "at most"]
    assert (least.input.name, least.values, least.is_faulty) == ("total_cost__gte", ("bad",), True)
    assert 'value="bad"' in filter_input(least)
    assert 'aria-invalid="true"' in filter_input(least)
    assert fields["tags"][0].values == ('a"b',)
    assert filter_input(fields["tags"][0]).count("<input") == 2


def test_every_property_has_its_column_and_its_fields(project: Project) -> None:
    found = listing(project)
    assert [column.name for column in property_columns()] == [p.name for p in PROPERTIES]
    names = [field.input.name for inputs in found.fields for field in inputs.fields]
    assert names == list(itertools.chain.from_iterable(filters_of(p) for p in PROPERTIES))


def test_a_list_that_takes_too_long_says_so_and_offers_less(
    client: Client, alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(project, "chat", first_input="Hello")
    slow = Session.objects.for_project(project).extra(where=["pg_sleep(3) IS NOT NULL"])
    monkeypatch.setattr(listing_module, "FILTERED_LIST_TIMEOUT_MS", 50)
    monkeypatch.setattr(Listing, "matching", slow)
    asked = listing(project, "q=input:Hello")

    assert (asked.rows, asked.is_too_wide, asked.count) == ([], True, None)
    client.force_login(alice)
    page = client.get(reverse("sessions", args=[project.pk]), {"q": "input:Hello"}).content.decode()
    assert "takes too long" in page
    assert "range=7d" in page


@pytest.mark.parametrize("query", ["q=tag:vip", "tags=vip", "q=tag:vip cost >= 0", "q=tag:all(vip)"])
def test_a_value_that_is_not_found_along_the_order_is_looked_up_in_its_own_index(
    project: Project, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    session(project, "chat", tags=["vip"])
    walked = "(current_setting('enable_indexscan') = 'off' OR pg_sleep(3) IS NOT NULL)"
    rows = Session.objects.for_project(project).filter(tags=["vip"]).extra(where=[walked])
    monkeypatch.setattr(listing_module, "FIRST_ATTEMPT_MS", 50)
    monkeypatch.setattr(Listing, "matching", rows)
    asked = listing(project, query)

    assert [row.session_id for row in asked.rows] == ["chat"]
    assert not asked.is_too_wide
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_indexscan')")
        assert cursor.fetchone() == ("on",)


@pytest.mark.parametrize("query", ["q=-tag:vip", "q=input:vip", "q=tag:vip OR cost > 1", "q=has:error"])
def test_what_no_set_answers_has_all_the_time_for_one_way(project: Project, query: str) -> None:
    assert not listing(project, query).asks_a_set


def test_every_offered_sort_has_an_index() -> None:
    indexed = {index.expressions[1].expression.name for index in Session._meta.indexes if len(index.expressions) == 3}
    offered = {declared.field for declared in properties_of(Session).values() if declared.kind in SORTABLE_KINDS}

    assert offered - {"session_id"} <= indexed


def test_a_page_before_what_is_gone_is_empty_and_leads_nowhere(project: Project) -> None:
    for number in range(3):
        session(project, f"s{number}", minute=number)
    first = listing(project, "limit=1")
    second = listing(project, f"limit=1&cursor={first.next}")
    assert (ids(first), ids(second)) == (["s2"], ["s1"])

    Session.objects.for_project(project).filter(session_id="s2").delete()
    before = listing(project, f"limit=1&cursor={second.previous}")
    assert (ids(before), before.next, before.previous) == ([], None, None)

    Session.objects.for_project(project).delete()
    after = listing(project, f"limit=1&cursor={second.next}")
    assert (ids(after), after.next, after.previous) == ([], None, None)
