"""Fills an empty project with demo sessions, a few at a time, and finds them again.

They arrive as every SDK's traces do, and carry the tag `demo`. A worker may be killed at any point and another
continues: a conversation that is told twice is stored once."""

import math
import secrets
import time
from itertools import islice

from projects.jobs.leases import LeasedQuerySet
from projects.models import Project, User
from sessions.demo.dialects import DIALECTS
from sessions.demo.export import body
from sessions.demo.story import Conversation, tell
from sessions.models import DemoFill, Session
from tracing.ingest import quota
from tracing.ingest.intake import take_traces
from tracing.wire.otlp import PROTOBUF
from tracing.wire.refusals import IngestQuotaExceeded, IngestRefused

DEMO_SESSIONS = 60
DEMO_TAG = "demo"
MAX_DEMO_SEED = 2**31


def begin(project: Project, *, by: User) -> DemoFill:
    """Create the order, and leave it to a worker."""
    return DemoFill.objects.create(
        project_id=project.pk,
        seed=secrets.randbelow(MAX_DEMO_SEED),
        expected_count=DEMO_SESSIONS,
        requested_by=by.email,
        requested_by_id=by.pk,
    )


def newest(project: Project) -> DemoFill | None:
    """Return the project's last order, if there is one."""
    fill: DemoFill | None = DemoFill.objects.for_project(project).order_by("-requested_at").first()
    return fill


def remaining(fill: DemoFill) -> list[str]:
    """Return the ids of its sessions that are still there."""
    rows = Session.objects.for_project(fill.project_id).filter(session_id__in=fill.session_ids)
    return sorted(rows.values_list("session_id", flat=True))


def unfinished(project_id: int) -> LeasedQuerySet:
    """Return the project's orders that are not finished, the oldest first."""
    fills: LeasedQuerySet = DemoFill.objects.for_project(project_id).unfinished().order_by("requested_at")
    return fills


def proceed(fill: DemoFill, until: float = math.inf) -> DemoFill:
    """Tell what is left until the time is up. Does nothing while another worker has the order."""
    if not fill.lease():
        return fill
    project = Project.objects.filter(pk=fill.project_id, deleted_at=None, archived_at=None).first()
    if project is None:
        fill.finish(error="The project accepts no more data.")
        return fill
    try:
        _tell(fill, project, until)
    except IngestQuotaExceeded as refusal:
        fill.finish(error=str(refusal))
    except IngestRefused:
        fill.release()  # the store is busy: the sweep continues
    return fill


def _tell(fill: DemoFill, project: Project, until: float) -> None:
    stories = tell(fill.expected_count, seed=fill.seed, until=fill.requested_at)
    done = len(fill.session_ids)
    for number, talk in islice(enumerate(stories), done, None):
        _store(project, talk, number)
        if not fill.extend(session_ids=[*fill.session_ids, talk.session_id]):
            return  # another worker has taken over
        if time.monotonic() >= until:
            fill.release()
            return
    fill.finish()


def _store(project: Project, talk: Conversation, number: int) -> None:
    """Store one conversation with the tag. Raises IngestRefused."""
    quota.admit(project)
    talk.tags.append(DEMO_TAG)
    take_traces(project, body(talk, DIALECTS[number % len(DIALECTS)]), PROTOBUF, {})
