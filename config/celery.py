"""The Celery application and its schedule."""

import os
import sys

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_embedded_init, beat_init, task_prerun, worker_init, worker_process_init, worker_ready
from django.db import close_old_connections

from config.secret_key import refuse_insecure
from tracing.alive import prove

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("confab")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["sessions.translation"])
# Celery opens a database connection for each task, which costs PostgreSQL more than the task; ours are kept for as long
# as a web request's would be, and tested the same way.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
task_prerun.connect(lambda **_: close_old_connections(), weak=False)

app.conf.beat_schedule = {
    # A message lost between commit and broker must not leave a session stale for longer than this.
    "sweep-dirty": {"task": "sessions.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    # Next month's partitions stand long before the first span needs them.
    "make-partitions": {"task": "tracing.tasks.make_partitions", "schedule": 3600.0},
    # Dashboards may be a minute behind for an hour, ten minutes for a day.
    "sum-up-hours": {"task": "tracing.tasks.sum_up_hours", "schedule": 60.0, "options": {"expires": 60}},
    "sum-up-days": {"task": "tracing.tasks.sum_up_days", "schedule": 600.0, "options": {"expires": 600}},
    # At night, when nobody waits: what projects no longer keep, and a sample of sums against their spans.
    "forget-expired": {"task": "tracing.tasks.forget_expired", "schedule": crontab(hour="2", minute="10")},
    "check-sums": {"task": "tracing.tasks.check_sums", "schedule": crontab(hour="3", minute="10")},
    # Goes on with deletions whose worker was killed, and ends those that waited for late requests.
    "sweep-deletions": {"task": "projects.tasks.sweep_deletions", "schedule": 30.0, "options": {"expires": 30}},
    # Goes on with erasures whose worker was killed or whose message was lost.
    "sweep-erasures": {"task": "sessions.tasks.sweep_erasures", "schedule": 30.0, "options": {"expires": 30}},
    # Search follows its traces within half a minute; a run that waited too long is taken over by the next.
    "index-texts": {"task": "sessions.tasks.index_texts", "schedule": 10.0, "options": {"expires": 10}},
    # The larger the batch that is merged into the index, the less is written; searching the rest costs milliseconds.
    "flush-search-index": {"task": "sessions.tasks.flush_search_index", "schedule": 3600.0},
    # Goes on with work on many sessions whose worker was killed or whose message was lost.
    "sweep-bulk": {"task": "sessions.bulk.tasks.sweep_bulk", "schedule": 30.0, "options": {"expires": 30}},
    # A cohort's number of sessions is a few minutes old at most.
    "count-cohorts": {"task": "sessions.cohorts.tasks.count_cohorts", "schedule": 60.0, "options": {"expires": 60}},
    # Goes on with translations whose worker was killed or whose message was lost; somebody waits for them.
    "sweep-translations": {
        "task": "sessions.translation.tasks.sweep_translations",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
}
app.conf.beat_scheduler = "config.schedule:Scheduler"

for starts in (worker_init, beat_init):
    starts.connect(lambda **_: refuse_insecure(), weak=False)
# The processes in which a regular expression could be stuck for ever, or that nobody would miss for long.
worker_ready.connect(lambda **_: prove("worker"), weak=False)
worker_process_init.connect(lambda **_: prove("pool"), weak=False)
for starts in (beat_init, beat_embedded_init):
    starts.connect(lambda **_: prove("beat"), weak=False)
