"""The store's first rule: whoever changes a trace holds its row before reading anything of it."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connections, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from projects.models import Organization, Project
from tests.tracing.reports import call
from tracing.ingest.pipeline import ingest
from tracing.models import Trace
from tracing.store import writing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return Project.objects.create(organization=Organization.objects.create(name="Acme"), name="Support")


def beside(work: Callable[[], None]) -> list[Exception]:
    """What the work raises on a connection of its own, while this thread waits for it."""
    raised = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised


def test_a_trace_that_is_held_is_given_to_nobody_else(project: Project) -> None:
    ingest(project.pk, [call("t", "a"), call("free", "a")])
    with transaction.atomic():
        writing._lock(project.pk, {"t"}, timezone.now())
        assert beside(lambda: ingest(project.pk, [call("free", "b")])) == []
        [error] = beside(lambda: ingest(project.pk, [call("t", "b")]))

    assert isinstance(error, OperationalError)
    assert isinstance(error.__cause__, LockNotAvailable)
    assert dict(Trace.objects.for_project(project).values_list("trace_id", "span_count")) == {"t": 1, "free": 2}


def test_a_worker_that_sums_up_a_trace_holds_it_too(project: Project) -> None:
    ingest(project.pk, [call("t", "a")])
    with transaction.atomic():
        writing.recompute_traces(project.pk, ["t"], timezone.now())
        [error] = beside(lambda: ingest(project.pk, [call("t", "b")]))

    assert isinstance(error.__cause__, LockNotAvailable)


def test_a_trace_that_is_new_is_held_from_its_first_report_on(project: Project) -> None:
    with transaction.atomic():
        writing._lock(project.pk, {"t"}, timezone.now())
        [error] = beside(lambda: ingest(project.pk, [call("t", "a")]))

    assert isinstance(error.__cause__, LockNotAvailable)
