"""Measures how long the server takes to compare two cohorts.

Run `python -m benchmarks.compare`, with `--full` for a project with 2,000,000 sessions. Sessions are written as rows
with skewed numbers as real ones have (costs and durations over orders of magnitude, some errors, a score)."""

import argparse
import gc
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import description, load, load_note, percentile
from benchmarks.server import database_alone, set_up
from benchmarks.table import show, verdict, write

SMALL, FULL = 28_000, 2_000_000
FILL = """
INSERT INTO session (project_id, session_id, created_at, updated_at, duration_ms, active_ms, idle_ms, environments,
    user_ids, trace_count, span_count, error_count, input_cost, output_cost, total_cost, input_tokens, output_tokens,
    total_tokens, usage_by_model, tags, model_names, tool_names, releases, unpriced_count, scores, first_input,
    last_output, computed_at)
SELECT %(project)s, 'bench-' || md5(n::text), now() - n * interval '1 minute',
    now() - n * interval '1 minute' + d * interval '1 ms',
    d, d / 3, d - d / 3, ARRAY[(ARRAY['production','staging'])[1 + n %% 2]], ARRAY['user-' || n %% 900], t, t * 36,
    (r < 0.1)::int * (n %% 4), c / 4, c * 3 / 4, c, k * 4 / 5, k / 5, k, '{}', ARRAY['tag-' || n %% 7, 'web'],
    ARRAY[(ARRAY['gpt-4o','gpt-4o-mini','claude'])[1 + n %% 3]], ARRAY['search_orders'], ARRAY['1.' || n %% 5], 0, '{}',
    repeat('How may I return this? ', 8), repeat('Like this. ', 12), now()
FROM (SELECT n, random() AS r, (exp(8 + 2 * random() + random()))::bigint AS d, 1 + (random() * 9)::int AS t,
    round((exp(-6 + 3 * random()))::numeric, 9) AS c, (exp(6 + 3 * random()))::bigint AS k
    FROM generate_series(1, %(sessions)s) n) made
"""
SCORES = """
INSERT INTO session_score (project_id, session_id, name, count, mean, shares)
SELECT project_id, session_id, 'helpfulness', 1, round(random()::numeric, 3), '{}' FROM session WHERE project_id = %s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="2,000,000 sessions in one project, which are sampled")
    parser.add_argument("--database-url")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    print(description(), load_note(), sep="\n")
    sessions = FULL if asked.full else SMALL
    with database_alone(asked.database_url) as url:
        set_up(DATABASE_URL=url)
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        project, client = _world(sessions)
        gc.freeze()  # as config/wsgi.py does
        gc.set_threshold(10_000, 20, 50)
        results = {
            title: _measured(client, f"/project/{project.pk}/compare{query}", asked.rounds)
            for title, query in _questions(project)
        }
        connection.close()
    _show(sessions, results, asked.json)


def _measured(client: Any, url: str, rounds: int) -> dict[str, float]:
    """Milliseconds; `cpu` is that of Python alone, which other work on the machine stretches least."""
    taken, cpu = [], []
    for _ in range(rounds + 2):
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(url)
        taken.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
        assert answer.status_code == 200, answer
    taken = taken[2:]
    figures = {"least": min(taken), "p50": statistics.median(taken), "p95": percentile(taken, 0.95)}
    return figures | {"cpu": statistics.median(cpu[2:])}


def _world(sessions: int) -> tuple[Any, Any]:
    from django.db import connection
    from django.test import Client

    from projects.models import Membership, Organization, Project, Role, User

    organization = Organization.objects.create(name="Benchmark of comparisons")
    project = Project.objects.create(organization=organization, name=f"{sessions} sessions")
    user = User.objects.create_user("compare@example.com")
    Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"project": project.pk, "sessions": sessions})
        cursor.execute(SCORES, [project.pk])
        cursor.execute("VACUUM ANALYZE session, session_score")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return project, client


def _questions(project: Any) -> Iterator[tuple[str, str]]:
    from urllib.parse import urlencode

    from projects.models import User
    from sessions.cohorts.making import create_cohort

    by = User.objects.get(email="compare@example.com")
    ids = [
        create_cohort(project, name=name, by=by, query_string=urlencode({"environments": name})).id
        for name in ("production", "staging")
    ]
    yield "two cohorts, half of all each", f"?cohort={ids[0]}&cohort={ids[1]}"
    yield "all, split by three models", "?cohort=all&by=model_names"
    yield "two cohorts, stratified by model", f"?cohort={ids[0]}&cohort={ids[1]}&stratify=model_names"


def _show(sessions: int, results: dict[str, dict[str, float]], path: Path | None) -> None:
    goal = 300 if sessions <= 30_000 else 1000
    figures = ("least", "p50", "p95", "cpu")
    rows = [
        [title, *(f"{found[name]:.0f} ms" for name in figures), verdict(found["p95"], goal, at_most=True)]
        for title, found in results.items()
    ]
    show(f"Comparing, {sessions:,} sessions, load {load():.1f}", ["what", *figures, "goal in ms"], rows)
    write(path, results)


if __name__ == "__main__":
    main()
