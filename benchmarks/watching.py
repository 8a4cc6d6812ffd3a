"""What 100 rules cost while traces arrive, and how soon an alert knows of a session.

    python -m benchmarks.watching [--rounds 3] [--database-url postgresql://...] [--json FILE]

Two projects of one running Confab take the same traffic round by round in turn; one of them has the rules. CPU is that
of web, worker, gRPC, Valkey and PostgreSQL, until all is summed up, indexed for search and looked at. All rounds are
equally long, because a Confab at rest takes CPU, too."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import machine, table
from benchmarks.load import post
from benchmarks.machine import median, percentile
from benchmarks.payloads import Request, Traffic
from benchmarks.server import Confab, running

SPANS_PER_SECOND, SPANS_PER_REQUEST, SENDING_SECONDS, ROUND_SECONDS = 500, 50, 20, 75
COST_GOAL, FIRED_GOAL = 1.05, 60.0
EVERY_SESSION = "turns >= 1"  # whose members say when the alerts have looked
# Rules as people make them: what few sessions meet, on every kind of property.
RARE = (
    "has:error tool:refund_{0}", "cost > {0}", "tag:team-{0}", "env:stage-{0} duration > 5m", "model:model-{0}",
    "user:customer-{0} has:error", "turns > {0}0", "score.quality < 0.{0}", "release:2026.{0} tokens > 90000",
)  # fmt: skip
MEASURED = (("share", "has:error"), ("cost", ""), ("p95", "env:production"), ("sessions", "tag:vip"))
RULES, MEASURING_RULES = 100, 20


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with running(options.database_url) as confab:
        confab.join()
        keys = [_project_with(count) for count in (0, RULES)]
        result = compared(confab, keys, options.rounds)
        _disconnect()
    table.write(options.json, result)


def compared(confab: Confab, keys: Sequence[tuple[int, str]], rounds: int) -> dict[str, Any]:
    """Send the same traffic to both projects in turn, and print the medians."""
    figures: list[list[float]] = [[], []]
    answered: dict[str, float] = {}
    for number in range(rounds + 1):
        requests = Traffic(seed=number, now=time.time_ns()).requests(
            SENDING_SECONDS * SPANS_PER_SECOND // SPANS_PER_REQUEST, SPANS_PER_REQUEST
        )
        for place, (_, secret) in enumerate(keys):
            before, ends_at = sum(confab.cpu()), time.monotonic() + ROUND_SECONDS
            told = _send(confab, requests, secret)
            confab.wait_for("session", "trace", "watch", "text")
            time.sleep(max(0.0, ends_at - time.monotonic()))
            if number:  # the first warms up
                figures[place].append(sum(confab.cpu()) - before)
                answered |= told if place else {}
    without, with_rules = map(median, figures)
    waits = _waits(confab, keys[1][0], answered)
    ratio, p95 = with_rules / without, percentile(waits, 0.95)
    table.show(
        f"{SPANS_PER_SECOND} spans/s for {SENDING_SECONDS} s, medians of {rounds} rounds in turn",
        ("CPU s without rules", f"with {RULES}", "ratio", "session known to its rule after, p50", "p95", "worst"),
        [(f"{without:.2f}", f"{with_rules:.2f}", f"{ratio:.2f}, {table.verdict(ratio, COST_GOAL, at_most=True)}",
          f"{percentile(waits, 0.5):.1f} s", f"{p95:.1f} s, {table.verdict(p95, FIRED_GOAL, at_most=True)}",
          f"{max(waits):.1f} s")],
    )  # fmt: skip
    return {"ratio": ratio, "known_p95_s": p95, "sessions": len(waits)}


def _send(confab: Confab, requests: Sequence[Request], secret: str) -> dict[str, float]:
    """Send at the rate, and return when the first spans of each session were answered for."""
    connection, answered = confab.connection(), {}
    due = time.time()
    for request in requests:
        time.sleep(max(0.0, due - time.time()))
        due += SPANS_PER_REQUEST / SPANS_PER_SECOND
        post(connection, request.body, secret)
        for session_id in request.span_counts:
            answered.setdefault(session_id, time.time())
    connection.close()
    return answered


def _waits(confab: Confab, project_id: int, answered: dict[str, float]) -> list[float]:
    """Return the seconds from the answer about a session until it was a member of the rule about every session.

    Raises AssertionError if a session is none."""
    with psycopg.connect(confab.database_url) as database:
        rows = database.execute(
            "SELECT m.session_id, extract(epoch FROM m.entered_at)::float8 FROM alert_member m"
            " JOIN alert a ON a.project_id = m.project_id AND a.watch_id = m.watch_id"
            " WHERE m.project_id = %s AND a.name = %s",
            [project_id, EVERY_SESSION],
        )
        entered = dict(rows.fetchall())
    assert answered.keys() <= entered.keys()
    return [entered[session_id] - at for session_id, at in answered.items()]


def _project_with(count: int) -> tuple[int, str]:
    """Create a project with so many rules, and return its id and a key."""
    from projects.auth import create_key
    from projects.models import Organization, Project
    from sessions.alerts import making

    organization, _ = Organization.objects.get_or_create(name="Benchmarks")
    project = Project.objects.create(organization=organization, name=f"With {count} rules")
    for number in range(count):
        making.create(project, _rule(number, count), by="benchmarks")
    return project.pk, create_key(project, name="benchmarks")[1]


def _rule(number: int, count: int) -> dict[str, Any]:
    if number == 0:
        return {"name": EVERY_SESSION, "kind": "enters", "query": EVERY_SESSION}
    if number >= count - MEASURING_RULES:
        measure, query = MEASURED[number % len(MEASURED)]
        return {
            "name": f"Number {number}", "kind": "crosses", "query": query, "measure": measure, "window_minutes": 60,
            "bound": 1_000_000, "least_sessions": 1,
        }  # fmt: skip
    return {"name": f"Rule {number}", "kind": "enters", "query": RARE[number % len(RARE)].format(number)}


def _disconnect() -> None:
    from django.db import connection

    connection.close()


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; databases are made there and dropped")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
