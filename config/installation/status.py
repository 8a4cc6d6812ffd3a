"""The facts of the status page. What cannot be read is a fact as well."""

import platform
from collections.abc import Callable, Iterable
from datetime import timedelta

import django
from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from config.backups.making import BACKUP_JOB
from config.health import CHECKS, LAG_SECONDS, LATE_MESSAGE
from config.installation import readings
from config.installation.facts import Fact, FactGroup, FactState
from config.probing import PROBE_OK, answers
from projects.accounts.mail import has_mail_server
from projects.jobs.redis_client import patient_redis
from projects.models import JobRun
from tracing.formatting import counted, duration
from tracing.models import DirtyMark

LEAST_FREE_SHARE, MAX_TABLES = 0.1, 8
MAX_CONNECTION_SHARE = 0.9
OLDEST_BACKUP = timedelta(days=2)
CHECK_NAMES = {
    "database": "Database",
    "nodes": "Nodes of the database",
    "disk": "Disk",
    "storing": "Storing in this process",
    "queue": "Recomputing",
    "broker": "Redis",
    "worker": "Worker",
    "beat": "Schedule",
}
MARK_NAMES = {
    DirtyMark.Target.SESSION: "Sessions to recompute",
    DirtyMark.Target.TRACE: "Large traces to sum up",
    DirtyMark.Target.HOUR: "Hours of dashboards",
    DirtyMark.Target.DAY: "Days of dashboards",
    DirtyMark.Target.TEXT: "Texts to index for search",
    DirtyMark.Target.WATCH: "Sessions that alerts must look at",
}
# The longest waits that are usual, in seconds; hours and days follow a schedule.
USUAL_WAITS = {
    DirtyMark.Target.SESSION: LAG_SECONDS,
    DirtyMark.Target.TRACE: LAG_SECONDS,
    DirtyMark.Target.HOUR: 600,
    DirtyMark.Target.DAY: 3_600,
    DirtyMark.Target.TEXT: 900,
    DirtyMark.Target.WATCH: 60,
}


def read_status() -> list[FactGroup]:
    """Return all groups of facts, in the order of the page."""
    return [_read(title, facts) for title, facts in STATUS_GROUPS.items()]


def _read(title: str, facts: Callable[[], Iterable[Fact]]) -> FactGroup:
    try:
        return FactGroup(title, list(facts()))
    except Exception as error:  # the page of an installation in trouble must open
        advice = "See the first group of this page for the part that does not answer, and the log."
        return FactGroup(title, [Fact(title, f"cannot be read ({type(error).__name__})", FactState.BROKEN, advice)])


def _checks() -> Iterable[Fact]:
    for name, answer in answers(CHECKS).items():
        if answer == PROBE_OK:
            yield Fact(CHECK_NAMES[name], "works")
        else:
            yield Fact(CHECK_NAMES[name], "does not work", FactState.BROKEN, answer or LATE_MESSAGE)


def _queues() -> Iterable[Fact]:
    for marks in readings.read_marks():
        target = DirtyMark.Target(marks.target)
        is_late = marks.oldest_seconds > USUAL_WAITS[target]
        shown = f"{marks.waiting:,} waiting, the oldest for {duration(marks.oldest_seconds * 1000)}"
        advice = "The workers do not keep up, or one hangs: look at their log, and start more of them." * is_late
        state = FactState.WARNING if is_late else FactState.FINE
        yield Fact(MARK_NAMES[target], shown if marks.waiting else "nothing waits", state, advice)
    yield Fact("Messages for workers", f"{readings.read_waiting_tasks():,} waiting")
    waiting = {kind: number for kind, number in readings.read_waiting_work().items() if number}
    shown = ", ".join(f"{kind}: {counted(number, 'project')}" for kind, number in waiting.items())
    yield Fact("Long work", shown or "nothing waits")


def _jobs() -> Iterable[Fact]:
    for run in JobRun.objects.order_by("name"):
        began = f"{run.started_at:%-d %b %Y, %H:%M} UTC"
        took = f"took {duration(run.duration_ms)}" if run.finished_at else "runs, or its worker was killed"
        if run.error:
            last = f"{run.succeeded_at:%-d %b %Y, %H:%M} UTC" if run.succeeded_at else "not known"
            advice = f"{run.error.splitlines()[0][:300]} Last success: {last}. The log has the traceback."
            yield Fact(run.name, f"failed {began}", FactState.BROKEN, advice)
        else:
            yield Fact(run.name, f"{began}, {took}")


