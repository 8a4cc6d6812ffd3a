"""Times in words, the range of a page, and the menu that offers it."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone

from projects.date_range import BadRange, date_range
from projects.models import User
from projects.moments import moment_of
from projects.preferences import reading_as
from projects.range_picker import range_picker

NOW = datetime(2026, 11, 29, 14, 30, tzinfo=UTC)  # a Sunday

DAYS = {
    "today": ("2026-11-29", "2026-11-30"),
    "Yesterday": ("2026-11-28", "2026-11-29"),
    "12 Nov": ("2026-11-12", "2026-11-13"),
    "12 november 2025": ("2025-11-12", "2025-11-13"),
    "Nov 12, 2025": ("2025-11-12", "2025-11-13"),
    "3rd Dec": ("2025-12-03", "2025-12-04"),  # the last one
    "12.11.2026": ("2026-11-12", "2026-11-13"),
    "2026-11-12": ("2026-11-12", "2026-11-13"),
    "3 days ago": ("2026-11-26", "2026-11-27"),
    "a week ago": ("2026-11-22", "2026-11-23"),
    "9 months ago": ("2026-02-28", "2026-03-01"),  # no 29 February
    "monday": ("2026-11-23", "2026-11-24"),
    "sunday": ("2026-11-29", "2026-11-30"),
    "last sunday": ("2026-11-22", "2026-11-23"),
    "this week": ("2026-11-23", "2026-11-30"),
    "last month": ("2026-10-01", "2026-11-01"),
    "this year": ("2026-01-01", "2027-01-01"),
    "October": ("2026-10-01", "2026-11-01"),
    "dec 2024": ("2024-12-01", "2025-01-01"),
}
INSTANTS = {
    "now": "2026-11-29T14:30",
    "-3d": "2026-11-26T14:30",
    "2 hours ago": "2026-11-29T12:30",
    "12 Nov, 09:30": "2026-11-12T09:30",
    "yesterday at 8:05": "2026-11-28T08:05",
    "14:00": "2026-11-29T14:00",
    "2026-11-12T09:30+02:00": "2026-11-12T07:30",
}


@pytest.mark.parametrize("text", DAYS)
def test_words_spell_whole_days(text: str) -> None:
    first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in DAYS[text])
    assert moment_of(text, NOW) == (first, last)


@pytest.mark.parametrize("text", INSTANTS)
def test_words_spell_instants(text: str) -> None:
    at = datetime.fromisoformat(INSTANTS[text]).replace(tzinfo=UTC)
    found = moment_of(text, NOW)
    assert found is not None
    assert [found.start.astimezone(UTC), found.end.astimezone(UTC)] == [at, at]


@pytest.mark.parametrize("text", [
    "", "soon", "31 Feb", "12 Noo", "1", "0 Nov", "25:00", "99999 weeks ago", "1 Jan 0001", "12 Nov 9999", "³ days ago",
    "yesterday" * 9, "12 Nov 12 Nov", "last", "May the fourth",
])  # fmt: skip
def test_other_words_spell_no_time(text: str) -> None:
    assert moment_of(text, NOW) is None


def test_days_are_those_of_the_named_zone() -> None:
    """It is 23:30 of the same day in Tokyo; in Auckland it is already Monday."""
    tokyo = date_range({"from": "today", "zone": "Asia/Tokyo"}, NOW)
    auckland = date_range({"from": "today", "zone": "Pacific/Auckland"}, NOW)
    assert tokyo.start is not None
    assert auckland.start is not None
    assert tokyo.start.start == datetime(2026, 11, 28, 15, tzinfo=UTC)
    assert auckland.start.start == datetime(2026, 11, 29, 11, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert date_range({"from": "today"}, NOW).start == tokyo.start


@pytest.mark.parametrize(("params", "words"), [
    ({}, ""),
    ({"range": "7d"}, "Last 7 days"),
    ({"range": "last-month"}, "Last month"),
    ({"from": "2026-11-21", "to": "2026-11-27"}, "21 Nov to 27 Nov"),
    ({"from": "2025-11-21", "to": "2025-11-21"}, "21 Nov 2025"),
    ({"from": "yesterday"}, "Since yesterday"),
    ({"from": "3 days ago", "to": "28 November 2026, 9:30"}, "3 days ago to 28 Nov, 09:30"),
    ({"to": "2026-11-27T09:30:00Z"}, "Until 27 Nov, 09:30"),
    ({"to": "2026-11-27T09:30:00Z", "zone": "Asia/Tokyo"}, "Until 27 Nov, 18:30"),
])  # fmt: skip
def test_a_range_says_itself(params: dict[str, str], words: str) -> None:
    assert date_range(params, NOW).words == words


@pytest.mark.parametrize(("params", "name"), [
    ({"range": "8d"}, "range"),
    ({"range": "7d", "from": "today"}, "range"),
    ({"from": "soon"}, "from"),
    ({"from": "today", "to": "yesterday"}, "from"),
    ({"to": "today", "zone": "Mars/Olympus"}, "zone"),
])  # fmt: skip
def test_a_range_that_cannot_be_followed_names_its_parameter(params: dict[str, str], name: str) -> None:
    with pytest.raises(BadRange) as refused:
        date_range(params, NOW)
    assert refused.value.name == name


def picked(query: str, **options: Any) -> Any:
    return range_picker(QueryDict(query), **options)


def test_the_menu_keeps_what_else_is_asked_but_not_the_page() -> None:
    menu = picked("q=tag%3Avip&cursor=abc&range=7d&view=3", foreign=("view",))
    assert {preset.label: preset.query for preset in menu.presets}["Last 24 hours"] == "?q=tag%3Avip&range=24h"
    assert [preset.label for preset in menu.presets if preset.is_current] == ["Last 7 days"]
    assert menu.kept == [("q", "tag:vip")]


def test_the_menu_marks_the_default_of_its_page() -> None:
    menu = picked("", default="30d")
    assert (menu.label, [preset.label for preset in menu.presets if preset.is_current]) == (
        "Last 30 days",
        ["Last 30 days"],
    )
    assert {preset.label: preset.query for preset in menu.presets}["All time"] == "?range=all"


def test_the_menu_means_words_in_the_readers_zone_unless_the_address_names_one(rf: RequestFactory) -> None:
    rf.cookies["zone"] = "Asia/Tokyo"
    with reading_as(rf.get("/"), User(), days="Europe/Berlin"):
        assert picked("").zone == "Asia/Tokyo"
        assert picked("from=today&zone=America/New_York").zone == "America/New_York"
        assert picked("from=today").zone == "Europe/Berlin"  # as the list reads it
    assert picked("from=2026-11-21&to=2026-11-22T08%3A00").start == "21 Nov 2026"
    assert picked("from=2026-11-21&to=2026-11-22T08%3A00").end == "22 Nov 2026, 08:00"


def test_the_menu_says_what_is_wrong_and_keeps_it() -> None:
    menu = picked("from=soon")
    assert menu.start == "soon"
    assert "“soon” is not a day or a moment" in menu.faults["from"]
