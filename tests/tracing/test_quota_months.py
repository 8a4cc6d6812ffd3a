"""The months of a quota: which days and files count, from which instant, and when the next month begins."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from projects.models import Project
from tracing.ingest import quota
from tracing.ingest.quota import Use
from tracing.models import Media, Metering
from tracing.store.partitions import month_of, next_month
from tracing.wire.refusals import IngestQuotaExceeded


@pytest.mark.parametrize(
    ("used", "of", "percent", "is_near", "is_exceeded"),
    [
        (0, 100, 0, False, False), (79, 100, 79, False, False), (799, 1000, 79, False, False),
        (80, 100, 80, True, False), (99, 100, 99, True, False), (999, 1000, 99, True, False),
        (100, 100, 100, True, True), (250, 100, 250, True, True), (0, 0, 100, True, True),
    ],
)  # fmt: skip
def test_a_quota_is_near_from_eighty_percent_and_used_up_at_all_of_it(
    used: int, of: int, percent: int, *, is_near: bool, is_exceeded: bool
) -> None:
    use = Use(used, of)
    assert (use.percent, use.is_near, use.is_exceeded) == (percent, is_near, is_exceeded)


@pytest.mark.parametrize(
    ("day", "first", "following"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1)), (date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 2, 28), date(2026, 2, 1), date(2026, 3, 1)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 4, 30), date(2026, 4, 1), date(2026, 5, 1)),
    ],
)  # fmt: skip
def test_a_month_ends_where_the_next_begins(day: date, first: date, following: date) -> None:
    assert (month_of(day), next_month(day)) == (first, following)


@pytest.fixture
def limited(project: Project) -> Project:
    """A quota of ten spans; nothing is counted of the project yet."""
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    for name in client.scan_iter("confab:quota:*"):
        client.delete(name)
    project.monthly_span_quota = 10
    project.save()
    return project


def meter(project: Project, day: date, spans: int) -> None:
    Metering.objects.create(project_id=project.pk, day=day, trace_count=1, span_count=spans, text_size=0)


def file(project: Project, at: datetime) -> None:
    Media.objects.create(project_id=project.pk, media_id=uuid4().hex[:22], content_type="x/y", size=1, created_at=at)


def freeze(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.mark.django_db
@pytest.mark.parametrize("now", [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC)])
def test_use_is_of_the_days_and_files_of_this_month(
    limited: Project, other_project: Project, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    freeze(monkeypatch, now)
    meter(limited, date(2026, 2, 28), 1_000)
    meter(limited, date(2026, 3, 1), 3)
    meter(limited, date(2026, 3, 31), 40)
    meter(limited, date(2026, 4, 1), 1_000)
    meter(other_project, date(2026, 3, 1), 1_000)
    file(limited, datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC))
    file(limited, datetime(2026, 3, 1, tzinfo=UTC))
    file(other_project, datetime(2026, 3, 1, tzinfo=UTC))

    assert quota.use_of(limited) == Use(4 if now.day == 1 else 44, 10)


@pytest.mark.django_db
def test_a_project_without_quota_has_no_use_and_is_let_in(project: Project) -> None:
    meter(project, timezone.now().date(), 10**9)
    assert quota.use_of(project) is None
    quota.admit(project)
    quota.count(project, 10**9)
    project.monthly_span_quota = 2 * 10**9
    assert quota.use_of(project) == Use(10**9, 2 * 10**9)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("metered", "counted", "is_let_in"), [(0, 9, True), (0, 10, False), (9, 0, True), (4, 5, True), (4, 6, False)]
)
def test_metered_and_counted_spans_are_added_up_to_the_quota(
    limited: Project, metered: int, counted: int, *, is_let_in: bool
) -> None:
    meter(limited, timezone.now().date(), metered)
    quota.admit(limited)
    for _ in range(counted):
        quota.count(limited, 1)
    if is_let_in:
        quota.admit(limited)
        return
    with pytest.raises(IngestQuotaExceeded) as refused:
        quota.admit(limited)
    assert "monthly quota of 10 spans" in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("left", "wait"),
    [
        (timedelta(days=20), 3600), (timedelta(seconds=3601), 3600), (timedelta(seconds=3599), 3599),
        (timedelta(seconds=30, microseconds=1), 31), (timedelta(microseconds=1), 1),
    ],
)  # fmt: skip
def test_who_is_refused_comes_again_with_the_next_month_or_in_an_hour(
    limited: Project, monkeypatch: pytest.MonkeyPatch, left: timedelta, wait: int
) -> None:
    january = datetime(2027, 1, 1, tzinfo=UTC)
    freeze(monkeypatch, january - left)
    meter(limited, date(2026, 12, 1), 10)
    with pytest.raises(IngestQuotaExceeded) as refused:
        quota.admit(limited)
    assert refused.value.retry_after == wait
    freeze(monkeypatch, january)
    quota.admit(limited)
