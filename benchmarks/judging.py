"""What judging many sessions takes, and whether each is judged once and about its newest texts when workers are killed.

    python -m benchmarks.judging [--sessions 10000] [--database-url postgresql://...] [--json FILE]

Two workers, each with its threads, and a model behind real HTTP that answers at once. It says what it read, so that a
verdict proves which texts it is about. Each worker is killed once; what it had waits until its lease is over. On the
way, some conversations go on."""

import hashlib
import json
import multiprocessing
import random
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.db import connections

from benchmarks import machine, table
from benchmarks.server import cache_alone, database_alone, set_up

BYTES_OF_TOKEN = 4.3  # as the model counts; the estimate does not know
STORED_AT_ONCE = 500
GONE_ON = 0.02  # of the sessions
PRICE_GOAL = 0.2
FIRST_PERCENT = 5
LOOK_SECONDS = 0.5
WORDS = ("my order", "has not arrived", "yet", "can you tell me", "where the parcel is", "or send it again", "please")


class Model(BaseHTTPRequestHandler):
    """Answers every question with what it was shown."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        shown = json.loads(json.loads(body)["messages"][-1]["content"])["conversation"]
        said = json.dumps({"reason": digest([one["text"] for one in shown]), "turns": [1], "answer": "no"})
        usage = {"prompt_tokens": int(len(body) / BYTES_OF_TOKEN), "completion_tokens": 30}
        choice = {"finish_reason": "stop", "message": {"content": said}}
        answer = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None: ...


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with (
        database_alone(options.database_url) as url,
        cache_alone() as cache,
        ThreadingHTTPServer(("127.0.0.1", 0), Model) as server,
    ):
        endpoint = f"127.0.0.1:{server.server_port}"
        set_up(DATABASE_URL=url, REDIS_URL=cache, CONFAB_TRANSLATION_HOSTS=endpoint)
        _started(server.serve_forever)
        result = judged(options.sessions, f"http://{endpoint}/v1")
        connections.close_all()
    table.write(options.json, result)


def judged(count: int, model_url: str) -> dict[str, Any]:
    """Backfill `count` sessions, and return the figures. Raises AssertionError if a verdict is missing or too old."""
    from django.core.management import call_command

    from sessions.judges import runs

    call_command("migrate", verbosity=0)
    project = _project(model_url)
    texts = {
        f"s{number}": [" ".join(random.Random(number).choices(WORDS, k=20 + number * 37 % 380))]
        for number in range(count)
    }
    _store(project.pk, list(texts.items()), 0)
    bench = _bench(project)
    guess = runs.price(project, bench, runs.draft(bench, runs.BACKFILL)).cost
    runs.begin(project, bench, runs.draft(bench, runs.BACKFILL, sample_percent=FIRST_PERCENT), by="benchmarks")
    _toil(project.pk, [], count)  # after it, the habits of the model are known
    run = runs.begin(project, bench, runs.draft(bench, runs.BACKFILL), by="benchmarks")

    gone_on = random.Random(7).sample(sorted(texts), int(count * GONE_ON))
    started = time.perf_counter()
    stalled = _toil(project.pk, [lambda: _go_on(project.pk, texts, gone_on), lambda: None], run.expected_count)
    seconds, left = time.perf_counter() - started, run.expected_count
    spent = _check(project.pk, texts, run.id)
    off, guessed_off = (float(abs(said / spent["cost_each"] - 1)) for said in (run.expected_cost / left, guess / count))
    table.show(
        f"{left:,} sessions, two workers, both killed once; {len(gone_on):,} conversations went on",
        ("sessions/s", "while no lease of a killed worker ran", "judged once, about the newest texts",
         "requests beyond one a verdict", "price said off by", "before the model was known"),
        [(f"{left / seconds:.1f}", f"{left / (seconds - stalled):.1f}", "all", f"{spent['more']}",
          f"{off:.1%}, {table.verdict(off, PRICE_GOAL, at_most=True)}", f"{guessed_off:.1%}")],
    )  # fmt: skip
    return {"sessions_per_s": left / seconds, "stalled_s": stalled, "off": off, "guessed_off": guessed_off}


def digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def _project(model_url: str) -> Any:
    from django.utils import timezone

    from projects.models import Organization, Project
    from sessions.models import ModelProvider

    organization = Organization.objects.create(name="Benchmarks")
    project = Project.objects.create(organization=organization, name="Judged")
    ModelProvider.objects.create(
        project=project, protocol="openai_compatible", base_url=model_url, model="gpt-4o-mini",
        requests_per_minute=1_000_000, consent_by="benchmarks", consent_at=timezone.now(),
    )  # fmt: skip
    return project


def _bench(project: Any) -> Any:
    """Return a judge that was switched on now, so that all sessions are its past."""
    from sessions.annotation import configs
    from sessions.judges import making
    from sessions.judges.loading import load_bench
    from sessions.judges.making import Decision

    config = configs.create(project, {"name": "angry", "data_type": "BOOLEAN"}, by="benchmarks")
    fields = {"name": "Angry?", "config_id": config.id, "quiet_seconds": 0, "monthly_cap": Decimal(1_000)}
    decision = Decision(kind="prompt", prompt="Is anybody angry?")
    judge = making.create(project, fields, decision, by="benchmarks")
    making.switch_on(project, judge, 1, by="benchmarks")
    return load_bench(judge)


def _store(project_id: int, told: list[tuple[str, list[str]]], number: int) -> None:
    """One more turn of each session, and its numbers."""
    from sessions.rollup.recomputing import drain
    from tracing.ingest.pipeline import ingest
    from tracing.records import Claims, Kind, SpanRecord

    began = datetime.now(UTC) - timedelta(minutes=5) + timedelta(seconds=number)
    for at in range(0, len(told), STORED_AT_ONCE):
        ingest(
            project_id,
            [
                SpanRecord(f"{session_id}-{number}", "a", kind=Kind.GENERATION, started_at=began, ended_at=began,
                           input=said[number], claims=Claims(session_id=session_id))
                for session_id, said in told[at : at + STORED_AT_ONCE]
            ],
        )  # fmt: skip
        drain(project_id)


def _go_on(project_id: int, texts: dict[str, list[str]], session_ids: list[str]) -> None:
    for session_id in session_ids:
        texts[session_id].append(f"Still nothing, {session_id}!")
    _store(project_id, [(session_id, texts[session_id]) for session_id in session_ids], 1)


def _toil(project_id: int, between: list[Any], count: int) -> float:
    """Work with two processes until all is judged, and kill one after each third. Return how long nothing moved."""
    from sessions.models import JudgeRun, Verdict

    done = Verdict.objects.for_project(project_id).filter(state="done")
    workers, kills, stalled = [_started(_work, project_id) for _ in range(2)], 0, 0.0
    begun = seen = done.count()
    moved = time.perf_counter()
    try:
        while JudgeRun.objects.for_project(project_id).unfinished().exists() or (between and _left(project_id)):
            time.sleep(LOOK_SECONDS)
            now, so_far = time.perf_counter(), done.count()
            if so_far == seen and now - moved > 5 * LOOK_SECONDS:
                stalled += LOOK_SECONDS
            elif so_far != seen:
                seen, moved = so_far, now
            if kills < len(between) and so_far - begun >= count * (kills + 1) / 3:
                _killed(workers[kills])
                between[kills]()
                workers[kills] = _started(_work, project_id)
                kills += 1
                print(f"a worker killed after {so_far:,}, load {machine.load():.1f}", flush=True)
    finally:
        for worker in workers:
            _killed(worker)
    return stalled


def _left(project_id: int) -> bool:
    """Whether a session says something that nobody has judged."""
    from sessions.models import Session, Verdict

    current = Verdict.objects.for_project(project_id).filter(is_current=True)
    states = dict(current.values_list("session_id", "content_hash"))
    found = Session.objects.for_project(project_id).values_list("session_id", "content_hash")
    return any(states.get(session_id) != content_hash for session_id, content_hash in found)


def _check(project_id: int, texts: dict[str, list[str]], run_id: Any) -> dict[str, Any]:
    """Compare verdicts with what the sessions say, and return what they cost."""
    from sessions.models import JudgeSpending, Session, Verdict

    rows = list(Verdict.objects.for_project(project_id))
    assert all(row.state == "done" for row in rows)
    states = dict(Session.objects.for_project(project_id).values_list("session_id", "content_hash"))
    current = {row.session_id: row for row in rows if row.is_current}
    assert current.keys() == texts.keys()
    for session_id, row in current.items():
        assert (row.content_hash, row.reason) == (states[session_id], digest(texts[session_id])), session_id
    of_run = [row.cost for row in rows if row.run_id == run_id]
    spending = JudgeSpending.objects.for_project(project_id).get()
    return {"more": spending.requests - len(rows), "cost_each": sum(of_run, Decimal(0)) / len(of_run)}


def _work(project_id: int) -> None:
    from sessions.judges.tasks import judges

    while True:
        if not judges.work(project_id, time.monotonic() + 0.5):
            time.sleep(0.05)


def _started(target: Any, *arguments: Any) -> Any:
    """Start a process, with connections of its own."""
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def _killed(process: Any) -> None:
    process.kill()
    process.join()


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; databases are made there and dropped")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
