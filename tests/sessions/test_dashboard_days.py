"""Days of a dashboard that are kept say what reading everything says, at every moment."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from projects.models import Project, User
from sessions.dashboard.cached_days import CachedDay, days_of, keep
from sessions.dashboard.numbers import DashboardNumbers, PeriodBefore, compute_before, compute_numbers
from sessions.dashboard.parts import DashboardPart
from sessions.dashboard.queries import DAYS_SQL, Wanted
from sessions.dashboard.reading import choose_sessions, read
from sessions.dashboard.steps import steps_between
from sessions.deletion.erasing import delete_session
from sessions.listing.listing import Listing
from sessions.models import Session
from sessions.rollup.session_rows import recompute
from tests.sessions.rows import multiply, session
from tests.tracing.reports import call, failed, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import Score
from tracing.records import ScoreRecord

pytestmark = pytest.mark.django_db

NUMBER = 16
EVERY = "traces >= 1"  # lets every session through, and is a filter: nothing is kept
ZONES = ["UTC", "Asia/Kolkata"]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def began(project: Project, other_project: Project) -> datetime:
    """Of the last day; sixteen sessions in eight days, with other ones of the same ids in another project."""
    now = timezone.now().replace(microsecond=0)
    for place in range(NUMBER):
        _converse(project, place, now, tokens=100 + place)
        _converse(other_project, place, now, tokens=9_000)
    return now


def _converse(
    project: Project, place: int, now: datetime, *, tokens: int = 100, turn: int = 0, days: float = 0
) -> None:
    session_id, start = f"s{place}", now - timedelta(hours=12 * place + 1, days=days)
    report: dict[str, Any] = {"started_at": start, "ended_at": start + timedelta(milliseconds=937 * (place + turn + 1))}
    claims = in_session(session_id, user_id=f"user-{place % 5}", tags=[f"tag-{place % 3}"])
    spans = [call(f"t{place}-{turn}", "a", tokens=(tokens, 20), claims=claims, **report)]
    ingest(project.pk, spans + ([failed(f"t{place}-{turn}", "b", "a", **report)] if place % 4 == 0 else []))
    _score(project, place, place / 7 - 1)


def _score(project: Project, place: int, value: float) -> None:
    said = {"session_id": f"s{place}"}
    ingest(
        project.pk,
        [
            ScoreRecord(f"h{place}", "helpfulness", "NUMERIC", value, **said),
            ScoreRecord(f"o{place}", "outcome", "CATEGORICAL", string_value="good" if value > 0 else "bad", **said),
        ],
    )
    recompute(project.pk, [f"s{place}"])


def listing(project: Project, query: str = "", since: str = "range=30d") -> Listing:
    return Listing(project, QueryDict(f"{since}&q={query}"))


def days(asked: Listing) -> list[CachedDay]:
    return days_of(asked, _steps(asked))


def _steps(asked: Listing) -> Any:
    now = timezone.now()
    first = asked.span.start.start if asked.span.start else now - timedelta(days=60)
    return steps_between(first, min(asked.span.until or now, now))


def numbers(asked: Listing) -> DashboardNumbers:
    return compute_numbers(asked, choose_sessions(asked), _steps(asked))


def before(asked: Listing, found: DashboardNumbers) -> PeriodBefore:
    return compute_before(asked, choose_sessions(asked), _steps(asked), [score.name for score in found.scores])


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("since", ["range=30d", "range=7d", "range=all", "from=-9d&to=-2d"])
def test_kept_days_say_what_reading_everything_says(
    project: Project, other_project: Project, began: datetime, zone: str, since: str
) -> None:
    with timezone.override(ZoneInfo(zone)):
        for tenant in (project, other_project):
            first = numbers(listing(tenant, since=since))
            kept, everything = listing(tenant, since=since), listing(tenant, EVERY, since)

            assert len(days(kept)) > 4
            assert all(day.mark for day in days(kept))
            assert not days(everything)
            assert first == numbers(kept) == numbers(everything)
            assert before(kept, first) == before(everything, first) == _as_before(first)
        assert numbers(listing(project, since=since)) != numbers(listing(other_project, since=since))


def test_figures_and_details_say_what_everything_says(project: Project, began: datetime) -> None:
    whole = numbers(listing(project))
    for _ in range(2):  # read, then kept
        asked = listing(project)
        figures, details = (
            compute_numbers(asked, choose_sessions(asked), _steps(asked), wanted)
            for wanted in (Wanted.FIGURES, Wanted.DETAILS)
        )

        assert all(
            day.mark for wanted in (Wanted.FIGURES, Wanted.DETAILS) for day in days_of(asked, _steps(asked), wanted)
        )
        assert (figures.facts, figures.steps) == (whole.facts, whole.steps)
        assert figures.facts.user_count > 1
        assert replace(details, facts=whole.facts, steps=whole.steps) == whole


def _as_before(found: DashboardNumbers) -> PeriodBefore:
    return PeriodBefore(
        facts=replace(found.facts, costs={}),
        scores={score.name: score.total for score in found.scores},
        session_counts=[step.session_count for step in found.steps],
    )


@pytest.mark.parametrize("zone", ZONES)
def test_kept_days_follow_every_change(project: Project, other_project: Project, began: datetime, zone: str) -> None:
    random = Random(zone)
    with timezone.override(ZoneInfo(zone)):
        others, seen = numbers(listing(other_project)), [numbers(listing(project))]
        for change in (_grow, _move, _rescore, _unscore, _delete, _begin) * 2:
            change(project, random.randrange(3, NUMBER), began, random)
            seen.append(numbers(listing(project)))

            assert seen[-1] == numbers(listing(project, EVERY)), change
            assert seen[-1] != seen[-2], change
        assert numbers(listing(other_project)) == others


def _grow(project: Project, place: int, now: datetime, random: Random) -> None:
    _converse(project, place, now, turn=random.randrange(1, 10**6), tokens=random.randrange(10**6))


def _move(project: Project, place: int, now: datetime, random: Random) -> None:
    """To a day before, by a turn that is older than the first."""
    _converse(project, place, now, turn=random.randrange(1, 10**6), days=random.randrange(1, 9))


def _rescore(project: Project, place: int, now: datetime, random: Random) -> None:
    _converse(project, place, now)
    _score(project, place, random.uniform(-9, 9))


def _unscore(project: Project, place: int, now: datetime, random: Random) -> None:
    _rescore(project, place, now, random)
    numbers(listing(project))
    Score.objects.for_project(project).filter(session_id=f"s{place}").delete()
    recompute(project.pk, [f"s{place}"])


def _delete(project: Project, place: int, now: datetime, random: Random) -> None:
    _converse(project, place, now)
    numbers(listing(project))
    delete_session(project.pk, f"s{place}")


def _begin(project: Project, place: int, now: datetime, random: Random) -> None:
    _converse(project, random.randrange(20, 10**6) % 40 + 20, now, days=-random.randrange(8, 10))


def test_a_kept_day_is_not_read_again_until_a_session_of_it_changes(project: Project, began: datetime) -> None:
    true = numbers(listing(project))
    kept = days(listing(project))
    day = next(day for day in kept if day.part.session_count)
    false = replace(day, part=DashboardPart(session_count=1_000, durations=[[1] * 1_000]))
    keep(project.pk, [false if other is day else other for other in kept], {day.place})

    assert numbers(listing(project)).steps[day.place - 1].session_count == 1_000
    changed = Session.objects.for_project(project).filter(created_at__gte=day.step.start, created_at__lt=day.step.end)
    recompute(project.pk, [changed.first().session_id])
    assert numbers(listing(project)) == true


def test_kept_days_of_equal_sessions_stay_in_their_project(project: Project, other_project: Project) -> None:
    at = timezone.now() - timedelta(days=3)
    for tenant, tokens in ((project, 1), (other_project, 2)):
        times = {"created_at": at, "updated_at": at, "computed_at": at}
        session(tenant, "s1", **times, trace_count=1, total_tokens=tokens)
        numbers(listing(tenant))

    assert [day.mark for day in days(listing(project))] == [day.mark for day in days(listing(other_project))]
    assert numbers(listing(project)).facts.total_tokens == 1
    assert numbers(listing(other_project)).facts.total_tokens == 2


def test_what_is_computed_again_is_never_dated_before(project: Project, began: datetime) -> None:
    ahead = timezone.now() + timedelta(hours=1)  # by the clock of another machine
    found = Session.objects.for_project(project).filter(session_id="s3")
    found.update(computed_at=ahead)
    recompute(project.pk, ["s3"])

    assert found.get().computed_at > ahead


def test_only_whole_days_that_are_over_are_kept(project: Project) -> None:
    for zone in ZONES:
        with timezone.override(ZoneInfo(zone)):
            today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
            kept = days(listing(project))

            assert kept[-1].step.end == today
            assert kept[0].step.start > listing(project).span.start.start
            assert len(kept) == 29
            assert not days(listing(project, since="range=24h"))
            assert not days(listing(project, "tag:tag-1"))
            assert not days(listing(project, since="range=30d&tags=tag-1"))


def test_without_a_cache_all_is_read(
    client: Client, alice: User, project: Project, began: datetime, settings: Settings
) -> None:
    expected = numbers(listing(project))
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    assert not days(listing(project))
    assert numbers(listing(project)) == expected
    client.force_login(alice)
    page = client.get(reverse("dashboard", args=[project.pk]), {"details": "on"}).content.decode()
    assert "helpfulness" in page


def test_marks_are_read_from_an_index_alone(project: Project) -> None:
    now = timezone.now()
    first = session(project, "0", created_at=now, updated_at=now)
    multiply(first, 1_999, session_id="n::text", created_at="created_at - n * interval '30 min'")
    known = days(listing(project))
    params = {
        "project": project.pk,
        "places": [day.place for day in known],
        "since": [day.step.start for day in known],
        "until": [day.step.end for day in known],
        "marks": [day.mark for day in known],
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN WITH {DAYS_SQL.strip().removesuffix(',')} SELECT * FROM marked", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using session_created" in plan


def test_parts_of_days_add_up_to_what_was_read(project: Project, began: datetime) -> None:
    asked = listing(project)
    first, again = (read(asked, choose_sessions(asked), _steps(asked)) for _ in range(2))

    assert first == again
    assert sum(part.session_count for part in first) == NUMBER
