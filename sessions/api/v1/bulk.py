"""Actions on many sessions: 200 when they are done, or 202 while a worker goes on, whose progress can be asked for."""

import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import NotFound, PermissionDenied, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import Action, DetailValue, record
from sessions.api.v1.parameters import refuse_others
from sessions.api.v1.shapes.bulk import BulkJobShape, GivenBulkJobShape
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.views import Endpoint, given_in, json_of
from sessions.bulk import jobs
from sessions.bulk.actions import BULK_ACTIONS, UNSET, BulkAction, BulkRefused
from sessions.bulk.tasks import bulk_jobs
from sessions.models import BulkJob
from tracing.limits.ids import in_one_form

MAX_LISTED_JOBS = 50
BULK_SECONDS = 2.0  # for which a program waits before a worker goes on
RETRY_JOB_SECONDS = 10
NAMED_BY_ID = ("queue", "cohort")  # whose argument is an id
JOB_FIELDS = (
    "id", "action", "state", "requested_at", "requested_by", "finished_at", "expected_count", "seen_count",
    "changed_count",
)  # fmt: skip


class BulkEndpoint(Endpoint):
    """A view of the project's bulk jobs."""

    def may(self, action: BulkAction) -> bool:
        """Return whether the key may do this. That of a project needs only its scope."""
        return self.key.role is None or self.key.role.covers(action.role)

    def found(self, job_id: UUID) -> BulkJob:
        """Return a job of the project. Raise NotFound."""
        job: BulkJob | None = BulkJob.objects.for_project(self.project).filter(id=job_id).defer("session_ids").first()
        if job is None:
            raise NotFound("This project has nothing with that id.")
        return job


class BulkJobsEndpoint(BulkEndpoint):
    """The project's jobs."""

    operations = {
        "GET": Operation(says="List bulk jobs", answers={200: list_of(BulkJobShape)}),
        "POST": Operation(
            says="Change many sessions", takes=GivenBulkJobShape, answers={200: BulkJobShape, 202: BulkJobShape}
        ),
    }

    def get(self, request: Request) -> Response:
        """Answer with the newest jobs."""
        refuse_others(request, ())
        found = BulkJob.objects.for_project(self.project).defer("session_ids").order_by("-requested_at")
        return Response({"data": [job_json(job) for job in found[:MAX_LISTED_JOBS]]})

    def post(self, request: Request) -> Response:
        """Begin a job, and do what can be done at once."""
        refuse_others(request, ())
        given = given_in(GivenBulkJobShape, request)
        action = BULK_ACTIONS[given["action"]]
        if not self.may(action):
            raise PermissionDenied(f"Only somebody with the role {action.role.label.lower()} may do this.")
        try:
            arguments = self._arguments(action, given)
            job = self._begin(given["action"], _selection(given), arguments)
        except jobs.TooManyJobs as refusal:
            raise Throttled(RETRY_JOB_SECONDS, str(refusal)) from None
        except BulkRefused as refusal:
            raise ValidationError({"q": [str(refusal)]}) from None
        if not jobs.is_large(job):
            job = jobs.proceed(job, time.monotonic() + BULK_SECONDS)
        if job.finished_at is None:
            bulk_jobs.wake(self.project.pk)
        return Response(job_json(job), status.HTTP_200_OK if job.finished_at else status.HTTP_202_ACCEPTED)

    def _arguments(self, action: BulkAction, given: dict[str, Any]) -> dict[str, str]:
        """Return what the action needs. Raise ValidationError, also for what it does not take."""
        field = f"{action.argument}_id" if action.argument in NAMED_BY_ID else action.argument
        taken = {"action", "session_ids", "q", field}
        if unknown := [name for name in given if name not in taken]:
            raise ValidationError({name: ["This action does not take it."] for name in unknown})
        if not action.argument:
            return {}
        if field not in given:
            raise ValidationError({field: ["This action needs it."]})
        chosen = UNSET if given[field] is None else given[field]
        try:
            return {action.argument: action.read_choice(self.project, chosen)}
        except BulkRefused as refusal:
            raise ValidationError({field: [str(refusal)]}) from None

    @transaction.atomic
    def _begin(self, name: str, selection: jobs.Selection, arguments: dict[str, str]) -> BulkJob:
        job = jobs.begin(self.project, name, selection, by=self.key, **arguments)
        said: dict[str, DetailValue] = {"sessions": job.expected_count, "job": str(job.id)}
        if job.query:
            said["filters"] = "q"
        record(Action.BULK_ACTION, self.project, actor=self.key, target=name, request=self.request._request, **said)
        return job


class BulkJobEndpoint(BulkEndpoint):
    """One job."""

    operations = {
        "GET": Operation(says="Show the progress of a bulk job", answers={200: BulkJobShape}),
        "DELETE": Operation(says="Stop a bulk job", answers={200: BulkJobShape}),
    }

    def get(self, request: Request, job_id: UUID) -> Response:
        """Answer with how far the job is."""
        return Response(job_json(self.found(job_id)))

    def delete(self, request: Request, job_id: UUID) -> Response:
        """Stop the job; what is done stays done."""
        job = self.found(job_id)
        if self.key.owner_id != job.requested_by_id and not self.may(BULK_ACTIONS[job.action]):
            raise PermissionDenied("Only the person who started it, or somebody who may do the same, can stop it.")
        jobs.cancel(job)
        return Response(job_json(self.found(job_id)))


def job_json(job: BulkJob) -> dict[str, Any]:
    """Return a job as programs read it."""
    return json_of(job, JOB_FIELDS) | {"id": str(job.id), "error": job.error or None}


def _selection(given: dict[str, Any]) -> jobs.Selection:
    if "q" in given:
        return jobs.Selection(query=urlencode({"q": given["q"]}))
    return jobs.Selection(session_ids=list(dict.fromkeys(map(in_one_form, given["session_ids"]))))
