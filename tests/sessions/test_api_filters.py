"""Every declared property is filtered and sorted through the API by its kind, as docs/sessions.md says."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from sessions.listing.filters import WAYS
from sessions.models import Session
from sessions.models.properties import SORTABLE_KINDS, Property, PropertyKind, properties_of
from tests.conftest import Key
from tests.sessions.rows import session
from tests.tracing.reports import at

pytestmark = pytest.mark.django_db

PROPERTIES = list(properties_of(Session).values())
SORTABLE = [declared for declared in PROPERTIES if declared.kind in SORTABLE_KINDS]
UNSORTABLE = [declared for declared in PROPERTIES if declared.kind not in SORTABLE_KINDS]
AMOUNTS = (PropertyKind.DURATION, PropertyKind.NUMBER, PropertyKind.MONEY)
SUMMARY = {"count": 1, "mean": 1, "shares": {}}
# The values of three sessions, and how the parameter of a filter and the answer write them.
VALUES: dict[PropertyKind, tuple[Any, Any, Any]] = {
    PropertyKind.ID: ("a first", "b second", "c third"),
    PropertyKind.TIME: (at(0), at(60), at(3600.25)),
    PropertyKind.DURATION: (0, 1_500, 9_000_000_000),
    PropertyKind.NUMBER: (0, 7, 2_000_000_000),
    PropertyKind.MONEY: (Decimal("0.000000000001"), Decimal("0.5"), Decimal("12345.000000000001")),
    PropertyKind.SET: (["first", "of all"], ["of all", "second, with comma"], ["third"]),
    PropertyKind.USAGE: ({"first": {}}, {"second, with comma": {}}, {"third": {}}),
    PropertyKind.SCORES: ({"first": SUMMARY}, {"second, with comma": SUMMARY}, {"third": SUMMARY}),
    PropertyKind.TEXT: ("The FIRST words", "the second words", "Third"),
}
# Suffix of the parameter, the values given, and which of the three sessions match.
TEXT_QUESTIONS = [
    ("__contains", ["SECOND"], [1]),
    ("__contains", ["ir"], [0, 2]),
    ("__contains", ["%"], []),
    ("__contains", ["_"], []),
    ("", ["irst"], []),
]
QUESTIONS: dict[PropertyKind, list[tuple[str, list[str], list[int]]]] = {
    PropertyKind.ID: [("", ["b second"], [1]), *TEXT_QUESTIONS],
    PropertyKind.TEXT: [("", ["the second words"], [1]), ("", ["The second words"], []), *TEXT_QUESTIONS],
    PropertyKind.TIME: [
        ("__gte", [at(60).isoformat()], [1, 2]),
        ("__lte", [at(60).isoformat()], [0, 1]),
        ("__lte", [f"{at(60):%Y-%m-%dT%H:%M:%S}"], [0, 1]),  # without an offset it is in UTC
        ("__gte", [f"{at(0):%Y-%m-%dT}14:01:00+02:00"], [1, 2]),
        ("__gte", [at(3600.25).isoformat()], [2]),
        ("__gte", [at(3600.26).isoformat()], []),
    ],
    **{
        kind: [
            ("", ["{0}"], [0]),
            ("", ["{1}"], [1]),
            ("__gte", ["{1}"], [1, 2]),
            ("__lte", ["{1}"], [0, 1]),
            ("__lte", ["{2}"], [0, 1, 2]),
            ("__gte", ["99999999" if kind == PropertyKind.MONEY else "99999999999"], []),
            ("__lte", ["-1"], []),
        ]
        for kind in AMOUNTS
    },
    **{
        kind: [
            ("", ["first"], [0]),
            ("", ["first", "third"], [0, 2]),
            ("", ["second, with comma"], [1]),
            ("", ["second"], []),
            ("", ["FIRST"], []),
        ]
        for kind in (PropertyKind.SET, PropertyKind.USAGE, PropertyKind.SCORES)
    },
}


def refer(declared: Property) -> str:
    return declared.name


@pytest.fixture
def ask(client: Client, key: Key) -> Any:
    def asked(status: int = 200, **params: Any) -> Any:
        answer: Any = client.get("/api/v1/sessions", params, headers={"Authorization": key.bearer})
        assert answer.status_code == status, answer.content
        return answer.json()

    return asked


def store(project: Project, declared: Property, places: tuple[int, ...] = (0, 1, 2)) -> list[str]:
    """Store a session for each place, with the value of that place; return their ids."""
    ids = []
    for number, place in enumerate(places):
        value = VALUES[declared.kind][place]
        session_id = value if declared.kind == PropertyKind.ID else f"session-{number}"
        session(project, session_id, **({} if declared.kind == PropertyKind.ID else {declared.field: value}))
        ids.append(session_id)
    return ids


def told(value: Any) -> Any:
    """Return a value as the API writes it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"{value:%Y-%m-%dT%H:%M:%S.%f}Z" if isinstance(value, datetime) else value


