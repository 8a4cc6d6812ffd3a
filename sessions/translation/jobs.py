"""Translation jobs: a worker translates what is not remembered, keeps what worked, and stops when nobody waits.

A worker may be killed and another continues."""

import logging
import math
import time

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects.jobs.leases import LeasedQuerySet
from projects.metrics.table import TRANSLATIONS
from projects.tenancy import TenantQuerySet
from sessions.models import TranslationJob
from sessions.translation import cache
from sessions.translation.choices import TranslationChoice, load_choice
from sessions.translation.engine import Work
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS, Source, TranslationPlan, plan_of, source_of
from sessions.translation.provider import ProviderRefused, TranslationFailed
from tracing.models import Trace
from tracing.reading.exchanges import turns_in
from tracing.reading.spans import texts_of

logger = logging.getLogger(__name__)

State = TranslationJob.State
MOST_BUDGET = 10 * PLAN_BUDGET_CHARACTERS


def source_for(turn: Trace, choice: TranslationChoice, budget: int = PLAN_BUDGET_CHARACTERS) -> Source:
    """Read the texts of a turn as a source of translations."""
    return source_of(texts_of(turn), tool_results=choice.settings.tool_results, budget=min(budget, MOST_BUDGET))


def unfinished(project_id: int) -> LeasedQuerySet:
    """Return the project's jobs that are not finished, those that have waited longest first."""
    jobs: LeasedQuerySet = TranslationJob.objects.for_project(project_id).unfinished().order_by("created_at")
    return jobs


def run(job: TranslationJob, until: float = math.inf) -> None:
    """Translate until the time is up, and finish the job or queue it again.

    Does nothing while another worker has the job, and cancels it if nobody waits for it."""
    if not job.lease(state=State.RUNNING, attempt=F("attempt") + 1):
        return
    try:
        _run(job, until)
    except TranslationFailed as error:
        _finish(job, State.FAILED, error=error)
    except Exception:
        logger.exception("translation %s failed", job.id)
        _finish(job, State.FAILED, error=TranslationFailed("Something went wrong in the worker; its log says more."))


def _is_wanted(job: TranslationJob, done: int, total: int) -> bool:
    """Write the progress. Return False if nobody waits any more, the trace is gone, or another worker took over."""
    return job.extend(done=done, total=total) and job.row.filter(wanted_until__gte=timezone.now()).exists()


def _run(job: TranslationJob, until: float) -> None:
    choice = load_choice(job.project_id)
    if choice.refusal:
        raise ProviderRefused(choice.refusal)
    source = _source(job, choice) if choice.engine == job.engine else None
    if source is None or not _is_wanted(job, job.done, job.total):
        _finish(job, State.CANCELLED)
        return
    plan = plan_of(source, job.target)
    known = cache.remembered(job.project_id, plan.units, job.target, job.engine)
    refused = {(source, text) for source, text in (job.result or {}).get("refused", ())}
    work = Work(choice.provider(), job.project_id, choice.settings.daily_characters, known, refused)
    for batch in work.batches(plan):
        if not _is_wanted(job, len(work.translations), len(plan.units)):
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


def _source(job: TranslationJob, choice: TranslationChoice) -> Source | None:
    """Return the source that was ordered: of the turn of the trace that still says the same."""
    traces = Trace.objects.for_project(job.project_id).filter(trace_id=job.trace_id)
    sources = (source_for(turn, choice, job.budget) for turn in turns_in(traces))
    return next((source for source in sources if source.version == job.version), None)


def _pause(job: TranslationJob, work: Work) -> None:
    """Queue the job for another slice, which does not send again what was refused in this one."""
    result = (job.result or {}) | {"refused": sorted(work.refused)}
    job.release(state=State.QUEUED, done=len(work.translations), result=result)


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
    reason = {"error_code": error.code if error else "", "error": str(error) if error else ""}
    with transaction.atomic():
        is_ours = job.finish(state=state, result=result, done=done, **reason)
        if is_ours and state == State.DONE:
            _superseded(job).delete()
    if is_ours:
        TRANSLATIONS.add(state=state)


def _superseded(job: TranslationJob) -> TenantQuerySet:
    """Return the jobs for earlier texts of the trace, or by another engine. Each turn of it has jobs of its own."""
    if Trace.objects.for_project(job.project_id).filter(trace_id=job.trace_id, turn_count__gt=1).exists():
        return TranslationJob.objects.none()
    rows = TranslationJob.objects.for_project(job.project_id).filter(trace_id=job.trace_id, target=job.target)
    return rows.filter(finished_at__isnull=False, created_at__lt=job.created_at).exclude(id=job.id)
