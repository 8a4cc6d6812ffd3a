"""Jobs: one for each trace, version of its texts, target and engine, however many people ask. A worker translates
what is not remembered, keeps what worked, and stops when nobody waits any more. May be killed and run again."""

import logging
import math
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from projects.audit import Action, Actor, record
from projects.models import Project
from projects.tenancy import TenantQuerySet
from sessions.models import TranslationJob
from sessions.translation import cache
from sessions.translation.choices import TranslationChoice, choice_of
from sessions.translation.engine import Work
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS, Source, TranslationPlan, plan_of, source_of
from sessions.translation.provider import ProviderRefused, TranslationFailed
from tracing.models import Trace
from tracing.reading.spans import texts_of

logger = logging.getLogger(__name__)

State = TranslationJob.State
TRANSLATION_LEASE = timedelta(seconds=90)  # longer than a batch may take with its retries
WATCHED_FOR = timedelta(seconds=20)  # a page that still waits asks every second
ORDERED = timedelta(minutes=10)  # an API's client may look later
RETRY_AFTER = timedelta(minutes=5)  # then a failure may have passed, and whoever looks again has it tried again
MOST_BUDGET = 10 * PLAN_BUDGET_CHARACTERS


def source_for(trace: Trace, choice: TranslationChoice, budget: int = PLAN_BUDGET_CHARACTERS) -> Source:
    return source_of(texts_of(trace), tool_results=choice.settings.tool_results, budget=min(budget, MOST_BUDGET))


def ask(
    project: Project,
    trace: Trace,
    target: str,
    *,
    actor: Actor,
    budget: int = PLAN_BUDGET_CHARACTERS,
    wanted: timedelta = WATCHED_FOR,
    again: bool = False,
) -> TranslationJob:
    """The job, begun if nobody did yet. Raises ProviderRefused when the project may not translate."""
    choice = choice_of(project)
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
            _tell(choice, project, job, actor, source)
            transaction.on_commit(lambda: wake(project.pk))
        elif job.is_open:
            _row(job).update(wanted_until=now + wanted)
        current: TranslationJob = _row(job).get()
    return current


def find(project: Project, trace: Trace, target: str, *, budget: int = PLAN_BUDGET_CHARACTERS) -> TranslationJob | None:
    """The job for what the trace says now, begun or finished by anybody; asking for nothing."""
    choice = choice_of(project)
    if choice.refusal:
        return None
    key = _key(choice, source_for(trace, choice, budget), trace, target)
    found: TranslationJob | None = TranslationJob.objects.for_project(project).filter(**key).first()
    return found


def _key(choice: TranslationChoice, source: Source, trace: Trace, target: str) -> dict[str, str]:
    """What makes two who ask the same one job."""
    of_trace = {"trace_id": trace.trace_id, "version": source.version, "target": target}
    return {**of_trace, "provider": choice.kind.slug, "engine": choice.engine}


def run(project_id: int, job_id: UUID | str, until: float = math.inf) -> None:
    """For workers: one at a time for each job, nothing when it is finished or nobody waits. Queued again when the time
    is up before the end."""
    now = timezone.now()
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, leased_until__lt=now)
    mine = TranslationJob.objects.for_project(project_id).filter(free, id=job_id)
    if not mine.update(state=State.RUNNING, leased_until=now + TRANSLATION_LEASE, attempt=F("attempt") + 1):
        return
    job = TranslationJob.objects.for_project(project_id).get(id=job_id)
    try:
        _run(job, until)
    except TranslationFailed as error:
        _finish(job, State.FAILED, error=error)
    except Exception:
        logger.exception("translation %s failed", job_id)
        _finish(job, State.FAILED, error=TranslationFailed("Something went wrong in the worker; its log says more."))


def goes_on(job: TranslationJob, done: int, total: int) -> bool:
    """Tells how far it is; False when nobody waits any more, or the trace is gone."""
    now = timezone.now()
    return bool(
        _row(job).filter(wanted_until__gte=now).update(done=done, total=total, leased_until=now + TRANSLATION_LEASE)
    )


def unfinished(project_id: int) -> list[str]:
    """Jobs that no worker is at, those that wait longest first."""
    now = timezone.now()
    waits = Q(state=State.QUEUED) | Q(state=State.RUNNING, leased_until__lt=now)
    jobs = _open(project_id).filter(waits).order_by("created_at")
    return [str(job_id) for job_id in jobs.values_list("id", flat=True)]


