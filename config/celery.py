"""The Celery application and its schedule."""

import os
import sys
import warnings

from celery import Celery
from celery.schedules import crontab
from celery.signals import (
    beat_init,
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_ready,
)
from django.db import close_old_connections

from config.request_ids import carry, enter_task, leave_task
from config.secret_key import refuse_insecure
from projects.alive import prove
from projects.observing.beginning import begin_observing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "yes")  # `prepare` makes them; they touch most of a worker's shared memory

# Celery warns every root; ours takes only JSON, and a container has no other account.
warnings.filterwarnings("ignore", "You're running the worker with superuser privileges")

app = Celery("confab")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By default, Celery opens a database connection for each task, which costs PostgreSQL more than the task itself. Ours
# are kept as long as those of web requests, and tested the same way.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
task_prerun.connect(lambda **_: close_old_connections(), weak=False)
# The lines of a task have the id of the request that started it.
before_task_publish.connect(carry)
task_prerun.connect(enter_task)
task_postrun.connect(leave_task)

# How often, in seconds, a sweep looks for work of each kind. What people request begins at once; the sweep continues
# what a killed worker or a lost message has left.
SWEEP_INTERVALS = {
    # A message lost between commit and broker must not leave a session stale for longer than this.
    "sessions": 5.0,
    "translations": 10.0,  # somebody waits for them
    "alerts": 5.0,  # fire within seconds after sessions are recomputed
    "alert deliveries": 10.0,
    "summaries": 120.0,
    "alert history": 3600.0,
    "notice mails": 20.0,  # what somebody was told is mailed a minute later
    "erasures": 30.0,
    "bulk jobs": 30.0,
    "repricings": 30.0,
    "demo sessions": 10.0,
    "exports": 10.0,  # somebody waits for them, too
    "judges": 10.0,  # a session that is quiet is judged seconds later
    "expired exports": 300.0,
    "kept answers": 3600.0,
    "project deletions": 30.0,  # also ends deletions that waited for late requests
    "search index": 10.0,  # search follows its traces within half a minute
    # The larger the batch that is merged into the index, the less is written; searching the rest costs milliseconds.
    "search index flush": 3600.0,
    "cohort counts": 60.0,  # a cohort's number of sessions is a few minutes old at most
    # Dashboards may be a minute behind for an hour, ten minutes for a day.
    "hours": 60.0,
    "days": 600.0,
    "metering": 600.0,
    # Next month's partitions are made long before the first span needs them.
    "partitions": 3600.0,
    # At night, when nobody waits: expired traces are deleted, and a sample of sums is compared with their spans.
    "retention": crontab(hour="2", minute="10"),
    "self-check": crontab(hour="3", minute="10"),
    "tombstones": crontab(hour="4", minute="0"),
    "empty partitions": crontab(hour="4", minute="10"),
    "nightly metering": crontab(hour="4", minute="20"),
}


def sweeps() -> list[tuple[float | crontab, list[str]]]:
    """Return schedules with the kinds of work that are swept together.

    A message costs more than most sweeps, which find nothing."""
    together: dict[str, tuple[float | crontab, list[str]]] = {}
    for kind, schedule in SWEEP_INTERVALS.items():
        together.setdefault(repr(schedule), (schedule, []))[1].append(kind)
    return list(together.values())


app.conf.beat_schedule = {
    "backup": {"task": "config.tasks.back_up_if_due", "schedule": 300.0, "options": {"expires": 300}},
} | {
    f"sweep {', '.join(kinds)}": {
        "task": "projects.tasks.sweep_slices",
        "args": kinds,
        "schedule": schedule,
        "options": {"expires": schedule} if isinstance(schedule, float) else {},
    }
    for schedule, kinds in sweeps()
}
app.conf.beat_scheduler = "config.schedule:Scheduler"
app.steps["worker"].add("config.schedule_thread:ScheduleThread")

for starts in (worker_init, beat_init):
    starts.connect(lambda **_: refuse_insecure(), weak=False)


def begin(role: str) -> None:
    """Let others see that this process is alive, for it could freeze unnoticed, and report what it counts."""
    prove(role)
    begin_observing(role)


worker_ready.connect(lambda **_: begin("worker"), weak=False)
worker_process_init.connect(lambda **_: begin("pool"), weak=False)
beat_init.connect(lambda **_: begin("beat"), weak=False)
