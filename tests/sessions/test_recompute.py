"""Recomputing: beside live writers, after a killed worker, and by command."""

import threading
import time
from datetime import timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from projects.models import Organization, Project
from sessions.models import Session
from sessions.rollup.tasks import recompute_dirty
from tests.tracing.reports import at, call, in_session
from tracing.ingest.pipeline import ingest
from tracing.models import DirtyMark, Trace
from tracing.records import SpanRecord
from tracing.store import dirty

RACE_SECONDS = 15


def test_a_killed_workers_lease_expires_and_the_number_comes_right(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    assert [claimed.key for claimed in dirty.claim(project.pk, DirtyMark.Target.SESSION, limit=10)] == ["s"]
    recompute_dirty(project.pk)  # another worker: the lease is respected
    assert not Session.objects.for_project(project).exists()

    lease = DirtyMark.objects.for_project(project).get(target="session").leased_until
    assert lease is not None
    assert lease - timezone.now() < timedelta(seconds=10)
    DirtyMark.objects.for_project(project).update(leased_until=timezone.now() - timedelta(seconds=1))
    recompute_dirty(project.pk)

    assert Session.objects.for_project(project).get().total_tokens == 120
    assert not dirty.waiting_projects(dirty.URGENT)


def test_a_mark_made_while_a_worker_computes_stays_for_another_round(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    claimed = dirty.claim(project.pk, DirtyMark.Target.SESSION, limit=10)
    ingest(project.pk, [call("t", "b", claims=in_session("s"))])
    dirty.release(project.pk, DirtyMark.Target.SESSION, claimed)

    recompute_dirty(project.pk)

    assert Session.objects.for_project(project).get().total_tokens == 240


def test_a_worker_that_overslept_its_lease_does_not_release_a_newer_mark(project: Project) -> None:
    ingest(project.pk, [call("t", "a", claims=in_session("s"))])
    overslept = dirty.claim(project.pk, DirtyMark.Target.SESSION, limit=10)
    DirtyMark.objects.for_project(project).update(leased_until=None)
    recompute_dirty(project.pk)  # another worker did the work, and then the session changed again
    ingest(project.pk, [call("t", "b", claims=in_session("s"))])

    dirty.release(project.pk, DirtyMark.Target.SESSION, overslept)
    recompute_dirty(project.pk)

    assert Session.objects.for_project(project).get().total_tokens == 240


def test_the_command_mends_rows_and_says_how_many(project: Project) -> None:
    ingest(project.pk, [call(f"t{n}", "a", claims=in_session("s")) for n in range(3)])
    recompute_dirty(project.pk)
    Trace.objects.for_project(project).update(input_tokens=0)
    Session.objects.for_project(project).update(total_tokens=1, duration_ms=1)
    out = StringIO()

    call_command("recompute", "--project", str(project.pk), "--after", "t0", stdout=out)
    assert "2 traces recomputed" in out.getvalue()
    call_command("recompute", stdout=out)

    assert set(Trace.objects.for_project(project).values_list("input_tokens", flat=True)) == {100}
    assert Session.objects.for_project(project).get().total_tokens == 360


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--after", "t"], ["--project", "0"]])
def test_the_command_names_the_wrong_argument(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=arguments[0].removeprefix("--")):
        call_command("recompute", *arguments)


def deliver(project: Project, reports: list[SpanRecord]) -> None:
    """As an exporter does: a trace that is held for too long is answered with 503, and the request comes again."""
    while True:
        try:
            ingest(project.pk, reports)
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise


@pytest.mark.django_db(transaction=True)
def test_four_ingesters_and_three_workers_race_and_every_session_is_right() -> None:
    project = Project.objects.create(organization=Organization.objects.create(name="Race"), name="Race")
    stop, errors, written = time.monotonic() + RACE_SECONDS, [], []

    def guarded(work: object, seed: int) -> None:
        try:
            work(Random(seed))  # type: ignore[operator]
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

    def ingester(random: Random) -> None:
        while time.monotonic() < stop:
            traces = random.sample(range(40), 4)
            reports = [
                call(f"t{n}", str(random.randrange(6)), claims=in_session(f"s{random.randrange(12)}"), started_at=at(0))
                for n in traces
                for _ in range(3)
            ]
            random.shuffle(reports)
            deliver(project, reports)
            written.append(len(reports))

    def worker(_: Random) -> None:
        while time.monotonic() < stop:
            recompute_dirty(project.pk)
            time.sleep(0.01)

    threads = [threading.Thread(target=guarded, args=(ingester, n)) for n in range(4)]
    threads += [threading.Thread(target=guarded, args=(worker, n)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recompute_dirty(project.pk)

    assert errors == []
    assert len(written) > 50
    assert not dirty.waiting_projects(dirty.URGENT)
    stored = {s.session_id: (s.trace_count, s.input_tokens) for s in Session.objects.for_project(project)}
    Session.objects.for_project(project).delete()
    call_command("recompute", "--project", str(project.pk), stdout=StringIO())
    assert stored == {s.session_id: (s.trace_count, s.input_tokens) for s in Session.objects.for_project(project)}
    assert sum(tokens for _, tokens in stored.values()) == sum(
        100 * count for count in Trace.objects.for_project(project).values_list("span_count", flat=True)
    )
