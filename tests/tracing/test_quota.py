"""The monthly quota: refused over HTTP and gRPC in words that SDKs show, warned of before, and never without Redis."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects import rate_limits
from projects.jobs.redis_client import redis_client
from projects.models import Project, User
from tests.conftest import Key
from tests.tracing import otlp
from tests.tracing.test_grpc import channel, port, refused
from tracing.ingest import quota
from tracing.models import IngestionIssue, Metering, Span
from tracing.reading.explained import explained
from tracing.records import Reason
from tracing.wire.refusals import IngestQuotaExceeded

__all__ = ["channel", "port"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def limited(project: Project) -> Iterator[Project]:
    """Ten spans a month, of which eight are metered."""
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    for name in client.scan_iter("confab:quota:*"):
        client.delete(name)
    Project.objects.filter(pk=project.pk).update(monthly_span_quota=10)
    project.refresh_from_db()
    meter(project, 8)
    yield project
    redis_client.cache_clear()
    rate_limits._rest_until = 0.0


def meter(project: Project, spans: int) -> None:
    today = timezone.now().date()
    Metering.objects.for_project(project).delete()
    for day in (today, today.replace(day=1) - timedelta(days=1)):  # last month does not count
        Metering.objects.create(project_id=project.pk, day=day, trace_count=1, span_count=spans, text_size=0)


def post(client: Client, key: Key, path: str = "/v1/traces", body: bytes = b"") -> HttpResponse:
    content_type = "application/json" if body else otlp.PROTOBUF
    content = body or otlp.body(otlp.span())
    return client.post(path, content, content_type=content_type, headers={"Authorization": key.bearer})  # type: ignore[return-value]


def test_beyond_its_quota_a_project_is_refused_with_a_reason(client: Client, limited: Project, key: Key) -> None:
    assert [post(client, key).status_code for _ in range(3)] == [200, 200, 429]

    answer = post(client, key)
    assert b"monthly quota of 10 spans" in answer.content
    assert 1 <= int(answer["Retry-After"]) <= 3600
    batch = post(client, key, "/api/public/ingestion", b'{"batch": []}')
    assert batch.status_code == 429
    issue = IngestionIssue.objects.for_project(limited).get()
    assert (issue.reason, issue.count) == (Reason.QUOTA_EXCEEDED, 3)
    assert explained(issue.reason).title == "Monthly quota used up"


def test_a_raised_quota_lets_in_at_once_and_none_is_none(client: Client, limited: Project, key: Key) -> None:
    meter(limited, 10)
    assert post(client, key).status_code == 429
    for raised in (11, None):
        Project.objects.filter(pk=limited.pk).update(monthly_span_quota=raised)
        assert post(client, key).status_code == 200


def test_other_projects_are_not_counted(limited: Project, other_project: Project) -> None:
    meter(limited, 10)
    other_project.monthly_span_quota = 1
    quota.admit(other_project)
    with pytest.raises(quota.IngestQuotaExceeded):
        quota.admit(limited)


def test_without_redis_everything_is_let_in(client: Client, limited: Project, key: Key, settings: Settings) -> None:
    meter(limited, 100)
    settings.CACHES = {"default": {"LOCATION": "redis://127.0.0.1:1/0"}}
    redis_client.cache_clear()

    assert [post(client, key).status_code for _ in range(3)] == [200] * 3


def test_the_wait_is_an_hour_or_the_rest_of_the_month() -> None:
    assert quota._wait(datetime(2026, 11, 21, tzinfo=UTC)) == 3600
    assert quota._wait(datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC)) == 30


@pytest.mark.parametrize(("spans", "words"), [(7, None), (8, "80 %"), (10, "SDKs are refused")])
def test_admins_are_warned_on_every_page(
    client: Client, limited: Project, alice: User, bob: User, spans: int, words: str | None
) -> None:
    meter(limited, spans)
    page = reverse("sessions", args=[limited.pk])
    client.force_login(alice)
    shown = client.get(page).content.decode()
    assert ("spans of this month" in shown) == bool(words)
    assert (words or "") in shown
    client.force_login(bob)
    assert "spans of this month" not in client.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_grpc_refuses_alike_with_a_delay(limited: Project, key: Key, channel: object) -> None:
    meter(limited, 10)
    error = refused(channel, otlp.body(otlp.span()), key.bearer)  # type: ignore[arg-type]

    assert error.code().name == "RESOURCE_EXHAUSTED"
    assert "monthly quota" in error.details()
    assert "google.rpc.retryinfo-bin" in dict(error.trailing_metadata())
    assert not Span.objects.for_project(limited).exists()


def test_a_new_month_starts_anew_although_the_last_one_is_remembered(
    limited: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    next_month = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    quota.admit(limited)
    quota.count(limited, 2)
    with pytest.raises(IngestQuotaExceeded):
        quota.admit(limited)

    monkeypatch.setattr(timezone, "now", lambda: next_month)
    quota.admit(limited)
    quota.count(limited, 9)
    quota.admit(limited)

    monkeypatch.setattr(timezone, "now", lambda: now.replace(year=now.year + 1))
    quota.admit(limited)
    monkeypatch.setattr(timezone, "now", lambda: now)
    with pytest.raises(IngestQuotaExceeded):
        quota.admit(limited)
