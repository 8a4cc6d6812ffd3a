"""Work on many sessions: what is selected, who may, and that no job is lost, repeated with harm, or too wide."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from projects.models import AuditEvent, Membership, Project, Role, User
from sessions.annotation import queues
from sessions.bulk import jobs
from sessions.bulk.actions import BULK_ACTIONS, BulkRefused
from sessions.bulk.tasks import bulk_jobs
from sessions.cohorts import making
from sessions.deletion import subjects
from sessions.listing.listing import Listing
from sessions.models import BulkJob, CohortMember, ReviewItem, ReviewQueue, Session, SessionState
from tests.conversations import TICKET, tell
from tests.sessions.rows import session
from tests.sessions.test_views import url
from tracing.models import Span, Trace


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def many(project: Project, count: int, **fields: object) -> list[str]:
    ids = [f"s{number:04}" for number in range(count)]
    for number, session_id in enumerate(ids):
        session(project, session_id, minute=number, **fields)
    return ids


def order(user: User, project: Project, action: str, **fields: object) -> BulkJob | None:
    browser(user).post(url("bulk-new", project), {"action": action, **fields})
    job: BulkJob | None = BulkJob.objects.for_project(project).order_by("-requested_at").first()
    return job


def fresh(job: BulkJob) -> BulkJob:
    found: BulkJob = BulkJob.objects.for_project(job.project_id).get(id=job.id)
    return found


def bookmarked(project: Project) -> set[str]:
    states = SessionState.objects.for_project(project).filter(is_bookmarked=True)
    return set(states.values_list("session_id", flat=True))


def test_ticked_rows_are_bookmarked_at_once_and_the_list_says_so(bob: User, project: Project) -> None:
    many(project, 3)

    answer = browser(bob).post(
        url("bulk-new", project),
        {"action": "bookmark", "session": ["s0000", "s0002"], "query": "?sort=-total_cost"},
        follow=True,
    )

    assert bookmarked(project) == {"s0000", "s0002"}
    assert "2 sessions bookmarked." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == url("sessions", project) + "?sort=-total_cost"


def test_a_bookmark_can_be_removed_and_counts_only_what_changed(bob: User, project: Project) -> None:
    many(project, 3)
    order(bob, project, "bookmark", session=["s0000"])

    job = order(bob, project, "remove-bookmark", all="on", query="")

    assert bookmarked(project) == set()
    assert job is not None
    assert (job.seen_count, job.changed_count) == (3, 1)


def test_all_means_what_the_list_matches_and_nothing_else(bob: User, project: Project) -> None:
    many(project, 3)
    session(project, "vip", tags=["vip"])

    order(bob, project, "bookmark", all="on", query="?tags=vip&sort=-total_cost&cursor=x&view=all&columns=id")

    assert bookmarked(project) == {"vip"}


def test_a_filter_that_cannot_be_followed_selects_nothing(bob: User, project: Project) -> None:
    many(project, 3)

    for query in ("?total_cost__gte=much", "?no_such=1"):
        assert order(bob, project, "bookmark", all="on", query=query) is None
    assert bookmarked(project) == set()


def test_sessions_of_another_project_are_never_touched(bob: User, project: Project, other_project: Project) -> None:
    session(other_project, "theirs")
    many(project, 1)

    order(bob, project, "bookmark", session=["theirs"])
    order(bob, project, "bookmark", all="on", query="")

    assert not SessionState.objects.for_project(other_project).exists()
    assert bookmarked(project) == {"s0000"}


def test_sessions_that_begin_after_the_order_are_left_alone(bob: User, project: Project) -> None:
    many(project, 2)
    job = jobs.begin(project, "bookmark", jobs.Selection(query=""), by=bob)
    session(project, "later", created_at=timezone.now() + timedelta(seconds=1))

    jobs.proceed(job)

    assert bookmarked(project) == {"s0000", "s0001"}


def test_viewers_do_nothing_and_members_delete_nothing(bob: User, project: Project) -> None:
    many(project, 1)
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(user=viewer, organization=project.organization, role=Role.VIEWER)

    def status(user: User, action: str) -> int:
        return browser(user).post(url("bulk-new", project), {"action": action, "session": ["s0000"]}).status_code

    assert {status(viewer, action) for action in BULK_ACTIONS} == {403}
    assert status(bob, "delete") == 403
    assert status(bob, "no such action") == 404


def test_deleting_asks_once_more_and_names_the_number(alice: User, project: Project) -> None:
    many(project, 3)

    answer = browser(alice).post(url("bulk-new", project), {"action": "delete", "all": "on", "query": ""})

    assert "Delete 3 sessions" in answer.content.decode()
    assert not BulkJob.objects.for_project(project).exists()


def test_deleting_takes_traces_spans_and_what_was_said_of_the_session(alice: User, project: Project) -> None:
    for number in range(3):
        tell(project, f"ticket-{number}")
    order(alice, project, "bookmark", session=["ticket-0", "ticket-1"])

    job = order(alice, project, "delete", session=["ticket-0", "ticket-1"], confirmed="on")

    assert job is not None
    assert (job.changed_count, job.error) == (2, "")
    assert list(Session.objects.for_project(project).values_list("session_id", flat=True)) == ["ticket-2"]
    assert Trace.objects.for_project(project).count() == len(TICKET)
    assert Span.objects.for_project(project).count() == len(TICKET) * 3
    assert bookmarked(project) == set()


def test_sessions_wait_in_a_queue_once_however_often_they_are_added(bob: User, project: Project) -> None:
    many(project, 3)
    queue = ReviewQueue.objects.create(project_id=project.pk, name="Refunds")
    chosen = {"session": ["s0000", "s0001"]}

    asked = browser(bob).post(url("bulk-new", project), {"action": "queue", **chosen})
    first = order(bob, project, "queue", queue=queue.id, **chosen)
    second = order(bob, project, "queue", queue=queue.id, **chosen)

    assert "Refunds" in asked.content.decode()
    assert first is not None
    assert second is not None
    assert (first.changed_count, second.changed_count) == (2, 0)
    assert ReviewItem.objects.for_project(project).count() == 2
    assert queues.load_queues(project) == [queue]


@pytest.mark.parametrize(("action", "made_at"), [("queue", "review"), ("cohort", "cohorts")])
def test_who_has_nothing_to_add_to_is_told_where_to_make_it(
    bob: User, project: Project, action: str, made_at: str
) -> None:
    many(project, 1)

    asked = browser(bob).post(url("bulk-new", project), {"action": action, "session": ["s0000"]})

    assert f'href="{url(made_at, project)}"' in asked.content.decode()


def test_sessions_are_put_on_a_fixed_list_once(bob: User, project: Project) -> None:
    many(project, 3)
    cohort = making.create_cohort(project, name="Odd ones", by=bob, session_ids=["s0000"])

    job = order(bob, project, "cohort", cohort=str(cohort.id), all="on", query="")

    assert job is not None
    assert (job.seen_count, job.changed_count, job.error) == (3, 2, "")
    assert CohortMember.objects.for_project(project).count() == 3


def test_a_queue_of_another_project_cannot_be_filled(bob: User, project: Project, other_project: Project) -> None:
    many(project, 1)
    theirs = ReviewQueue.objects.create(project_id=other_project.pk, name="Theirs")

    answer = browser(bob).post(url("bulk-new", project), {"action": "queue", "session": ["s0000"], "queue": theirs.id})

    assert "Theirs" not in answer.content.decode()
    assert not ReviewItem.objects.for_project(other_project).exists()


def test_much_work_is_left_to_a_worker_whose_progress_shows(bob: User, project: Project) -> None:
    many(project, jobs.MAX_SESSIONS_IN_REQUEST + 1)

    job = order(bob, project, "bookmark", all="on", query="")
    assert job is not None
    page = browser(bob).get(url("bulk-job", project, str(job.id))).content.decode()
    bulk_jobs.drain()
    after = browser(bob).get(url("bulk-job", project, str(job.id))).content.decode()

    assert "Waiting for the worker" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Done" in after
    assert 'hx-trigger="every 1s"' not in after
    assert len(bookmarked(project)) == jobs.MAX_SESSIONS_IN_REQUEST + 1


def test_a_worker_takes_a_batch_a_slice_when_time_is_short(
    bob: User, project: Project, other_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BULK_ACTIONS, "bookmark", replace(BULK_ACTIONS["bookmark"], at_once=10))
    many(project, 30)
    job = jobs.begin(project, "bookmark", jobs.Selection(query=""), by=bob)

    assert bulk_jobs.work(project.pk, time.monotonic())
    assert (fresh(job).seen_count, fresh(job).leased_until) == (10, None)
    assert not bulk_jobs.work(other_project.pk, time.monotonic())
    bulk_jobs.drain()

    assert (fresh(job).seen_count, fresh(job).changed_count) == (30, 30)
    assert fresh(job).finished_at


def test_a_session_of_many_traces_is_deleted_over_several_slices_and_counted_once(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "DELETION_BATCH_TRACES", 1)
    for number in range(2):
        tell(project, f"ticket-{number}")
    job = jobs.begin(project, "delete", jobs.Selection(query=""), by=alice)

    slices = 1
    while bulk_jobs.work(project.pk, time.monotonic()):
        slices += 1

    assert slices > len(TICKET)
    assert (fresh(job).seen_count, fresh(job).changed_count, fresh(job).error) == (2, 2, "")
    assert not Trace.objects.for_project(project).exists()
    assert not Session.objects.for_project(project).exists()


class Killed(BaseException):
    pass


def test_a_killed_worker_is_followed_by_another_that_goes_on_where_it_stopped(
    bob: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after its first batch was done and before it was written down."""
    ids = many(project, 30)
    job = jobs.begin(project, "bookmark", jobs.Selection(query=""), by=bob)
    action = BULK_ACTIONS["bookmark"]
    seen: list[str] = []

    def run(job: BulkJob, session_ids: list[str], until: float) -> int:
        done = action.run(job, session_ids, until)
        if len(seen) == 10:
            raise Killed
        seen.extend(session_ids)
        return done

    monkeypatch.setitem(BULK_ACTIONS, "bookmark", type(action)(**{**vars(action), "run": run, "at_once": 10}))
    with pytest.raises(Killed):
        jobs.proceed(job)
    monkeypatch.setitem(BULK_ACTIONS, "bookmark", action)
    half = fresh(job)
    bulk_jobs.drain()
    untouched = fresh(job)
    BulkJob.objects.for_project(project).update(leased_until=timezone.now() - timedelta(seconds=1))
    bulk_jobs.drain()

    assert (half.seen_count, half.last_id, half.finished_at) == (10, "s0009", None)
    assert untouched.finished_at is None, "the lease of the killed worker had not run out"
    assert fresh(job).finished_at is not None
    assert fresh(job).seen_count == 30
    assert bookmarked(project) == set(ids)


