"""How long the dashboard takes on the server, of a month of sessions with all their spans.

    python -m benchmarks.dashboard [--full] [--database-url postgresql://...] [--rounds 20] [--json FILE]

28,000 sessions with 1,008,000 spans, copied from a turn that was ingested, spread over 30 days with durations over
orders of magnitude, and summed up by the jobs that do it in service. --full adds a project of 2 million sessions, rows
only. A round is the page, drawn by its own view, or its details, which it fetches when a reader comes near; the first
two of each question are left out. `first` is one view with an empty cache, which keeps the days that are over; the
rounds after it find them kept, where nothing is filtered and nothing sampled."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import machine, table
from benchmarks.listing import fill, timed
from benchmarks.recompute import new_project
from benchmarks.server import cache_alone, database_alone, set_up

SESSIONS, TRACES_EACH, FULL = 28_000, 6, 2_000_000
KEPT_GOAL, FILTERED_GOAL, FULL_GOAL = 60, 150, 300  # ms, p95: days that are kept, what a query selects, --full
QUESTIONS = {
    "30 days": "range=30d",
    "30 days, in Tokyo": "range=30d&zone=Asia/Tokyo",
    "24 hours": "range=24h",
    "7 days": "range=7d",
    "30 days, a tag of all or a third": "range=30d&q=tag:{common}",
    "30 days, one user": "range=30d&q=user:user-17",
    "30 days, a score": "range=30d&q=score.helpfulness >= 0.5",
    "all time": "range=all",
}
DETAILS = {f"details, {name}": f"{query}&details=on" for name, query in QUESTIONS.items()}  # what a page fetches later

# Per session and per span a number from 0 to 1 that says how far back and how long.
SPREAD = """
UPDATE {table} SET started_at = moved.at + (started_at - moved.began), {ended} FROM (
    SELECT trace_id AS id, session_id, started_at AS began,
        now() - (abs(hashtext(session_id)) %% 2592000) * interval '1 second' + (started_at - %s) AS at
    FROM trace WHERE project_id = %s) moved
WHERE {table}.project_id = %s AND {table}.trace_id = moved.id
"""
LENGTH = "moved.at + (started_at - moved.began) + interval '1 ms' * exp(4 + 6 * (abs(hashtext({key})) / 2147483648.0))"
VARIED = """
UPDATE trace SET user_id = 'user-' || abs(hashtext(session_id)) %% 900,
    tags = ARRAY['prod', 'web', 'tag-' || abs(hashtext(session_id || 't')) %% 20]
WHERE project_id = %s
"""
SCORES = """
INSERT INTO session_score (project_id, session_id, name, count, mean, shares)
SELECT project_id, session_id, 'helpfulness', 1, round((abs(hashtext(session_id || 'h')) / 2147483648.0)::numeric, 3),
    '{}'::jsonb FROM session WHERE project_id = %(project)s
UNION ALL
SELECT project_id, session_id, 'outcome', 1, NULL, CASE WHEN abs(hashtext(session_id)) %% 3 = 0
    THEN '{"open": 1}'::jsonb ELSE '{"solved": 1}'::jsonb END FROM session WHERE project_id = %(project)s
