"""How the series above the list is drawn: bars that link to their time, and the marks of both axes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from projects.date_range import RANGE_PARAMETERS
from sessions.listing.listing import Listing
from sessions.listing.summary import Bucket

SERIES_WIDTH, SERIES_HEIGHT = 600, 48  # in units of its own
MIN_SERIES_BAR_HEIGHT = 1.5  # units; what is there can be seen, however little it is
MAX_SERIES_MARKS = 8
NICE_STEPS = (1, 2, 5)  # times a power of ten
WEEKDAYS_SAY_WHICH = timedelta(days=14)  # in a longer time a weekday is one of many


@dataclass(frozen=True, kw_only=True)
class BucketBar:
    """A bucket as drawn: what failed stands below what did not."""

    bucket: Bucket
    x: float
    width: float
    height: float
    failed_height: float
    when: str
    query: str  # of the list narrowed to the bucket

    @property
    def y(self) -> float:
        return SERIES_HEIGHT - self.height

    @property
    def failed_y(self) -> float:
        return SERIES_HEIGHT - self.failed_height


@dataclass(frozen=True, kw_only=True)
class SeriesMark:
    """A mark of an axis; `place` is in percent of the width, or in units from the top."""

    label: str
    place: float


@dataclass(frozen=True, kw_only=True)
class SeriesDrawing:
    """The series in the active time zone."""

    bars: list[BucketBar]
    times: list[SeriesMark]
    counts: list[SeriesMark]
    zone: str

    width, height = SERIES_WIDTH, SERIES_HEIGHT


def drawing_of(listing: Listing, buckets: Sequence[Bucket]) -> SeriesDrawing:
    """Draw a series in the active time zone, in which its links mean their times."""
    most = max((bucket.session_count for bucket in buckets), default=0)
    width = SERIES_WIDTH / len(buckets) if buckets else 0
    bars = [
        BucketBar(
            bucket=bucket,
            x=round(place * width, 2),
            width=round(max(width - 1, 0.5), 2),
            height=_height(bucket.session_count, most),
            failed_height=_height(bucket.failed, most),
            when=_when(bucket),
            query=listing.query_string(**_times(bucket)),
        )
        for place, bucket in enumerate(buckets)
    ]
    return SeriesDrawing(
        bars=bars,
        times=list(_time_marks(buckets)),
        counts=list(_count_marks(most)),
        zone=timezone.get_current_timezone_name(),
    )


def _height(number: int, most: int) -> float:
    return round(max(number / most * SERIES_HEIGHT, MIN_SERIES_BAR_HEIGHT), 2) if number else 0


def _times(bucket: Bucket) -> dict[str, str | None]:
    bounds = [timezone.localtime(at).isoformat(timespec="seconds") for at in (bucket.start, bucket.end)]
    zone = timezone.get_current_timezone_name()
    return {**dict.fromkeys(RANGE_PARAMETERS), "from": bounds[0], "to": bounds[1], "zone": zone}


def _when(bucket: Bucket) -> str:
    """Return “Sat 21 Nov, 00:00 to 03:00”, or days if it lasts some."""
    start, end = timezone.localtime(bucket.start), timezone.localtime(bucket.end)
    year = f" {start.year}" if start.year != timezone.localtime().year else ""
    if bucket.end - bucket.start < timedelta(days=1):
        return f"{start:%a} {start.day} {start:%b}{year}, {start:%H:%M} to {end:%H:%M}"
    last = end - timedelta(seconds=1)
    if bucket.end - bucket.start == timedelta(days=1):
        return f"{start:%a} {start.day} {start:%b}{year}"
    return f"{start.day} {start:%b}{year} to {last.day} {last:%b} {last.year}"


def _time_marks(buckets: Sequence[Bucket]) -> Iterator[SeriesMark]:
    """Yield at most MAX_SERIES_MARKS: where days begin, if there are some, otherwise in equal distances."""
    if not buckets:
        return
    starts = [timezone.localtime(bucket.start) for bucket in buckets]
    days = [place for place, at in enumerate(starts) if place == 0 or at.date() != starts[place - 1].date()]
    places = days if len(days) > 2 else list(range(len(starts)))
    length = buckets[-1].end - buckets[0].start
    for place in places[:: -(-len(places) // MAX_SERIES_MARKS)]:
        label = _mark(starts[place], length, is_of_days=places is days)
        yield SeriesMark(label=label, place=round(100 * place / len(starts), 2))


def _mark(at: datetime, length: timedelta, *, is_of_days: bool) -> str:
    if not is_of_days:
        return f"{at:%H:%M}"
    if length > timedelta(days=365):
        return f"{at:%b} {at.year}"
    return f"{at:%a} {at.day}" if length < WEEKDAYS_SAY_WHICH else f"{at.day} {at:%b}"


def _count_marks(most: int) -> Iterator[SeriesMark]:
    """Yield two round numbers, of which the lower one is half of the higher one or less; of one session only 1."""
    if most < 1:
        return
    fitting = [step * 10**power for power in range(len(str(most))) for step in NICE_STEPS if step * 10**power <= most]
    low = [number for number in fitting if number * 2 <= fitting[-1]]
    for number in fitting[-1:] + low[-1:]:
        yield SeriesMark(label=f"{number:,}", place=round(SERIES_HEIGHT * (1 - number / most), 2))
