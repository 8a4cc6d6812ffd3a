"""What reading in another language costs: a turn that is translated already, and one that the models translate.

    python -m benchmarks.translation [--database-url postgresql://...] [--json FILE]

A request is measured whole, from the first middleware to the rendered fragment, without a network; a job as the worker
runs it, with its database. Memory is what the models add to a process that has loaded everything else."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from benchmarks import machine, table
from benchmarks.machine import median, percentile
from benchmarks.server import database_alone, set_up

SENTENCES = (
    "Olá! O meu pedido #A-1029 ainda não chegou e já faz dez dias.",
    "Você pode me ajudar a cancelar a compra e pedir o reembolso do frete?",
    "Sinto muito pelo atraso, **Maria**, vou verificar agora mesmo o que aconteceu.",
    "Rode `status(id=42)` ou veja https://ex.com/pedidos?id=7 para acompanhar a entrega.",
    "O usuário não consegue entrar na conta porque a senha expirou ontem à noite.",
    "O valor de R$ 19,90 será devolvido ao seu cartão em até cinco dias úteis.",
    "A transportadora informou que o pacote saiu do armazém na segunda-feira.",
    "Se preferir, você também pode retirar o produto na loja mais próxima da sua casa.",
)
CHARACTERS = 1_000
ROUNDS, REQUESTS = 7, 200
CACHED_GOAL, EMBEDDED_GOAL = 50.0, 1.5


def main() -> None:
    options = _options()
    print(machine.description())
    print(machine.load_note())
    with database_alone(options.database_url) as url:
        set_up(DATABASE_URL=url)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        result = measured()
        from django.db import connection

        connection.close()
    table.write(options.json, result)


def measured() -> dict[str, Any]:
    from sessions.translation import tasks

    tasks.start = lambda project_id, job_id: None  # there is no broker: jobs are run here
    project, user = _tenant()
    before = _memory_mb()
    cold, *warm = [_translated(project, user, number) for number in range(ROUNDS + 1)]
    added = _memory_mb() - before
    cached = _cached(project, user)
    seconds, p50, p95 = median(warm), percentile(cached, 0.5), percentile(cached, 0.95)
    table.show(
        f"Reading a turn of {CHARACTERS:,} characters, Portuguese to English, embedded models",
        ("what", "value", "goal"),
        [
            (f"translated by the worker, median of {ROUNDS}", f"{seconds:.2f} s",
             table.verdict(seconds, EMBEDDED_GOAL, at_most=True)),
            ("the first one, with loading the models", f"{cold:.2f} s", ""),
            (f"translated already: the whole request, p50 of {REQUESTS}", f"{p50:.1f} ms", ""),
            ("and p95", f"{p95:.1f} ms", table.verdict(p95, CACHED_GOAL, at_most=True)),
            ("memory that one direction adds to the worker", f"{added:.0f} MB", ""),
        ],
    )  # fmt: skip
    return {"embedded_s": seconds, "cold_s": cold, "cached_p50_ms": p50, "cached_p95_ms": p95, "memory_mb": added}


def _tenant() -> tuple[Any, Any]:
    from django.utils import timezone

    from projects.models import Membership, Organization, Project, User
    from tracing.store.partitions import make_ahead

    make_ahead(timezone.now().date())
    organization = Organization.objects.create(name="Benchmarks")
    user = User.objects.create_user("reader@example.com")
    Membership.objects.create(user=user, organization=organization, role="owner")
    return Project.objects.create(organization=organization, name="Translation"), user


def _translated(project: Any, user: Any, number: int) -> float:
    """Seconds of one job on a text that no other shares a sentence with."""
    from django.utils import timezone

    from sessions.models import TranslationJob
    from sessions.rollup.session_rows import recompute
    from sessions.translation import jobs, orders
    from tracing.ingest.pipeline import ingest
    from tracing.models import Trace
    from tracing.records import Claims, SpanRecord

    words = ("primeira", "segunda", "terceira", "quarta", "quinta", "sexta", "sétima", "oitava", "nona")[number]
    twice = [*SENTENCES, *(f"Hoje de manhã, {sentence}" for sentence in SENTENCES)]  # no two alike, nothing remembered
    text = "\n".join(f"Pela {words} vez, {sentence}" for sentence in twice)[:CHARACTERS]
    now, trace_id = timezone.now(), f"{number:032x}"
    record = SpanRecord(
        trace_id, "root", None, name="turno", input=text[: CHARACTERS // 3], output=text[CHARACTERS // 3 :],
        started_at=now, ended_at=now, claims=Claims(session_id="s"),
    )  # fmt: skip
    ingest(project.pk, [record])
    recompute(project.pk, ["s"])
    job = orders.order(project, Trace.objects.for_project(project).get(trace_id=trace_id), "en", actor=user)
    began = time.perf_counter()
    jobs.run(job)
    seconds = time.perf_counter() - began
    job = TranslationJob.objects.for_project(project).get(id=job.id)
    assert job.state == "done", (job.state, job.error)
    return seconds


def _cached(project: Any, user: Any) -> list[float]:
    """Milliseconds of each request for a turn that is translated."""
    from django.test import Client
    from django.urls import reverse

    client, found = Client(), []
    client.force_login(user)
    path = reverse("translation", args=[project.pk, f"{1:032x}"])
    for _ in range(REQUESTS + 5):
        began = time.perf_counter()
        answer = client.get(path, {"to": "en"}, headers={"HX-Request": "true", "Host": "localhost"})
        found.append((time.perf_counter() - began) * 1000)
        assert b'data-state="done"' in answer.content
    return found[5:]


def _memory_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", help="a PostgreSQL on this machine; databases are made there and dropped")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
