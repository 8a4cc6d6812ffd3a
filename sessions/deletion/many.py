"""Deleting several traces that a program names: at once while they are few, otherwise by a worker."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from projects.audit import Action, Actor, record
from projects.models import Project
from sessions.deletion import erasing
from sessions.deletion.tasks import erasures as work
from sessions.models import Erasure
from tracing.models import Tombstone, Trace
from tracing.store.tombstones import bury

MAX_NAMED_IN_REQUEST = 20  # a receipt, and so a transaction, for each


class DeletedTraces(NamedTuple):
    """Which of the traces were here, and whether they are gone already."""

    ids: set[str]
    is_finished: bool


def delete_traces(
    project: Project, trace_ids: Collection[str], *, actor: Actor, name: str, request: HttpRequest
) -> DeletedTraces:
    """Delete those of the traces that are here, each with a receipt. From then on, reports of them are refused."""
    found = Trace.objects.for_project(project).filter(trace_id__in=trace_ids).order_by("trace_id")
    with transaction.atomic():
        ids, now = list(found.values_list("trace_id", flat=True)), timezone.now()
        bury(project.pk, Tombstone.Kind.TRACE, ids, now)
        receipts = Erasure.objects.bulk_create(_receipt(project, trace_id, name, now) for trace_id in ids)
        for trace_id in ids:
            record(Action.TRACE_DELETED, project, actor=actor, target=trace_id, request=request, expected_traces=1)
    if len(receipts) > MAX_NAMED_IN_REQUEST:
        work.wake(project.pk)
    else:
        receipts = [erasing.proceed(receipt) for receipt in receipts]
    return DeletedTraces(set(ids), all(receipt.finished_at for receipt in receipts))


def _receipt(project: Project, trace_id: str, name: str, at: datetime) -> Erasure:
    kind = Erasure.Subject.TRACE
    return Erasure(
        project_id=project.pk, subject=kind, key=trace_id, requested_by=name[:254], requested_at=at, expected_traces=1
    )
