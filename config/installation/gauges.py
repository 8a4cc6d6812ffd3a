"""The metrics that are looked up when somebody asks, rather than counted. One that cannot be looked up is left out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from config.installation import readings
from projects.metrics.reporting import read_processes
from projects.models import JobRun

GaugeValues = Iterable[tuple[tuple[object, ...], float]]  # values of the labels, and the number


@dataclass(frozen=True)
class Gauge:
    """A number that is looked up."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[], GaugeValues]
    kind = "gauge"


def _job_times(field: str) -> Callable[[], GaugeValues]:
    """Return what reads a time of each job as seconds since 1970."""

    def read() -> GaugeValues:
        return [
            ((name,), moment.timestamp())
            for name, moment in JobRun.objects.exclude(**{field: None}).values_list("name", field)
        ]

    return read


def _running_processes() -> GaugeValues:
    return [((found.role, found.host, found.pid), found.memory_bytes) for found in read_processes()]


GAUGES = (
    Gauge(
        "confab_dirty_marks",
        "Sessions, traces, hours, days and texts that wait for a worker.",
        ("target",),
        lambda: [((marks.target,), marks.waiting) for marks in readings.read_marks()],
    ),
    Gauge(
        "confab_dirty_mark_age_seconds",
        "How long the oldest of them has waited: for sessions the lag of recomputing, for texts that of search.",
        ("target",),
        lambda: [((marks.target,), marks.oldest_seconds) for marks in readings.read_marks()],
    ),
    Gauge(
        "confab_queued_tasks",
        "Messages that wait for a worker.",
        (),
        lambda: [((), readings.read_waiting_tasks())],
    ),
    Gauge(
        "confab_waiting_work",
        "Projects whose long work of a kind waits for its turn.",
        ("kind",),
        lambda: [((kind,), waiting) for kind, waiting in readings.read_waiting_work().items()],
    ),
    Gauge("confab_job_started_timestamp_seconds", "When a job began last.", ("job",), _job_times("started_at")),
    Gauge(
        "confab_job_succeeded_timestamp_seconds",
        "When a job last ended without an error.",
        ("job",),
        _job_times("succeeded_at"),
    ),
    Gauge(
        "confab_table_bytes",
        "Bytes of a table with its indexes and partitions.",
        ("table",),
        lambda: [((table.name,), table.size_bytes) for table in readings.read_tables()],
    ),
    Gauge(
        "confab_table_partitions",
        "Partitions of a table that has some.",
        ("table",),
        lambda: [((table.name,), table.partitions) for table in readings.read_tables() if table.partitions],
    ),
    Gauge(
        "confab_database_connections",
        "Connections to the database by their state.",
        ("state",),
        lambda: [((state,), number) for state, number in readings.read_connections().items()],
    ),
    Gauge(
        "confab_database_connection_limit",
        "Connections that the database server takes.",
        (),
        lambda: [((), readings.read_connection_limit())],
    ),
    Gauge(
        "confab_disk_free_bytes",
        "Free bytes on the disk of CONFAB_DATA.",
        (),
        lambda: [((), readings.read_disk().free_bytes)],
    ),
    Gauge(
        "confab_process_memory_bytes",
        "Resident memory of each process.",
        ("role", "host", "pid"),
        _running_processes,
    ),
)
