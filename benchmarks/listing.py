"""How fast the list of sessions answers: every sort, first and later pages, and filters, in a project of sized data.

    python -m benchmarks.listing [--full] [--database-url postgresql://...] [--rounds 40] [--json FILE]

The default makes 300,000 sessions in 10 projects, 120,000 of them in the one that is asked; --full makes 5 million in
50, 2 million in the one. `rows` is the statement with its page, `page` the whole answer of the server, signed in and
drawn, `CPU` what of that the program and the database worked, `strip` what the page fetches afterwards: how many
sessions there are and what they come to."""

import gc
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import machine, table
from benchmarks.machine import backend_ms, median, percentile
from benchmarks.recompute import new_project
from benchmarks.server import database_alone, set_up

if TYPE_CHECKING:
    from django.test import Client

GOAL = 50  # ms, p95
BOUND = 1_600  # ms, for what no index serves: the statement is given up, and the page offers a shorter time
SMALL, FULL = (10, 120_000, 20_000), (50, 2_000_000, 61_000)  # projects, sessions of the largest, of each other

INSERT = """
INSERT INTO session (project_id, session_id, created_at, updated_at, duration_ms, active_ms, idle_ms, environments,
    user_ids, tags, model_names, tool_names, releases, trace_count, span_count, error_count, unpriced_count, input_cost,
    output_cost, total_cost, input_tokens, output_tokens, total_tokens, usage_by_model, scores, first_input,
    last_output, computed_at)
SELECT %(project)s, 'session-' || md5(n::text), at, at + ms * interval '1 ms', ms, ms / 3, ms - ms / 3,
    CASE WHEN n %% 10 = 0 THEN '{staging}' ELSE '{production}' END::text[],
    ARRAY['user-' || (r * 50000)::int], CASE WHEN n %% 10007 = 0 THEN '{rare}' WHEN n %% 3 = 0 THEN '{support,vip}'
    ELSE '{support}' END::text[], CASE WHEN n %% 5 = 0 THEN '{claude-sonnet-4-5}' ELSE '{gpt-4o}' END::text[],
    CASE WHEN n %% 4 = 0 THEN '{search_orders}' ELSE '{}' END::text[], ARRAY['v' || n %% 200],
    1 + n %% 12, 5 + n %% 60, CASE WHEN n %% 20 = 0 THEN 1 ELSE 0 END, 0, r / 50, r / 100, r * 3 / 100,
    (r * 9000)::int, (r * 900)::int, (r * 9900)::int,
    '{"gpt-4o": {"call_count": 3, "total_tokens": 4000, "total_cost": "0.02", "unpriced_count": 0}}', '{}',
    'My order #' || n || ' has not arrived yet, can you tell me where it is?', 'It left our warehouse on Monday.', now()
FROM (SELECT n, r, now() - (n %% 7776000) * interval '1 second' AS at, (r * 600000)::bigint AS ms
      FROM (SELECT n, abs(hashint8(n)) / 2147483648.0 AS r FROM generate_series(1, %(count)s) n) seeds) rows"""

FILTERS = {
    "everything": "",
    "environment, 10 %": "q=env:staging",
    "tag, 33 %": "q=tag:vip",
    "tag, 1 in 10,000": "q=tag:rare",
    "user": "q=user:user-4711",
    "model, 20 %": "q=model:claude-sonnet-4-5",
    "tool, 25 %": "q=tool:search_orders",
    "release, 1 in 200": "q=release:v7",
    "errors, 5 %": "q=has:error",
    "last 7 days": "range=7d",
    "a day of last month": "q=created:-31d..-30d",
    "cost > 0.0299": "q=cost > 0.0299",
    "cost > 0.0299, vip": "q=cost > 0.0299 tag:vip",
    "not vip, by cost": "q=-tag:vip&sort=-total_cost",
    "rare tag, by cost": "q=tag:rare&sort=-total_cost",
    "user, by duration": "q=user:user-4711&sort=-duration_ms",
    "one id": "q=id:session-abc",
}
UNINDEXED = {
    "text that is nowhere": "q=output:nowhere",
    "text that is nowhere, by cost": "q=output:nowhere&sort=-total_cost",
    "text that is nowhere, last 7 days": "q=output:nowhere&range=7d",
}


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with database_alone(options.database_url) as url:
        set_up(DATABASE_URL=url)
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        project_id = fill(*(FULL if options.full else SMALL))
        results = measured(project_id, options.rounds)
        connection.close()
    table.write(options.json, results)


