"""Summaries by mail: what they count, when they come, that they come once, and how they end."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Project, User
from sessions.annotation import configs, scoring
from sessions.annotation.scoring import ScoreAnswer
from sessions.annotation.targets import Target
from sessions.inbox.ordering import SUMMARY_LENGTHS, due, next_end, order, zone_of
from sessions.inbox.summing_up import MAX_SUMMARY_ATTEMPTS
from sessions.inbox.tasks import summaries
from sessions.models import SummaryOrder, SummaryPace
from sessions.rollup.recomputing import drain
from tests.mail_server import MailServer, html_of, serving_mail, text_of
from tests.tracing.reports import call, failed, in_session, span, usd
from tracing.ingest.pipeline import ingest
from tracing.models import IngestionIssue

pytestmark = pytest.mark.django_db(transaction=True)
LINK = re.compile(r"https://confab\.test/[^\s\"<>]+")


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    settings.BASE_URL = "https://confab.test"
    with serving_mail(settings) as server:
        yield server


def work(project: Project) -> None:
    summaries.work(project.pk, float("inf"))


def due_now(project: Project, user: User, pace: SummaryPace) -> datetime:
    """Order a summary whose time has come, and return the end of what it is about."""
    order(project, user, pace)
    zone = zone_of(project, user)
    end = next_end(zone, pace, timezone.now() - SUMMARY_LENGTHS[pace])
    if due(end, zone)["due_at"] > timezone.now():  # type: ignore[operator]  # before eight in the morning
        end = next_end(zone, pace, timezone.now() - 2 * SUMMARY_LENGTHS[pace])
    SummaryOrder.objects.for_project(project).filter(user_id=user.pk).update(**due(end, zone))
    return end


def began(project: Project, session_id: str, at: datetime, *, failures: int = 0, **claims: Any) -> None:
    """A session of two turns, with a cost of $0.125 each."""
    times = {"started_at": at, "ended_at": at + timedelta(seconds=1)}
    for turn in ("a", "b"):
        trace_id = f"{session_id}-{turn}"
        ingest(project.pk, [
            span(trace_id, "root", claims=in_session(session_id, **claims), **times),
            call(trace_id, "call", "root", total_cost=usd("0.125"), **times),
        ])  # fmt: skip
    traces = [f"{session_id}-a"] * failures
    ingest(project.pk, [failed(trace_id, f"bad{n}", "root", **times) for n, trace_id in enumerate(traces)])
    drain(project.pk)


def opened(client: Client, address: str) -> str:
    parts = urlsplit(address)
    answer = client.get(parts.path + (f"?{parts.query}" if parts.query else ""))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_summary_has_numbers_changes_and_links_to_exactly_its_sessions(
    project: Project, alice: User, mails: MailServer
) -> None:
    alice.time_zone, alice.notation = "Asia/Tokyo", "european"
    alice.save()
    end = due_now(project, alice, SummaryPace.WEEKLY)
    began(project, "old", end - timedelta(days=8))
    began(project, "fine", end - timedelta(days=2), user_id="u1")
    began(project, "worst", end - timedelta(days=1), failures=3, user_id="u2")
    began(project, "too late", end + timedelta(minutes=1), failures=9)
    config = configs.create(
        project, {"name": "quality", "data_type": "NUMERIC", "min_value": 1, "max_value": 5}, by=alice
    )
    scoring.give(project, Target(session_id="worst"), config, ScoreAnswer("2"), by=alice)
    scoring.give(project, Target(session_id="fine"), config, ScoreAnswer("4"), by=alice)
    scoring.give(project, Target(session_id="fine"), configs.thumbs(project, by=alice), ScoreAnswer("no"), by=alice)
    drain(project.pk)
    at = end - timedelta(hours=3)
    IngestionIssue.objects.create(project_id=project.pk, reason="text_cut", first_seen=at, last_seen=at)

    work(project)
    work(project)

    [mail] = mails.mails
    text, html = text_of(mail), html_of(mail)
    assert mail["To"] == alice.email
    for said in ("Sessions: 2, up 100% from 1", "Active users: 2", "With errors: 50.0%", "3 errors in 2 turns, $0.250"):
        assert said in text
        assert said in html
    assert "1 session with “quality” of 2 or less" in text
    assert "1 session with a thumb down" in text
    assert "New: Text cut" in text
    local = end.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{local - timedelta(days=7):%d/%m/%Y} to {local - timedelta(days=1):%d/%m/%Y}" in text
    assert set(re.findall(r"https?://[\w.]+", text)) == {"https://confab.test"}
    client = Client()
    client.force_login(alice)
    lines = text.splitlines()
    addresses = {said: link for said, link in pairwise(lines) if LINK.fullmatch(link)}
    shown = opened(client, next(link for said, link in addresses.items() if said.startswith("Sessions:")))
    assert "sessions/worst" in shown
    assert "sessions/fine" in shown
    assert "sessions/old" not in shown
    assert "sessions/too" not in shown
    low = opened(client, next(link for said, link in addresses.items() if "quality" in said))
    assert "sessions/worst" in low
    assert "sessions/fine" not in low
    down = opened(client, next(link for said, link in addresses.items() if "thumb" in said))
    assert "sessions/fine" in down
    assert "sessions/worst" not in down
    following = SummaryOrder.objects.for_project(project).get()
    assert following.period_end == end + timedelta(days=7)
    assert following.due_at.astimezone(ZoneInfo("Asia/Tokyo")).hour == 8


def test_an_empty_time_is_no_mail_and_the_next_one_is_waited_for(
    project: Project, alice: User, mails: MailServer
) -> None:
    end = due_now(project, alice, SummaryPace.DAILY)
    began(project, "later", end + timedelta(minutes=1))
    work(project)
    assert mails.mails == []
    assert SummaryOrder.objects.for_project(project).get().period_end > end


def test_a_summary_that_another_worker_makes_is_left_to_it(project: Project, alice: User, mails: MailServer) -> None:
    end = due_now(project, alice, SummaryPace.DAILY)
    began(project, "s", end - timedelta(hours=3))
    orders = SummaryOrder.objects.for_project(project)
    orders.update(leased_until=timezone.now() + SummaryOrder.LEASE)
    work(project)
    assert mails.mails == []
    orders.update(leased_until=timezone.now() - timedelta(seconds=1))  # it was killed
    work(project)
    assert len(mails.mails) == 1


def test_a_refused_summary_is_tried_again_and_then_left_for_the_next(
    project: Project, alice: User, mails: MailServer
) -> None:
    end = due_now(project, alice, SummaryPace.DAILY)
    began(project, "s", end - timedelta(hours=3))
    orders = SummaryOrder.objects.for_project(project)
    mails.refuses = True
    for attempt in range(1, MAX_SUMMARY_ATTEMPTS):
        work(project)
        found = orders.get()
        assert (found.attempt_count, found.period_end, found.due_at > timezone.now()) == (attempt, end, True)
        orders.update(due_at=timezone.now())
    work(project)
    assert (orders.get().attempt_count, orders.get().period_end > end) == (0, True)


def test_whoever_left_gets_none(project: Project, bob: User, mails: MailServer) -> None:
    end = due_now(project, bob, SummaryPace.DAILY)
    began(project, "s", end - timedelta(hours=3))
    project.organization.memberships.get(user=bob).delete()
    assert not SummaryOrder.objects.for_project(project).exists()
    due_now(project, bob, SummaryPace.DAILY)
    work(project)
    assert mails.mails == []
    assert not SummaryOrder.objects.for_project(project).exists()


def test_summaries_are_ordered_in_the_account_and_end_without_signing_in(
    project: Project, alice: User, bob: User, mails: MailServer
) -> None:
    client, page = Client(), reverse("account-notices")
    client.force_login(alice)
    client.post(page, {"mailed": [], f"summary-{project.pk}": "daily"})
    due_now(project, bob, SummaryPace.DAILY)
    end = due_now(project, alice, SummaryPace.DAILY)
    began(project, "s", end - timedelta(hours=3))
    work(project)
    mail = next(one for one in mails.mails if one["To"] == alice.email)
    address = mail["List-Unsubscribe"].strip(" <>")
    assert address in text_of(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    anybody = Client(enforce_csrf_checks=True)
    path = urlsplit(address).path
    assert "End the summaries" in anybody.get(path).content.decode()
    assert SummaryOrder.objects.for_project(project).count() == 2  # a link that is only followed ends nothing
    assert anybody.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert SummaryOrder.objects.for_project(project).get().user_id == bob.pk
    assert "No more summaries" in anybody.get(path).content.decode()
    assert anybody.post(path[:-3] + "xyz").status_code == 404
    assert 'value="" selected' not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("pace", "zone", "after", "end"),
    [
        ("daily", "UTC", "2026-11-30T00:00", "2026-12-01T00:00"),
        ("daily", "Asia/Tokyo", "2026-11-30T15:00", "2026-12-01T15:00"),
        ("weekly", "UTC", "2026-11-30T07:00", "2026-12-07T00:00"),
        ("weekly", "UTC", "2026-11-29T07:00", "2026-11-30T00:00"),
        ("daily", "Europe/Lisbon", "2026-10-24T12:00", "2026-10-24T23:00"),  # summer time ends on the 25th
        ("daily", "Europe/Lisbon", "2026-10-25T12:00", "2026-10-26T00:00"),
    ],
)
def test_a_time_ends_at_a_midnight_of_the_reader(pace: str, zone: str, after: str, end: str) -> None:
    found = next_end(ZoneInfo(zone), SummaryPace(pace), datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found.astimezone(UTC) == datetime.fromisoformat(end).replace(tzinfo=UTC)
