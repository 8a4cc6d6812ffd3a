"""Finds the sessions that are due: rules judge them at once, and prompts get a row of work for each."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from projects.models import Project
from sessions.judges import rules, scope
from sessions.judges.current import make_current_again
from sessions.judges.loading import Bench, judges_on, load_bench
from sessions.models import Judge, Session, Verdict
from sessions.query.grammar import QueryError
from tracing.models import DirtyMark
from tracing.store import dirty

logger = logging.getLogger(__name__)

PLANNED_AT_ONCE = 1_000
FULL_SCAN_INTERVAL = timedelta(minutes=10)
RECOMPUTED_AT_ONCE = 200


def plan(project: Project, until: float) -> bool:
    """Look for due sessions of every judge that is on. Return whether the time was up before the end."""
    for judge in judges_on(project):
        bench = load_bench(judge)
        try:
            if bench is not None and _plan_judge(project, bench, until):
                return True
        except QueryError as error:  # it names what is gone by now, such as a member
            logger.warning("judge %s of project %s cannot find its sessions: %s", judge.id, project.pk, error)
    return False


def _plan_judge(project: Project, bench: Bench, until: float) -> bool:
    """Work through all that is due. Return whether the time was up before."""
    now, judge = timezone.now(), bench.judge
    is_full = judge.scanned_at is None or judge.scanned_at < now - FULL_SCAN_INTERVAL
    if is_full:
        _recompute_old(project, judge, now)
    while _plan_some(project, bench, is_full=is_full):
        if time.monotonic() >= until:
            return True
    if is_full:
        Judge.objects.for_project(project).filter(id=judge.id, scanned_at=judge.scanned_at).update(scanned_at=now)
    return False


def _plan_some(project: Project, bench: Bench, *, is_full: bool) -> int:
    if bench.is_rule:
        return rules.judge_some(project, bench.judge, bench.version, bench.config, is_full=is_full)
    now = timezone.now()
    found = scope.watched(project, bench.judge, now, is_full=is_full)
    again = list(scope.said_before(bench.judge, bench.version.number, found)[:PLANNED_AT_ONCE])
    if again:
        make_current_again(bench.judge, bench.config, again)
    due = scope.unjudged(bench.judge, bench.version.number, found).order_by("session_id")
    rows = [(one, known or 0) for one, known in due.values_list("session_id", "content_hash")[:PLANNED_AT_ONCE]]
    add_rows(bench, rows)
    return len(rows)


def add_rows(bench: Bench, found: Sequence[tuple[str, int]], run_id: UUID | None = None) -> None:
    """Add a row of work for each session and its state, unless there is one."""
    with transaction.atomic():
        Verdict.objects.bulk_create(
            [
                Verdict(
                    project_id=bench.judge.project_id,
                    judge_id=bench.judge.id,
                    session_id=session_id,
                    version=bench.version.number,
                    content_hash=content_hash,
                    run_id=run_id,
                )
                for session_id, content_hash in found
            ],
            ignore_conflicts=True,
        )


def _recompute_old(project: Project, judge: Judge, now: datetime) -> None:
    """Have sessions recomputed whose state is unknown, because an earlier release computed them last."""
    matches = scope.condition_of(project, judge.query, now)
    old = Session.objects.for_project(project).filter(matches, content_hash=None)
    if judge.since is not None:
        old = old.filter(computed_at__gt=judge.since)
    ids = set(old.values_list("session_id", flat=True)[:RECOMPUTED_AT_ONCE])
    with transaction.atomic():
        dirty.mark(project.pk, {DirtyMark.Target.SESSION: ids}, now)