def waiting_projects() -> list[int]:
    """Ids of the projects in which a job is not finished."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT project_id FROM translation_job WHERE state IN ('queued', 'running') /* every project */"
        )
        return [project_id for (project_id,) in cursor.fetchall()]


def _open(project_id: int) -> TenantQuerySet:
    return TranslationJob.objects.for_project(project_id).filter(state__in=[State.QUEUED, State.RUNNING])


def _run(job: TranslationJob, until: float) -> None:
    choice = choice_of(job.project_id)
    if choice.refusal:
        raise ProviderRefused(choice.refusal)
    trace = Trace.objects.for_project(job.project_id).filter(trace_id=job.trace_id).first()
    source = source_for(trace, choice, job.budget) if trace else None
    is_current = source is not None and source.version == job.version and choice.engine == job.engine
    if source is None or not is_current or not goes_on(job, job.done, job.total):
        _finish(job, State.CANCELLED)
        return
    plan = plan_of(source, job.target)
    known = cache.remembered(job.project_id, plan.units, job.target, job.engine)
    refused = {(source, text) for source, text in (job.result or {}).get("refused", ())}
    work = Work(choice.provider(), job.project_id, choice.settings.daily_characters, known, refused)
    for batch in work.batches(plan):
        if not goes_on(job, len(work.translations), len(plan.units)):
            _finish(job, State.CANCELLED)
            return
        found = work.translate(batch, job.target)
        cache.remember(job, found)
        if found and time.monotonic() >= until:
            _pause(job, work)
            return
    missing = len(plan.units) - len(work.translations)
    state = State.DONE if not missing else State.PARTIAL if work.translations or not work.error else State.FAILED
    _finish(job, state, error=work.error, result=_result(plan, work, missing), done=len(work.translations))


def _pause(job: TranslationJob, work: Work) -> None:
    """Queues it for another slice, which asks for nothing that was refused in this one."""
    result = (job.result or {}) | {"refused": sorted(work.refused)}
    _row(job).update(state=State.QUEUED, leased_until=None, done=len(work.translations), result=result)


def _result(plan: TranslationPlan, work: Work, missing: int) -> dict[str, object]:
    return {
        "texts": plan.texts(work.translations),
        "sources": plan.sources,
        "kept": missing,
        "left_out": plan.left_out,
    }


def _finish(
    job: TranslationJob,
    state: TranslationJob.State,
    *,
    error: TranslationFailed | None = None,
    result: dict[str, object] | None = None,
    done: int = 0,
) -> None:
    told = {"error_code": error.code if error else "", "error": str(error) if error else ""}
    with transaction.atomic():
        _row(job).update(state=state, result=result, done=done, finished_at=timezone.now(), leased_until=None, **told)
        if state == State.DONE:
            _superseded(job).delete()


def _superseded(job: TranslationJob) -> TenantQuerySet:
    """What the same trace said before, or said by another engine."""
    rows = TranslationJob.objects.for_project(job.project_id).filter(trace_id=job.trace_id, target=job.target)
    return rows.filter(finished_at__isnull=False, created_at__lt=job.created_at).exclude(id=job.id)


def _row(job: TranslationJob) -> TenantQuerySet:
    return TranslationJob.objects.for_project(job.project_id).filter(id=job.id)


def _begin_again(job: TranslationJob, now: datetime, wanted: timedelta, *, again: bool) -> bool:
    """Whether this call put a finished job back into the queue: one that was cancelled, or whose failure is old."""
    old = Q(finished_at__lt=now - RETRY_AFTER) & ~Q(error_code="")
    failed = Q(state__in=[State.FAILED, State.PARTIAL])
    may = Q(state=State.CANCELLED) | (failed if again else failed & old)
    changed = {"state": State.QUEUED, "wanted_until": now + wanted, "finished_at": None, "error": "", "error_code": ""}
    return bool(_row(job).filter(may).update(**changed))


def _tell(choice: TranslationChoice, project: Project, job: TranslationJob, actor: Actor, source: Source) -> None:
    """Whatever leaves the host is in the audit log: who asked, what for, how much, never the text."""
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


def wake(project_id: int) -> None:
    from sessions.translation.tasks import translations  # which calls back into this module

    translations.wake(project_id)
