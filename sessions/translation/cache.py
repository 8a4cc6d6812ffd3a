"""The cache of translated segments of each project.

A segment belongs to the trace that needed it first, and is deleted with it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from sessions.models import TranslationJob, TranslationSegment
from sessions.translation.planning import PIPELINE, Unit
from sessions.translation.secrets import cache_key

KEYS_AT_ONCE = 500


def remembered(project_id: int, units: Sequence[Unit], target: str, engine: str) -> dict[Unit, str]:
    """Return the translations that exist for these units, whatever trace of the project needed them."""
    keys = {_key(project_id, unit, target, engine): unit for unit in units}
    wanted = list(keys)
    found: dict[Unit, str] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        rows = TranslationSegment.objects.for_project(project_id).filter(key__in=wanted[start : start + KEYS_AT_ONCE])
        found |= {keys[bytes(key)]: text for key, text in rows.values_list("key", "text")}
    return found


def remember(job: TranslationJob, translations: Mapping[Unit, str]) -> None:
    """Store correct translations.

    A segment that was refused is tried again later. Stores nothing if the trace is gone."""
    with transaction.atomic():
        # Whoever deletes the trace deletes the job first, and so waits for us or leaves us nothing to hold.
        mine = TranslationJob.objects.for_project(job.project_id).filter(id=job.id)
        if mine.select_for_update().first() is None:
            return
        rows = [
            TranslationSegment(
                project_id=job.project_id,
                trace_id=job.trace_id,
                key=_key(job.project_id, unit, job.target, job.engine),
                text=text,
            )
            for unit, text in translations.items()
        ]
        TranslationSegment.objects.bulk_create(rows, ignore_conflicts=True)


def forget(project_id: int, trace_ids: Iterable[str], **_: Any) -> None:
    """Delete the segments of deleted traces, in the transaction that deletes them."""
    for model in (TranslationJob, TranslationSegment):
        model.objects.for_project(project_id).filter(trace_id__in=list(trace_ids)).delete()


def _key(project_id: int, unit: Unit, target: str, engine: str) -> bytes:
    return cache_key(project_id, unit.text, unit.source, target, engine, PIPELINE)