def test_a_stopped_job_keeps_what_is_done_and_does_no_more(
    bob: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(project, 30)
    job = jobs.begin(project, "bookmark", jobs.Selection(query=""), by=bob)
    action = BULK_ACTIONS["bookmark"]

    def run(job: BulkJob, session_ids: list[str], until: float) -> int:
        browser(bob).post(url("bulk-cancel", project, str(job.id)))
        return action.run(job, session_ids, until)

    monkeypatch.setitem(BULK_ACTIONS, "bookmark", type(action)(**{**vars(action), "run": run, "at_once": 10}))
    jobs.proceed(job)
    jobs.proceed(fresh(job))

    assert fresh(job).seen_count == 10
    assert fresh(job).cancelled_at is not None
    assert len(bookmarked(project)) == 10


def test_what_fails_says_so_and_is_not_tried_forever(bob: User, project: Project) -> None:
    many(project, 1)
    queue = ReviewQueue.objects.create(project_id=project.pk, name="Refunds")
    job = jobs.begin(project, "queue", jobs.Selection(session_ids=["s0000"]), by=bob, queue=queue.id)
    ReviewQueue.objects.for_project(project).delete()

    jobs.proceed(job)

    assert fresh(job).error == "The review queue has been deleted in the meantime."
    assert not jobs.unfinished(project.pk)


def test_orders_are_audited_with_their_size(alice: User, project: Project) -> None:
    many(project, 2)
    order(alice, project, "bookmark", all="on", query="")

    event = AuditEvent.objects.get(project_id=project.pk, action="bulk action")

    assert (event.actor, event.target, event.details["sessions"]) == (alice.email, "bookmark", 2)


def test_a_job_of_another_project_is_nobodys_to_see_or_stop(bob: User, charlie: User, project: Project) -> None:
    job = jobs.begin(project, "bookmark", jobs.Selection(query=""), by=bob)

    assert browser(charlie).get(url("bulk-job", project, str(job.id))).status_code == 404
    assert browser(charlie).post(url("bulk-cancel", project, str(job.id))).status_code == 404
    assert browser(bob).get(url("bulk-job", project, str(uuid4()))).status_code == 404
    assert fresh(job).finished_at is None


def test_a_selection_is_bounded_and_free_of_what_the_database_refuses() -> None:
    form = QueryDict(mutable=True)
    form.setlist("session", [f"s{number}" for number in range(5000)] + ["a\x00b"])

    assert len(jobs.Selection.read(form).session_ids) == jobs.MOST_IDS


def test_a_selection_is_exported_by_its_ids_or_by_its_filter(bob: User, project: Project) -> None:
    many(project, 2)

    def leads_to(**fields: object) -> str:
        return browser(bob).post(url("bulk-new", project), {"action": "export", **fields})["Location"]

    assert leads_to(session=["s0000", "s0001"]) == url("export", project) + "?id=s0000&id=s0001"
    assert leads_to(all="on", query="?tags=vip&live=on&cursor=x") == url("export", project) + "?tags=vip"
    assert leads_to(all="on", query="") == url("export", project)


@pytest.mark.parametrize("query", ["range=24h&tags=", "from=-24h", "q=updated:-24h..", "q=updated > -1d"])
def test_the_last_days_do_not_move_on_while_a_job_works(bob: User, project: Project, query: str) -> None:
    session(project, "recent", updated_at=timezone.now() - timedelta(hours=23, minutes=59))
    session(project, "older", updated_at=timezone.now() - timedelta(hours=30))
    job = jobs.begin(project, "bookmark", jobs.Selection(query=query), by=bob)
    BulkJob.objects.for_project(project).update(requested_at=timezone.now() - timedelta(hours=4))
    session(project, "between", updated_at=timezone.now() - timedelta(hours=27))

    jobs.proceed(fresh(job))

    assert bookmarked(project) == {"recent", "between"}


def test_more_than_can_be_counted_in_time_is_said_to_be_more(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BulkJob, "MOST_COUNTED", 2)
    many(project, 3)

    asked = browser(alice).post(url("bulk-new", project), {"action": "delete", "all": "on"}).content.decode()
    job = order(alice, project, "delete", all="on", confirmed="on")

    assert "2+ sessions" in asked
    assert job is not None
    assert (job.expected, job.seen_count) == ("2+", 3)
    assert not Session.objects.for_project(project).exists()


def test_what_takes_too_long_to_find_is_not_begun(bob: User, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    many(project, 1)
    slow = Session.objects.for_project(project).extra(where=["pg_sleep(3) IS NOT NULL"])
    monkeypatch.setattr(jobs, "BULK_COUNT_TIMEOUT_MS", 50)
    monkeypatch.setattr(Listing, "matching", slow)

    with pytest.raises(BulkRefused, match="takes too long"):
        jobs.begin(project, "bookmark", jobs.Selection(query=""), by=bob)

    assert not BulkJob.objects.for_project(project).exists()


def test_a_day_in_a_filter_is_the_projects_own(bob: User, project: Project) -> None:
    """21:30 UTC on the first is the second in Tokyo."""
    project.time_zone = "Asia/Tokyo"
    project.save()
    session(project, "late", updated_at=datetime(2026, 3, 1, 21, 30, tzinfo=UTC))

    order(bob, project, "bookmark", all="on", query="?updated_at__gte=2026-03-02T06:00")

    assert bookmarked(project) == {"late"}