def _versions() -> Iterable[Fact]:
    yield Fact("Confab", settings.VERSION)
    yield Fact("Python, Django", f"{platform.python_version()}, {django.get_version()}")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        yield Fact("PostgreSQL", str(cursor.fetchone()[0]))
    info = patient_redis().info("server")
    yield Fact("Redis protocol", str(info.get("valkey_version") or info["redis_version"]))
    if missing := readings.count_missing_migrations():
        advice = "Run `manage.py prepare`; until then, parts of this release do not work."
        yield Fact("Migrations", f"{missing} not applied", FactState.BROKEN, advice)
    else:
        yield Fact("Migrations", "all applied")


def _room() -> Iterable[Fact]:
    disk = readings.read_disk()
    is_full = disk.free_bytes < LEAST_FREE_SHARE * disk.size_bytes
    shown = f"{filesizeformat(disk.free_bytes)} of {filesizeformat(disk.size_bytes)} free"
    advice = "Make room, shorten the retention of projects, or move CONFAB_DATA to a larger disk." * is_full
    yield Fact("Disk of CONFAB_DATA", shown, FactState.WARNING if is_full else FactState.FINE, advice)
    tables = readings.read_tables()
    yield Fact("Database", f"{filesizeformat(sum(table.size_bytes for table in tables))} in {len(tables)} tables")
    for table in tables[:MAX_TABLES]:
        parts = f", {counted(table.partitions, 'partition')}" if table.partitions else ""
        yield Fact(f"Table {table.name}", filesizeformat(table.size_bytes) + parts)
    used, limit = sum(readings.read_connections().values()), readings.read_connection_limit()
    is_scarce = used > MAX_CONNECTION_SHARE * limit
    advice = "Raise max_connections, or put a connection pooler in front." * is_scarce
    state = FactState.WARNING if is_scarce else FactState.FINE
    yield Fact("Database connections", f"{used} of {limit}", state, advice)


def _backup() -> Iterable[Fact]:
    run = JobRun.objects.filter(name=BACKUP_JOB).first()
    if run is None or run.succeeded_at is None:
        yield Fact("Last backup", "none recorded", FactState.WARNING, "See the documentation: Operations, Back up.")
    else:
        is_old = timezone.now() - run.succeeded_at > OLDEST_BACKUP
        advice = f"It is older than {OLDEST_BACKUP.days} days: see the jobs above, and the schedule." * is_old
        state = FactState.WARNING if is_old else FactState.FINE
        yield Fact("Last backup", f"{run.succeeded_at:%-d %b %Y, %H:%M} UTC", state, advice)


def _surroundings() -> Iterable[Fact]:
    if has_mail_server():
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield Fact("Mail", server if "smtp" in settings.EMAIL_BACKEND else settings.EMAIL_BACKEND.rpartition(".")[0])
    else:
        advice = "Set CONFAB_EMAIL_URL: until then, invitations and codes reach only the log."
        yield Fact("Mail", "no server", FactState.WARNING, advice)
    yield Fact("Files of traces", settings.STORAGES["default"]["BACKEND"].rpartition(".")[2])
    ahead = readings.read_clock_difference()
    is_off = abs(ahead) > readings.MAX_CLOCK_SECONDS
    advice = "Let both machines take their time from NTP: leases, ages and schedules compare the two." * is_off
    way = "ahead of" if ahead > 0 else "behind"
    shown = f"this machine is {duration(abs(ahead) * 1000)} {way} the database"
    yield Fact("Clock", shown, FactState.WARNING if is_off else FactState.FINE, advice)


STATUS_GROUPS: dict[str, Callable[[], Iterable[Fact]]] = {
    "What must work": _checks,
    "Queues": _queues,
    "Surroundings": _surroundings,
    "Backups": _backup,
    "Jobs": _jobs,
    "Room": _room,
    "Versions": _versions,
}