"""


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with database_alone(options.database_url) as url, cache_alone() as cache_url:
        set_up(DATABASE_URL=url, REDIS_URL=cache_url)
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        results = measured("28,000 sessions, 1,008,000 spans", month_of_spans(), "web", options.rounds)
        if options.full:
            results |= measured("2,000,000 sessions", many_sessions(FULL), "vip", options.rounds, FULL_GOAL)
        connection.close()
    print(f"load {machine.load():.2f} at the end")
    table.write(options.json, results)


def month_of_spans() -> int:
    from django.db import connection

    from benchmarks import sized
    from sessions.rollup.recomputing import drain
    from tracing.models import DirtyMark
    from tracing.store import activity, dirty

    started = time.perf_counter()
    dirty.marked.receivers.clear()  # there is no broker, and nobody to wake
    project_id = new_project("A month")
    sized.fill(project_id, _traces())
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(started_at) FROM trace WHERE project_id = %s", [project_id])
        began = cursor.fetchone()[0]
        for name, ended in (("span", _ends("span")), ("trace", _ends("trace"))):
            cursor.execute(SPREAD.format(table=name, ended=ended), [began, project_id, project_id])
        cursor.execute("VACUUM FULL ANALYZE trace")
        _sum_up_traces(project_id)
        cursor.execute(VARIED, [project_id])
        cursor.execute("VACUUM FULL ANALYZE trace")
    drain(project_id)
    activity.recompute_dirty(DirtyMark.Target.HOUR)
    activity.recompute_dirty(DirtyMark.Target.DAY)
    _score(project_id)
    print(f"\nmade in {time.perf_counter() - started:.0f} s")
    return project_id


def _sum_up_traces(project_id: int) -> None:
    """From their spans, which marks sessions and hours."""
    from django.utils import timezone

    from tracing.models import Trace
    from tracing.store.writing import recompute_traces

    ids = list(Trace.objects.for_project(project_id).values_list("trace_id", flat=True))
    for first in range(0, len(ids), 1_000):
        recompute_traces(project_id, ids[first : first + 1_000], timezone.now())


def many_sessions(count: int) -> int:
    """Rows of sessions and scores only."""
    started = time.perf_counter()
    project_id = fill(1, count, 0)
    _score(project_id)
    print(f"\nmade in {time.perf_counter() - started:.0f} s")
    return project_id


def _traces() -> Iterator[tuple[str, str]]:
    for number in range(SESSIONS * TRACES_EACH):
        yield f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}", f"session-{number // TRACES_EACH}"


def _ends(name: str) -> str:
    if name == "trace":
        return "ended_at = moved.at + (ended_at - moved.began)"
    ended = LENGTH.format(key="span.trace_id || span.span_id")
    first = LENGTH.format(key="span.trace_id || 'first'") + " * 0.05"
    return f"ended_at = {ended}, completion_started_at = CASE WHEN kind = 1 THEN {first} END"


def _score(project_id: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SCORES, {"project": project_id})
        cursor.execute("VACUUM ANALYZE session, session_score")


def measured(title: str, project_id: int, common: str, rounds: int, goal: int = 0) -> dict[str, Any]:
    """Measure all questions, and return their figures.

    `common` is a tag that many sessions have. Without a goal for all, that of a question depends on its query."""
    results, rows = {}, []
    ask = _page_of(project_id)
    for name, written in (QUESTIONS | DETAILS).items():
        query = written.format(common=common)
        first = _first(lambda query=query: ask(query))
        (middle, high), (cpu, _) = timed(lambda query=query: ask(query), rounds)
        figures = {"first": first, "p50": middle, "p95": high, "cpu": cpu}
        results[f"{title}: {name}"] = figures | {"load": machine.load()}
        own_goal = goal or (FILTERED_GOAL if "q=" in query else KEPT_GOAL)
        rows.append([name, *(f"{each:.0f}" for each in figures.values()), table.verdict(high, own_goal, at_most=True)])
    table.show(f"The dashboard of {title}, ms", ["question", "first", "p50", "p95", "CPU, p50", "goal of p95"], rows)
    return results


def _first(ask: Callable[[], None]) -> float:
    """Milliseconds of a view when nothing is kept, but templates and statistics are at hand."""
    from django.core.cache import cache

    ask()
    cache.clear()
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _page_of(project_id: int) -> Any:
    from django.test import Client
    from django.urls import reverse

    from projects.models import Membership, Project, Role, User

    project = Project.objects.get(pk=project_id)
    user = User.objects.create(email=f"reader-{project_id}@example.com")
    Membership.objects.create(organization=project.organization, user=user, role=Role.OWNER)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)

    def ask(query: str) -> None:
        query, _, zone = query.partition("&zone=")
        Project.objects.filter(pk=project_id).update(time_zone=zone or "UTC")
        address = f"{reverse('dashboard', args=[project_id])}?{query}"
        answer = client.get(address, headers={"HX-Request": "true"} if "details=on" in query else {})
        assert answer.status_code == 200, query  # one that gave up has taken seconds

    return ask


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="2 million sessions in one project as well")
    parser.add_argument("--database-url")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
