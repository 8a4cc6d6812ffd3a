"""Orders of translations.

There is one job for each trace, version of its texts, language and engine, however many people order it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from projects.audit import Action, Actor, record
from projects.models import Project
from sessions.models import TranslationJob
from sessions.translation.choices import TranslationChoice, load_choice
from sessions.translation.jobs import source_for
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS, Source
from sessions.translation.provider import ProviderRefused
from sessions.translation.tasks import translations
from tracing.models import Trace

WAIT_OF_PAGE = timedelta(seconds=20)  # a page that still waits asks every second
WAIT_OF_PROGRAM = timedelta(minutes=10)  # an API's client may look later
RETRY_AFTER = timedelta(minutes=5)  # then a failure may have passed, and whoever looks again has it tried again

State = TranslationJob.State


def order(
    project: Project,
    trace: Trace,
    target: str,
    *,
    actor: Actor,
    budget: int = PLAN_BUDGET_CHARACTERS,
    wanted: timedelta = WAIT_OF_PAGE,
    again: bool = False,
) -> TranslationJob:
    """Return the job for a trace; create it if there is none.

    Raises ProviderRefused if the project may not translate."""
    choice = load_choice(project)
    if choice.refusal:
        raise ProviderRefused(choice.refusal)
    now, source = timezone.now(), source_for(trace, choice, budget)
    key = _key(choice, source, trace, target)
    found: TranslationJob | None = TranslationJob.objects.for_project(project).filter(**key).first()
    if found and found.state == State.DONE:
        return found
    with transaction.atomic():
        job, is_new = TranslationJob.objects.get_or_create(
            project_id=project.pk, **key, defaults={"wanted_until": now + wanted, "budget": source.budget}
        )
        if is_new or _begin_again(job, now, wanted, again=again):
            _record_egress(choice, project, job, actor, source)
            transaction.on_commit(lambda: translations.wake(project.pk))
        elif job.is_open:
            job.row.update(wanted_until=now + wanted)
        current: TranslationJob = job.row.get()
    return current


def find(project: Project, trace: Trace, target: str, *, budget: int = PLAN_BUDGET_CHARACTERS) -> TranslationJob | None:
    """Return the job for the current texts of a trace, whoever began it, or None."""
    choice = load_choice(project)
    if choice.refusal:
        return None
    key = _key(choice, source_for(trace, choice, budget), trace, target)
    found: TranslationJob | None = TranslationJob.objects.for_project(project).filter(**key).first()
    return found


def _key(choice: TranslationChoice, source: Source, trace: Trace, target: str) -> dict[str, str]:
    """Return the fields that two equal orders share."""
    of_trace = {"trace_id": trace.trace_id, "version": source.version, "target": target}
    return {**of_trace, "provider": choice.kind.slug, "engine": choice.engine}


def _begin_again(job: TranslationJob, now: datetime, wanted: timedelta, *, again: bool) -> bool:
    """Queue a finished job again if it was cancelled, or failed long ago. Return whether this call did so."""
    old = Q(finished_at__lt=now - RETRY_AFTER) & ~Q(error_code="")
    failed = Q(state__in=[State.FAILED, State.PARTIAL])
    may = Q(state=State.CANCELLED) | (failed if again else failed & old)
    changed = {"state": State.QUEUED, "wanted_until": now + wanted, "finished_at": None, "error": "", "error_code": ""}
    return bool(job.row.filter(may).update(**changed))


def _record_egress(
    choice: TranslationChoice, project: Project, job: TranslationJob, actor: Actor, source: Source
) -> None:
    """Record in the audit log that text was sent to an external provider.

    The record has the actor, the trace and the number of characters; never the text."""
    if choice.kind.leaves_host:
        characters = sum(len(leaf) for document in source.documents.values() for leaf in document.leaves)
        record(
            Action.TRANSLATION_SENT,
            project,
            actor=actor,
            target=job.trace_id,
            provider=job.provider,
            language=job.target,
            characters=min(characters, source.budget),
        )
