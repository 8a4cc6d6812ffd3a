"""Backfills and tests, from the order to the end.

Their sessions enter the queue a few at a time, behind those that judges found by themselves. A worker may be killed at
any point: what has entered is in the same transaction as the position behind it, and what has a verdict is left out."""

import time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from projects.audit import Action, Actor, actor_name, record
from projects.jobs.leases import LeasedQuerySet
from projects.models import Project, User
from sessions.annotation.configs import NotAllowed
from sessions.judges import rules, scope
from sessions.judges.estimates import Estimate, estimate, estimate_of
from sessions.judges.known_cases import cases_of
from sessions.judges.loading import Bench, load_bench, load_judge, load_provider, refusal_of
from sessions.judges.planning import add_rows
from sessions.models import Judge, JudgeRun, Session, Verdict
from sessions.query.grammar import QueryError
from tracing.lists.bounded import TooLong

QUEUED_AT_ONCE = 100  # sessions of one run: what becomes quiet meanwhile need not wait for more
BACKFILL, TEST, EXAMINATION = JudgeRun.Purpose.BACKFILL, JudgeRun.Purpose.TEST, JudgeRun.Purpose.EXAMINATION
NOT_ON = "A backfill is by the version that is switched on. Switch this one on first."
NOT_NEEDED = "A rule judges all sessions in its scope by itself, past ones included."
NO_LONGER_ON = "The judge was switched off, or to another version."
JUDGE_GONE = "The judge or its score type is gone."


def draft(bench: Bench, purpose: JudgeRun.Purpose, **fields: Any) -> JudgeRun:
    """Return an order that is not given yet, so that its price can be told. Raises NotAllowed.

    `fields` are `query` and `sample_percent` of a backfill, `session_ids` of a test."""
    judge = bench.judge
    run = JudgeRun(project_id=judge.project_id, judge_id=judge.id, version=bench.version.number, purpose=purpose)
    for name, value in fields.items():
        setattr(run, name, value)
    if purpose == BACKFILL and bench.is_rule:
        raise NotAllowed(NOT_NEEDED)
    if purpose == BACKFILL and not _is_in_force(judge, run.version):
        raise NotAllowed(NOT_ON)
    if not 1 <= run.sample_percent <= 100:
        raise NotAllowed("sample_percent: 1 to 100")
    if not bench.is_rule and (refusal := refusal_of(load_provider(judge.project_id))):
        raise NotAllowed(refusal)
    return run


def price(project: Project, bench: Bench, run: JudgeRun) -> Estimate:
    """Estimate how many sessions a run would judge, and what that would cost. Raises NotAllowed."""
    try:
        if run.purpose == EXAMINATION:
            return estimate_of(bench, [case.transcript for case in cases_of(bench)])
        found = scope.ordered(project, bench.judge, run, run.requested_at)
        return estimate(bench, scope.unjudged(bench.judge, run.version, found))
    except QueryError as error:
        raise NotAllowed(f"query: {error}") from None
    except TooLong:
        raise NotAllowed("query: finding these sessions takes too long; ask for fewer") from None


def begin(project: Project, bench: Bench, run: JudgeRun, *, by: Actor) -> JudgeRun:
    """Give the order. Raises NotAllowed, also if another of the judge has not ended or nothing is left to judge."""
    told = price(project, bench, run)
    if not told.session_count:
        raise NotAllowed("query: there is no quiet session that this version has not judged")
    run.expected_count, run.expected_cost = told.session_count, told.cost
    run.requested_by = actor_name(by)[:254]
    run.requested_by_id = by.pk if isinstance(by, User) else None
    with transaction.atomic():
        Judge.objects.for_project(project).filter(id=run.judge_id).select_for_update(no_key=True).first()
        if unfinished(project.pk).filter(judge_id=run.judge_id).exists():
            raise NotAllowed("This judge has a backfill or a test that has not ended. Wait for it, or stop it.")
        run.save(force_insert=True)
        said: dict[str, Any] = {
            "what": f"{run.purpose} ordered",
            "version": run.version,
            "sessions": run.expected_count,
        }
        record(Action.JUDGE_CHANGED, project, actor=by, target=bench.judge.audited, **said)
    return run


def unfinished(project_id: int) -> LeasedQuerySet:
    """Return the project's runs that have not ended, in the order in which they were ordered."""
    found: LeasedQuerySet = JudgeRun.objects.for_project(project_id).unfinished().order_by("requested_at")
    return found


def work(project: Project, until: float) -> bool:
    """Let the next sessions of each run into the queue. Return whether the time was up before."""
    for run in unfinished(project.pk).exclude(purpose=EXAMINATION):
        proceed(project, run)
        if time.monotonic() >= until:
            return True
    return False