@pytest.mark.parametrize("declared", PROPERTIES, ids=refer)
def test_every_filter_of_a_property_finds_exactly_what_it_says(project: Project, ask: Any, declared: Property) -> None:
    ids = store(project, declared)
    written = [f"{value:f}" if isinstance(value, Decimal) else str(value) for value in VALUES[declared.kind]]
    asked = set()
    for suffix, given, expected in QUESTIONS[declared.kind]:
        values = [value.format(*written) if declared.kind in AMOUNTS else value for value in given]
        found = {row["id"] for row in ask(**{declared.name + suffix: values})["data"]}
        assert found == {ids[place] for place in expected}, (suffix, values)
        asked.add(suffix)
    assert asked == {way.suffix for way in WAYS[declared.kind]}


@pytest.mark.parametrize("declared", PROPERTIES, ids=refer)
def test_every_property_is_answered_as_its_kind_is_written(project: Project, ask: Any, declared: Property) -> None:
    ids = store(project, declared)

    rows = {row["id"]: row[declared.name] for row in ask()["data"]}
    assert [rows[session_id] for session_id in ids] == [told(value) for value in VALUES[declared.kind]]


@pytest.mark.parametrize("declared", SORTABLE, ids=refer)
def test_every_sort_is_complete_and_the_other_way_round_is_its_reverse(
    project: Project, ask: Any, declared: Property
) -> None:
    places = (0, 1, 2) if declared.kind == PropertyKind.ID else (1, 2, 0, 1, 2, 1)
    ids = store(project, declared, places)
    expected = [session_id for _, session_id in sorted(zip(places, ids, strict=True))]

    assert [row["id"] for row in ask(sort=declared.name)["data"]] == expected
    assert [row["id"] for row in ask(sort=f"-{declared.name}")["data"]] == expected[::-1]


@pytest.mark.parametrize("declared", UNSORTABLE, ids=refer)
def test_what_has_no_order_cannot_be_sorted_by(project: Project, ask: Any, declared: Property) -> None:
    store(project, declared)

    for sign in ("", "-"):
        assert list(ask(400, sort=f"{sign}{declared.name}")["errors"]) == ["sort"]


@pytest.mark.parametrize("declared", [p for p in PROPERTIES if p.kind in AMOUNTS], ids=refer)
@pytest.mark.parametrize("suffix", ["", "__gte", "__lte"])
@pytest.mark.parametrize("value", ["lots", "1e", "--1", "NaN", "1,5", "0x10"])
def test_what_is_no_number_is_refused_by_the_parameter(ask: Any, declared: Property, suffix: str, value: str) -> None:
    errors = ask(400, **{declared.name + suffix: value})["errors"]

    assert list(errors) == [declared.name + suffix]
    assert "number" in errors[declared.name + suffix][0]


@pytest.mark.parametrize("declared", [p for p in PROPERTIES if p.kind == PropertyKind.TIME], ids=refer)
@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "2026-02-30", "1899-12-31", "3000-01-01", "12:00"])
def test_what_is_no_time_is_refused_by_the_parameter(ask: Any, declared: Property, value: str) -> None:
    for suffix in ("__gte", "__lte"):
        assert list(ask(400, **{declared.name + suffix: value})["errors"]) == [declared.name + suffix]


def test_all_filters_of_a_request_hold_at_once(project: Project, ask: Any) -> None:
    session(project, "both", tags=["vip"], error_count=2)
    session(project, "tag", tags=["vip"])
    session(project, "error", error_count=2)

    assert [row["id"] for row in ask(tags="vip", error_count__gte=1)["data"]] == ["both"]
    assert {row["id"] for row in ask(error_count__gte=1, error_count__lte=2)["data"]} == {"both", "error"}
    assert ask(error_count__gte=2, error_count__lte=1)["data"] == []
