"""What the component `_range.html` draws: presets as links, and two fields that take words. Its script adds months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import QueryDict
from django.utils import timezone

from projects.date_range import (
    ALL,
    CALENDAR_RANGES,
    RANGE_PARAMETERS,
    RANGES,
    BadRange,
    DateRange,
    date_range,
    in_zone,
    is_zone,
    said,
)
from projects.moments import moment_of
from projects.preferences import page_zone

DEFAULT_PRESETS = ("1h", "24h", "7d", "30d", "90d", "month", "last-month", ALL)
PRESET_LABELS = {
    **{name: words for name, (words, _) in {**RANGES, **CALENDAR_RANGES}.items()},
    ALL: "All time",
}
POSITIONS = ("cursor", "after", "page", "before")  # of pages; another time starts at its first page


@dataclass(frozen=True, kw_only=True)
class RangePreset:
    """A link of the menu."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class RangePicker:
    """A menu to choose the time of a page. Its fields are sent with `kept`."""

    label: str
    presets: list[RangePreset]
    start: str
    end: str
    zone: str
    zone_given: str  # to send along; "" if nobody has said it yet
    kept: list[tuple[str, str]]
    first_day: str  # of the time that is shown, for the months: 2026-11-21; "" if it has none
    last_day: str
    today: str
    faults: dict[str, str]


def range_picker(
    params: QueryDict,
    *,
    default: str = ALL,
    presets: Sequence[str] = DEFAULT_PRESETS,
    foreign: Sequence[str] = (),
) -> RangePicker:
    """Return the menu for a page's parameters. `default` is the range without parameters.

    Words are meant in the zone that the address names, otherwise in the reader's.

    Links and the form keep every other parameter except a page's position and those in `foreign`."""
    given_zone, zone = params.get("zone", ""), page_zone()
    has_bounds = bool(params.get("from") or params.get("to"))
    meant = given_zone if has_bounds or not zone else zone
    meant = meant if is_zone(meant) else ""
    kept = _kept(params, {*RANGE_PARAMETERS, *POSITIONS, *foreign})
    now = timezone.now()
    with in_zone(meant):
        shown, faults = _read(params, default, now)
        asked = "" if has_bounds else params.get("range") or default
        fields = [_field(params.get(name, ""), now) for name in ("from", "to")]
        return RangePicker(
            label=shown.words or ("Choose a time" if faults else PRESET_LABELS[ALL]),
            presets=[_preset(name, asked, default, kept, meant) for name in presets],
            start=fields[0],
            end=fields[1],
            zone=timezone.get_current_timezone_name(),
            zone_given=meant,
            kept=kept,
            first_day=_iso(shown.start and shown.start.start),
            last_day=_iso(_last(shown) or (now if shown.start else None)),
            today=_iso(now),
            faults=faults,
        )


def days_picker(
    first: date | None, last: date | None, zone: str, written: tuple[str, str, dict[str, str]] = ("", "", {})
) -> RangePicker:
    """Return the fields of a time of whole days in a zone, for a form of the page.

    Without days they have what somebody wrote instead, and what is wrong with it."""
    now, (start, end, faults) = timezone.now(), written
    with in_zone(zone):
        texts = [_field(_day(day) or text, now) for day, text in ((first, start), (last, end))]
        return RangePicker(
            label="",
            presets=[],
            start=texts[0],
            end=texts[1],
            zone=zone,
            zone_given=zone,
            kept=[],
            first_day=_day(first),
            last_day=_day(last),
            today=_iso(now),
            faults=faults,
        )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _kept(params: QueryDict, left_out: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in params.lists() if name not in left_out for value in values if value]


def _read(params: QueryDict, default: str, now: datetime) -> tuple[DateRange, dict[str, str]]:
    given = {name: params.get(name, "") for name in RANGE_PARAMETERS}
    if not any(given[name] for name in ("range", "from", "to")):
        given["range"] = default
    try:
        return date_range(given, now), {}
    except BadRange as error:
        return DateRange(), {error.name: str(error)}


def _field(text: str, now: datetime) -> str:
    return said(text, moment_of(text, now) if text else None, now, has_year=True)


def _preset(name: str, asked: str, default: str, kept: list[tuple[str, str]], zone: str) -> RangePreset:
    chosen = [("range", name)] if name != default else []
    if name in CALENDAR_RANGES and zone:
        chosen.append(("zone", zone))
    return RangePreset(label=PRESET_LABELS[name], query=_query(kept, chosen), is_current=name == asked)


def _query(kept: list[tuple[str, str]], more: list[tuple[str, str]]) -> str:
    query = QueryDict(mutable=True)
    for name, value in (*kept, *more):
        query.appendlist(name, value)
    return "?" + query.urlencode()


def _last(shown: DateRange) -> datetime | None:
    """Return the last moment of a time that ends."""
    if not shown.end:
        return None
    return shown.end.end - timedelta(microseconds=1) if shown.end.start != shown.end.end else shown.end.end


def _iso(at: datetime | None) -> str:
    return timezone.localtime(at).date().isoformat() if at else ""