def fill(projects: int, largest: int, others: int) -> int:
    """Rows first, indexes at the end; returns the largest project."""
    from django.db import connection

    started = time.perf_counter()
    ids = [new_project(f"Project {number}") for number in range(projects)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes /* every project */"
            " WHERE tablename = 'session' AND indexname <> 'session_pkey'"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for place, project_id in enumerate(ids):
            cursor.execute(INSERT, {"project": project_id, "count": others if place else largest})
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE session")
        cursor.execute("SELECT count(*), pg_total_relation_size('session') FROM session /* every project */")
        count, size = cursor.fetchone()
    print(f"\n{count:,} sessions, {size / 1e9:.1f} GB with indexes, in {time.perf_counter() - started:.0f} s")
    return ids[0]


def measured(project_id: int, rounds: int) -> dict[str, Any]:
    results: dict[str, Any] = {}
    shown = []
    client = reader_of(project_id)
    gc.freeze()  # as config/wsgi.py does
    gc.set_threshold(10_000, 20, 50)
    few = max(rounds // 4, 3)
    for name, query in questions(project_id):
        figures, cpu, most = {}, {}, few if name in UNINDEXED else rounds
        for part, work, times in (
            ("rows", lambda query=query: listing(project_id, query), most),
            ("page", lambda query=query: ask(client, "sessions", project_id, query), most),
            ("strip", lambda query=query: ask(client, "strip", project_id, query), few),
        ):
            figures[part], cpu[part] = timed(work, times)
        columns = {"rows": figures["rows"], "page": figures["page"], "CPU": cpu["page"], "strip": figures["strip"]}
        results[name] = {column: {"p50": p50, "p95": p95} for column, (p50, p95) in columns.items()}
        texts = [f"{p50:.0f} / {p95:.0f}" for p50, p95 in columns.values()]
        goal = BOUND if name in UNINDEXED else GOAL
        shown.append([name, *texts, table.verdict(figures["page"][1], goal, at_most=True)])
    table.show("p50 / p95, ms", ["question", "rows", "page", "CPU", "strip", "p95 of the page"], shown)
    print(f"\n{machine.load_note().replace('before', 'after')}")
    return results


def questions(project_id: int) -> Iterator[tuple[str, str]]:
    from sessions.models import Session
    from sessions.models.properties import SORTABLE_KINDS, properties_of

    for name, declared in properties_of(Session).items():
        if declared.kind in SORTABLE_KINDS:
            yield f"by {name}, first page", f"sort=-{name}"
            yield f"by {name}, a later page", f"sort=-{name}&cursor={_cursor(project_id, name)}"
    yield from (FILTERS | UNINDEXED).items()


def _cursor(project_id: int, name: str) -> str:
    """Of the middle of the list."""
    from django.http import QueryDict

    from projects.models import Project
    from sessions.listing.listing import Listing
    from sessions.models import Session

    middle = Session.objects.for_project(project_id).filter(session_id__gt="session-8").order_by("session_id")[0]
    found = Listing(Project.objects.get(pk=project_id), QueryDict(f"sort=-{name}"))
    return found.order.cursor(middle, is_forward=True)


def listing(project_id: int, query: str) -> None:
    from django.http import QueryDict

    from projects.models import Project
    from sessions.listing.listing import Listing

    found = Listing(Project(pk=project_id), QueryDict(query))
    assert not found.errors, found.errors
    len(found.rows)


def reader_of(project_id: int) -> "Client":
    from django.test import Client

    from projects.models import Membership, Project, Role, User

    user = User.objects.create(email="reader@example.com")
    Membership.objects.create(organization=Project.objects.get(pk=project_id).organization, user=user, role=Role.OWNER)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def ask(client: "Client", route: str, project_id: int, query: str) -> None:
    from django.urls import reverse

    answer = client.get(f"{reverse(route, args=[project_id])}?{query or 'view=all'}")
    assert answer.status_code == 200


def timed(work: Callable[[], Any], rounds: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Milliseconds of time and of CPU: p50 and p95 of each, the first two runs left out."""
    from django.db import connection

    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    times, cpu = [], []
    for _ in range(rounds + 2):
        started, worked = time.perf_counter(), time.process_time() * 1000 + backend_ms(backend)
        work()
        times.append((time.perf_counter() - started) * 1000)
        cpu.append(time.process_time() * 1000 + backend_ms(backend) - worked)
    return (median(times[2:]), percentile(times[2:], 0.95)), (median(cpu[2:]), percentile(cpu[2:], 0.95))


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="5 million sessions, 2 million in one project")
    parser.add_argument("--database-url")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