def proceed(project: Project, run: JudgeRun) -> None:
    """Let the next sessions into the queue, or end the run when all have left it."""
    if not run.lease():
        return
    judge = load_judge(project, run.judge_id)
    bench = load_bench(judge, run.version) if judge and not judge.is_archived else None
    if bench is None or (run.purpose == BACKFILL and not _is_in_force(bench.judge, run.version)):
        end(run, JUDGE_GONE if bench is None else NO_LONGER_ON)
        return
    try:
        _advance(project, bench, run)
    except QueryError as error:  # it names what is gone by now, such as a member
        end(run, str(error))


def stop(run: JudgeRun) -> None:
    """End a run: what is judged stays, and what waits leaves the queue."""
    end(run, stopped_at=timezone.now())


def progress_of(run: JudgeRun) -> dict[str, Any]:
    """Return how many sessions of a run are `done`, `failed`, `waiting` or `others`, and `percent`, `cost` and `pause`.

    The cost is USD, None if one is unknown. `pause` says why its next session waits, if it does. `others` were
    expected, and neither judged nor given up."""
    if run.purpose == EXAMINATION:
        return _progress_of_answers(run)
    rows = Verdict.objects.for_project(run.project_id)
    ended = rows.filter(judge_id=run.judge_id, version=run.version, finished_at__gte=run.requested_at, run_id=run.id)
    found: dict[str, Any] = ended.aggregate(
        done=Count("session_id", filter=Q(state=Verdict.State.DONE)),
        failed=Count("session_id", filter=Q(state=Verdict.State.FAILED)),
        unpriced=Count("session_id", filter=Q(cost=None)),
        cost=Sum("cost"),
    )
    queued = rows.unfinished().filter(run_id=run.id)
    paused = queued.exclude(error="").values_list("error", flat=True).first()
    unpriced = found.pop("unpriced")
    ended_count = found["done"] + found["failed"]
    return found | {
        "cost": None if unpriced else found["cost"],
        "waiting": queued.count(),
        "pause": paused or "",
        "others": max(run.expected_count - ended_count, 0),
        "percent": 100 if run.is_ready else min(99, 100 * ended_count // max(run.expected_count, 1)),
    }


def _progress_of_answers(run: JudgeRun) -> dict[str, Any]:
    answers = run.answers or []
    costs = [one["cost"] for one in answers]
    failed = sum("error" in one for one in answers)
    return {
        "done": len(answers) - failed,
        "failed": failed,
        "cost": None if None in costs else sum(map(Decimal, costs), Decimal(0)),
        "waiting": 0 if run.finished_at else run.expected_count - len(answers),
        "pause": "",
        "others": 0,
        "percent": 100 * len(answers) // max(run.expected_count, 1),
    }


def _advance(project: Project, bench: Bench, run: JudgeRun) -> None:
    queued = Verdict.objects.for_project(project).unfinished().filter(run_id=run.id).count()
    sessions = _next(project, bench, run, QUEUED_AT_ONCE - queued)
    if not sessions and not queued and run.last_id and run.purpose == BACKFILL:
        run.last_id = ""  # some may have gone on while they waited, and be quiet again
        sessions = _next(project, bench, run, QUEUED_AT_ONCE)
    if not sessions and not queued:
        run.finish(session_ids=None, last_id="")
        return
    with transaction.atomic():
        if bench.is_rule:
            rules.try_on(project, bench, sessions)
        else:
            add_rows(bench, [(one.session_id, one.content_hash or 0) for one in sessions], run.id)
        last_id = sessions[-1].session_id if sessions else run.last_id
        if not run.release(last_id=last_id, queued_count=run.queued_count + len(sessions)):
            transaction.set_rollback(True)


def _next(project: Project, bench: Bench, run: JudgeRun, most: int) -> list[Session]:
    """Load the sessions behind the position of a run about whose state its version has said nothing."""
    found = scope.ordered(project, bench.judge, run, timezone.now()).filter(session_id__gt=run.last_id)
    left = scope.unjudged(bench.judge, run.version, found).order_by("session_id")
    return list(left.only("project_id", "session_id", "computed_at", "content_hash")[:most])


def _is_in_force(judge: Judge, version: int) -> bool:
    return judge.is_on and judge.version == version


def end(run: JudgeRun, error: str = "", **changes: Any) -> None:
    """End a run early, and let what waits leave the queue."""
    ended = {"finished_at": timezone.now(), "leased_until": None, "session_ids": None, "last_id": "", "error": error}
    with transaction.atomic():
        run.row.unfinished().update(**ended, **changes)
        Verdict.objects.for_project(run.project_id).filter(run_id=run.id).free().delete()
