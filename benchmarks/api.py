"""How fast `/api/v1` answers programs: the list of sessions, one session, and the whole of a long conversation.

    python -m benchmarks.api [--spans 1000000] [--rounds 60] [--profile] [--database-url postgresql://...] [--json FILE]

All requests go over HTTP to a running Confab, one after the other. Two conversations are ingested; the sessions around
them are copies without texts (benchmarks/sized.py). CPU is that of the server and PostgreSQL together. --profile asks
the same in this process, and prints what took the time."""

import cProfile
import json
import pstats
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import machine, table
from benchmarks.machine import median, percentile
from benchmarks.server import SECRET_KEY, Confab, running
from benchmarks.session_page import tell

SHORT, LONG = "thirty-traces", "a-thousand-messages"
SHORT_TRACES, LONG_TURNS = 30, 500  # two messages a turn
SESSIONS_AT_ONCE = 500
WARM_UP = 5  # rounds that do not count
PROFILED_LINES = 40
LIST_GOAL, SESSION_GOAL, CONVERSATION_GOAL = 30.0, 50.0, 200.0  # ms, p95
Ask = Callable[..., dict[str, Any]]  # path and parameters of a question, answered with JSON


def main() -> None:
    options = _options()
    print(machine.description(), machine.load_note(), sep="\n")
    with running(options.database_url) as confab:
        confab.join()
        fill(confab, options.spans)
        results = measured(confab, options.rounds)
        if options.profile:
            profiled(options.rounds)
    table.write(options.json, results)


def fill(confab: Confab, spans: int) -> None:
    """Make the conversations that are asked for, and so many spans in sessions around them."""
    from django.db import connection

    from benchmarks import sized
    from sessions.rollup.session_rows import recompute

    tell(confab.project_id, SHORT, SHORT_TRACES)
    tell(confab.project_id, LONG, LONG_TURNS)
    traces = list(sized.traces_of("other", spans // sized.SPANS_PER_TRACE))
    sized.fill(confab.project_id, traces)
    sessions = sorted({session_id for _, session_id in traces})
    for start in range(0, len(sessions), SESSIONS_AT_ONCE):
        recompute(confab.project_id, sessions[start : start + SESSIONS_AT_ONCE])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE session, trace, span, span_io")
    connection.close()
    confab.wait_for("session", "trace", "text")


def list_sessions(**parameters: str) -> Callable[[Ask], None]:
    def question(ask: Ask) -> None:
        page = ask("sessions", **parameters)
        assert len(page["data"]) == 50, page

    return question


def read_session(ask: Ask) -> None:
    assert len(ask(f"sessions/{SHORT}")["traces"]) == SHORT_TRACES


def read_transcript(ask: Ask) -> None:
    """Follow `next` to the end of the conversation."""
    messages, following = 0, 1
    while following:
        page = ask("transcript", session_id=LONG, first=following, max_tokens=200_000)
        messages += sum(len(turn["messages"]) for turn in page["data"])
        following = page["next"]
    assert messages == LONG_TURNS * 2, messages


def read_turns(ask: Ask) -> None:
    messages, following = 0, ""
    while following is not None:
        page = ask("turns", session_id=LONG, limit=500, cursor=following)
        messages += sum(len(turn["messages"]) for turn in page["data"])
        following = page["next"]
    assert messages == LONG_TURNS * 2, messages


QUESTIONS: dict[str, tuple[Callable[[Ask], None], float]] = {
    "list of sessions": (list_sessions(), LIST_GOAL),
    "list, one tag": (list_sessions(q="tag:web"), LIST_GOAL),
    "list, by cost": (list_sessions(sort="-total_cost"), LIST_GOAL),
    "list, three fields": (list_sessions(fields="id,updated_at,total_cost"), LIST_GOAL),
    f"session of {SHORT_TRACES} traces": (read_session, SESSION_GOAL),
    f"transcript of {LONG_TURNS * 2:,} messages, to its end": (read_transcript, CONVERSATION_GOAL),
    f"turns with {LONG_TURNS * 2:,} messages, to their end": (read_turns, CONVERSATION_GOAL),
}


def measured(confab: Confab, rounds: int) -> dict[str, Any]:
    """Ask each question `rounds` times, and print how long the answers took."""
    ask = over_http(confab)
    results, rows = {}, []
    for name, (question, goal) in QUESTIONS.items():
        list(_timed(question, ask, WARM_UP))
        before = sum(confab.cpu())
        taken = list(_timed(question, ask, rounds))
        cpu = (sum(confab.cpu()) - before) * 1000 / rounds
        p50, p95 = median(taken), percentile(taken, 0.95)
        results[name] = {"p50": p50, "p95": p95, "cpu": cpu}
        rows.append((name, f"{p50:.1f}", f"{p95:.1f}", f"{cpu:.1f}", table.verdict(p95, goal, at_most=True)))
    table.show("`/api/v1`, ms", ("question", "p50", "p95", "CPU", "p95"), rows)
    print(f"\n{machine.load_note().replace('before', 'after')}")
    return results


def over_http(confab: Confab) -> Ask:
    connection = confab.connection()
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}

    def ask(path: str, **parameters: object) -> dict[str, Any]:
        connection.request("GET", f"/api/v1/{path}?{urlencode(parameters)}", headers=headers)
        answer = connection.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, said
        return said

    return ask


def profiled(rounds: int) -> None:
    """Ask in this process, and print which functions took the time."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {SECRET_KEY}"})

    def ask(path: str, **parameters: object) -> dict[str, Any]:
        answer = client.get(f"/api/v1/{path}", parameters)
        assert answer.status_code == 200, answer.content
        said: dict[str, Any] = answer.json()
        return said

    for name, (question, _) in QUESTIONS.items():
        list(_timed(question, ask, WARM_UP))
        profile = cProfile.Profile()
        profile.runcall(lambda question=question: list(_timed(question, ask, rounds)))
        print(f"\n{name}, {rounds} times")
        pstats.Stats(profile).sort_stats("tottime").print_stats(PROFILED_LINES)


def _timed(question: Callable[[Ask], None], ask: Ask, rounds: int) -> Iterator[float]:
    """Yield how many ms each round took."""
    for _ in range(rounds):
        began = time.perf_counter()
        question(ask)
        yield (time.perf_counter() - began) * 1000


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
