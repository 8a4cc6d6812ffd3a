"""How much memory and time exports take, by the number of sessions.

    python -m benchmarks.export [--database-url postgresql://...] [--sessions 100000] [--json FILE]

Memory is the growth of this process's peak while it writes the file, at a tenth of the sessions and at all of them: it
must be the same."""

import resource
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import machine, table
from benchmarks.recompute import new_project
from benchmarks.server import database_alone, set_up
from benchmarks.words import Texts

TURNS = 3  # of a session
KINDS = 50  # different turns, which are repeated


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with database_alone(options.database_url) as url:
        set_up(DATABASE_URL=url)
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        project_id = new_project("Exported")
        fill(project_id, options.sessions)
        result = exports(project_id, options.sessions)
        connection.close()
    table.write(options.json, result)


def fill(project_id: int, sessions: int) -> None:
    """Ingest some sessions, and copy them under new ids with their texts."""
    from django.db import connection

    from sessions.rollup.session_rows import recompute
    from tracing.ingest.pipeline import ingest
    from tracing.records import Claims, SpanRecord

    now, texts = datetime.now(UTC), Texts(seed=3)
    for number in range(KINDS):
        for turn in range(TURNS):
            question, answer = texts.turn()
            claims = Claims(session_id=f"{number:02}-of-00000000", user_id="user-1", tags=["vip", "eu"])
            started = now - timedelta(minutes=TURNS - turn)
            trace_id = f"{number:02}-{turn}-of-00000000"
            ingest(project_id, [SpanRecord(trace_id, "a", input=question, output=answer, claims=claims,
                                           started_at=started, ended_at=started)])  # fmt: skip
    recompute(project_id, [f"{number:02}-of-00000000" for number in range(KINDS)])
    with connection.cursor() as cursor:
        for name in ("trace", "span_io", "session"):
            cursor.execute(COLUMNS, [name])
            columns = [row[0] for row in cursor.fetchall()]
            values = [COPIED.get(column, column) for column in columns]
            cursor.execute(
                f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM {name}, generate_series(1, %s) n WHERE project_id = %s",
                [sessions // KINDS - 1, project_id],
            )
    connection.cursor().execute("VACUUM ANALYZE trace, span_io, session")


COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
COPIED = {
    "trace_id": "replace(trace_id, '-of-00000000', '-of-' || lpad(n::text, 8, '0'))",
    "session_id": "replace(session_id, '-of-00000000', '-of-' || lpad(n::text, 8, '0'))",
    "created_at": "created_at - n * interval '1 second'",
}


def exports(project_id: int, sessions: int) -> dict[str, Any]:
    from sessions.export.formats import EXPORT_FORMATS

    rows, found = [], {}
    for name in EXPORT_FORMATS:
        few = export(project_id, name, sessions // 10)
        many = export(project_id, name, sessions)
        found[name] = {"few": few, "many": many}
        rows.append(
            (name, f"{many[1]:.0f}", f"{many[2]:.1f}", f"{sessions / many[2]:,.0f}", f"{few[0]:.1f}", f"{many[0]:.1f}")
        )
    table.show(
        f"Export of {sessions:,} sessions of {TURNS} turns",
        ("format", "file MB", "seconds", "sessions/s", "memory for a tenth, MB", "memory, MB"),
        rows,
    )
    return found


def export(project_id: int, name: str, sessions: int) -> tuple[float, float, float]:
    """Growth of the peak in MB, size of the file in MB, seconds."""
    from django.http import QueryDict

    from projects.downloads.making import encoded
    from projects.models import Project
    from sessions.export.stream import export_of

    project = Project.objects.get(pk=project_id)
    before, began, size = _resident(), time.perf_counter(), 0
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
    for chunk in encoded(export_of(project, QueryDict(f"format={name}&limit={sessions}")).pieces()):
        size += len(chunk)
    return _peak() - before, size / 1e6, time.perf_counter() - began


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _peak() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="an existing server; without it, an embedded one")
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
