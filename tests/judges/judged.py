"""Judges made short, for tests."""

import time
from typing import Any

from projects.models import Project, User
from sessions.judges import making, planning
from sessions.judges.making import Decision
from sessions.judges.running import judge_one
from sessions.models import Judge, ScoreConfig, Session, Verdict
from sessions.rollup.recomputing import drain

PROMPT = Decision(kind="prompt", prompt="Does the person show anger, or give up?")


def make(
    project: Project, config: ScoreConfig, by: User, decision: Decision = PROMPT, *, is_on: bool = True, **fields: Any
) -> Judge:
    """A judge that waits for nothing, on unless said otherwise, and that judges what is there already."""
    defaults = {"name": "Frustrated?", "config_id": config.id, "quiet_seconds": 0}
    judge = making.create(project, {**defaults, **fields}, decision, by=by)
    if is_on:
        making.switch_on(project, judge, 1, by=by)
        watch_all(judge)
    return judge


def watch_all(judge: Judge) -> None:
    judge.since = None
    Judge.objects.for_project(judge.project_id).filter(id=judge.id).update(since=None, scanned_at=None)


def plan(project: Project) -> None:
    drain(project.pk)
    while planning.plan(project, time.monotonic() + 60):
        pass
    drain(project.pk)


def work(project: Project) -> None:
    """Judges all that is due, as a worker would, one after the other."""
    plan(project)
    for row in Verdict.objects.for_project(project).free():
        judge_one(row)
    drain(project.pk)


def verdict(project: Project, session_id: str) -> Verdict:
    """The current one."""
    return Verdict.objects.for_project(project).get(session_id=session_id, is_current=True)


def session(project: Project, session_id: str) -> Session:
    return Session.objects.for_project(project).get(session_id=session_id)
