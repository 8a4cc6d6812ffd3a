"""Bulk jobs, from the order to the receipt.

A worker may be killed and another continues: the position is a session id, a batch that runs twice does no harm, and
a lease keeps two workers apart."""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from projects.audit import actor_name, person_of
from projects.jobs.leases import LeasedQuerySet
from projects.jobs.slices import OutOfTime
from projects.models import ApiKey, Project, User
from sessions.bulk.actions import BULK_ACTIONS, BulkRefused
from sessions.listing.listing import Count, Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.models import BulkJob, Session
from sessions.query.people import naming_me
from sessions.query.values import as_of
from tracing.lists.bounded import TooLong, within

logger = logging.getLogger(__name__)

MAX_SESSIONS_IN_REQUEST = 200  # sessions that a request works off by itself; more are a worker's
MOST_IDS = 1000  # of a selection by hand
MOST_WAITING_JOBS = 20  # of a project at once
BULK_COUNT_TIMEOUT_MS = 5_000  # ms for counting what a filter matches


class TooManyJobs(BulkRefused):
    """The project has as many unfinished jobs as it may have."""


@dataclass(frozen=True)
class Selection:
    """Sessions by their ids, or all sessions that a query string of the list matches."""

    session_ids: list[str] = field(default_factory=list)
    query: str | None = None

    @classmethod
    def read(cls, form: QueryDict) -> "Selection":
        """Read the selection from the form of the list."""
        if form.get("all"):
            return cls(query=form.get("query", "").removeprefix("?"))
        return cls(session_ids=list(dict.fromkeys(id for id in form.getlist("session") if "\x00" not in id))[:MOST_IDS])

    def count(self, project: Project) -> Count:
        """Count the sessions that are selected now.

        Raises BulkRefused if the query is invalid, or takes too long."""
        if self.query is None:
            return Count(Session.objects.for_project(project).filter(session_id__in=self.session_ids).count(), False)
        found = matching(project, self.query, timezone.now())
        try:
            with within(BULK_COUNT_TIMEOUT_MS):
                number = found[: BulkJob.MOST_COUNTED + 1].count()
        except TooLong:
            raise BulkRefused(
                "Finding the sessions takes too long. Narrow the filter, for example to a shorter time."
            ) from None
        return Count(min(number, BulkJob.MOST_COUNTED), is_capped=number > BulkJob.MOST_COUNTED)


def begin(project: Project, action: str, selection: Selection, *, by: User | ApiKey, **arguments: str) -> BulkJob:
    """Create the job. Hand it to `proceed`, or to a worker if it `is_large`. Raise BulkRefused, TooManyJobs."""
    if unfinished(project.pk)[MOST_WAITING_JOBS - 1 :].exists():
        raise TooManyJobs(f"{MOST_WAITING_JOBS} jobs of this project are not finished yet. Wait until one of them is.")
    person = person_of(by)
    if person and selection.query:
        selection = replace(selection, query=naming_me(selection.query, person))
    return BulkJob.objects.create(
        project_id=project.pk,
        action=action,
        arguments=arguments,
        session_ids=None if selection.query is not None else sorted(selection.session_ids),
        query=selection.query or "",
        requested_by=actor_name(by),
        requested_by_id=person.pk if person else None,
        expected_count=selection.count(project).number,
    )


def is_large(job: BulkJob) -> bool:
    """Return whether a request should not wait for the job."""
    return job.expected_count > MAX_SESSIONS_IN_REQUEST


def matching(project: Project, query: str, at: datetime) -> QuerySet[Session]:
    """Return the sessions that the list showed for `query` at that time.

    "The last 7 days" must not move while a job works. Raises BulkRefused if the query is invalid, so that a mistake
    never selects all sessions."""
    params = QueryDict(query, mutable=True)
    for name in (*PARAMETERS_NOT_SAVED, "sort", "limit"):
        params.pop(name, None)
    with timezone.override(ZoneInfo(project.time_zone)), as_of(at):
        listing = Listing(project, params)
        if listing.errors:
            reasons = [reason for found in listing.errors.values() for reason in found]
            raise BulkRefused("The list's filter is invalid: " + " ".join(reasons))
        found: QuerySet[Session] = listing.matching
        return found


def unfinished(project_id: int) -> LeasedQuerySet:
    """Return the project's jobs that are not finished, in the order in which they were requested."""
    jobs: LeasedQuerySet = BulkJob.objects.for_project(project_id).unfinished().order_by("requested_at")
    return jobs


def proceed(job: BulkJob, until: float = math.inf) -> BulkJob:
    """Work through what is left until the time is up. Does nothing while another worker has the job."""
    if not job.lease():
        return job
    try:
        project = Project.objects.get(pk=job.project_id, deleted_at=None)
        _work(job, project, until)
    except (BulkRefused, Project.DoesNotExist) as refusal:
        job.finish(**_receipt(error=str(refusal)))
    except OperationalError:
        raise  # the database is away or chose a victim: the sweep goes on
    except Exception:
        logger.exception("bulk job %s of project %s failed", job.id, job.project_id)
        job.finish(**_receipt(error="It failed. The server's log has the reason."))
    return job


def cancel(job: BulkJob) -> None:
    """End the job after the batch that is being worked on; what is done stays done."""
    now = timezone.now()
    job.row.unfinished().update(cancelled_at=now, finished_at=now, **_receipt())


def _receipt(*, error: str = "") -> dict[str, Any]:
    """Return what a finished job keeps: its counts stay, the ids of the sessions and people's words go."""
    return {"error": error, "session_ids": None, "last_id": "", "arguments": {}}


def _work(job: BulkJob, project: Project, until: float) -> None:
    action = BULK_ACTIONS[job.action]
    while session_ids := _next(job, project, action.at_once):
        try:
            changed = action.run(job, session_ids, until)
        except OutOfTime as stopped:
            session_ids, changed = stopped.seen, stopped.changed
        job.seen_count += len(session_ids)
        job.changed_count += changed
        last_id = session_ids[-1] if session_ids else job.last_id
        done = {"seen_count": job.seen_count, "changed_count": job.changed_count, "last_id": last_id}
        if not job.extend(**done):
            return  # another worker has taken over
        if job.row.exclude(cancelled_at=None).exists():
            job.release(last_id="")
            return
        if time.monotonic() >= until:
            job.release()
            return
    job.finish(**_receipt())


def _next(job: BulkJob, project: Project, limit: int) -> Sequence[str]:
    """Return the ids that follow the last one that is done, in order."""
    if job.session_ids is not None:
        return [session_id for session_id in sorted(job.session_ids) if session_id > job.last_id][:limit]
    found = matching(project, job.query, job.requested_at).filter(
        session_id__gt=job.last_id, created_at__lte=job.requested_at
    )
    return list(found.order_by("session_id").values_list("session_id", flat=True)[:limit])
