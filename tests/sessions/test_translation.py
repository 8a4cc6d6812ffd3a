"""From a trace to its translation: jobs that everybody shares, a cache that goes with the trace, rules that hold."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from projects.models import AuditEvent, Project, User
from sessions.models import TranslationJob, TranslationSegment, TranslationSettings, TranslationUsage
from sessions.translation import jobs, orders
from sessions.translation.embedded import Embedded, models
from sessions.translation.provider import ProviderAccess, UnsupportedPair
from sessions.translation.secrets import encrypted
from sessions.translation.tasks import translations
from tests.conversations import tell
from tests.translation.engines import Engine, served
from tracing.models import Trace
from tracing.store.deletion import delete_traces

PEDIDO = (
    ("Olá! O meu pedido #A-1029 ainda não chegou.", "Sinto muito. **Maria**, rode `status(id=42)` ou veja https://ex.com/p?id=7."),
    ("Posso mudar o endereço de entrega?", "Não, mas você pode retirar o pedido na loja.\n\n```\nolá mundo\n```\n"),
)  # fmt: skip
State = TranslationJob.State


@pytest.fixture
def traces(project: Project) -> list[Trace]:
    told = tell(project, "pedido", PEDIDO)
    return [Trace.objects.for_project(project).get(trace_id=trace_id) for trace_id in told]


@pytest.fixture
def engine(project: Project, settings) -> Iterator[Engine]:
    """The project's consented LibreTranslate server, on an address that the operator allows."""
    with served() as engine:
        settings.TRANSLATION_HOSTS = ["127.0.0.1"]
        TranslationSettings.objects.create(
            project=project,
            provider="libretranslate",
            base_url=engine.url,
            secret=encrypted("k-123"),
            consent_by="alice@example.com",
            consent_at=timezone.now(),
        )
        yield engine


def translated(project: Project, trace: Trace, actor: User, target: str = "en", **options) -> TranslationJob:
    job = orders.order(project, trace, target, actor=actor, **options)
    jobs.run(job)
    return TranslationJob.objects.for_project(project).get(id=job.id)


def test_the_embedded_engine_reads_portuguese_to_us_and_keeps_what_is_no_language(
    project: Project, traces: list[Trace], alice: User
) -> None:
    job = translated(project, traces[0], alice)

    assert (job.state, job.error) == (State.DONE, "")
    texts = job.result["texts"]
    assert "order" in texts["input"]
    assert "#A-1029" in texts["input"]
    for kept in ("**Maria**", "`status(id=42)`", "https://ex.com/p?id=7"):
        assert kept in texts["output"]
    assert job.result["sources"] == ["pt"]


def test_code_and_the_original_stay_as_they_are(project: Project, traces: list[Trace], alice: User) -> None:
    before = list(Trace.objects.for_project(project).values())

    job = translated(project, traces[1], alice)

    assert "```\nolá mundo\n```\n" in job.result["texts"]["output"]
    assert list(Trace.objects.for_project(project).values()) == before


def test_what_is_in_the_readers_language_already_costs_nothing(
    project: Project, traces: list[Trace], alice: User
) -> None:
    job = translated(project, traces[0], alice, target="pt")

    assert (job.state, job.total, job.result["sources"]) == (State.DONE, 0, [])
    assert not TranslationUsage.objects.for_project(project).exists()


def test_a_sentence_that_another_trace_had_is_not_asked_for_again(
    project: Project, engine: Engine, alice: User
) -> None:
    first, second = (tell(project, name, PEDIDO[:1])[0] for name in ("one", "two"))

    translated(project, Trace.objects.for_project(project).get(trace_id=first), alice)
    asked = len(engine.asked)
    job = translated(project, Trace.objects.for_project(project).get(trace_id=second), alice)

    assert job.state == State.DONE
    assert len(engine.asked) == asked


def test_other_projects_share_nothing(
    project: Project, other_project: Project, traces: list[Trace], alice: User
) -> None:
    theirs = tell(other_project, "pedido", PEDIDO)[0]
    translated(project, traces[0], alice)
    trace = Trace.objects.for_project(other_project).get(trace_id=theirs)
    translated(other_project, trace, alice)

    ours = TranslationSegment.objects.for_project(project).values_list("key", flat=True)
    others = TranslationSegment.objects.for_project(other_project).values_list("key", flat=True)
    assert ours
    assert {bytes(key) for key in ours}.isdisjoint(bytes(key) for key in others)


def test_everything_goes_with_the_trace(project: Project, traces: list[Trace], alice: User) -> None:
    translated(project, traces[0], alice)
    translated(project, traces[1], alice)

    delete_traces(project.pk, [traces[0].trace_id])

    for model in (TranslationJob, TranslationSegment):
        left = set(model.objects.for_project(project).values_list("trace_id", flat=True))
        assert left == {traces[1].trace_id}


def test_a_trace_that_is_deleted_meanwhile_leaves_nothing(
    project: Project, traces: list[Trace], engine: Engine, alice: User
) -> None:
    job = orders.order(project, traces[0], "en", actor=alice)
    delete_traces(project.pk, [traces[0].trace_id])
    jobs.run(job)

    assert not TranslationJob.objects.for_project(project).exists()
    assert not TranslationSegment.objects.for_project(project).exists()
    assert not engine.asked


@pytest.mark.django_db(transaction=True)
def test_ten_who_expand_a_trace_at_once_have_it_translated_once(
    project: Project, traces: list[Trace], engine: Engine, alice: User
) -> None:
    def expand(_: int) -> None:
        try:
            job = orders.order(project, traces[0], "en", actor=alice)
            jobs.run(job)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as people:
        list(people.map(expand, range(10)))

    job = TranslationJob.objects.for_project(project).get()
    texts = [text for body in engine.asked for text in body["q"]]
    assert job.state == State.DONE
    assert len(texts) == len(set(texts)) == job.total
    assert AuditEvent.objects.filter(action="translation sent out", project_id=project.pk).count() == 1


def test_a_job_that_nobody_waits_for_is_cancelled_and_begins_again_when_somebody_does(
    project: Project, traces: list[Trace], engine: Engine, alice: User
) -> None:
    job = orders.order(project, traces[0], "en", actor=alice, wanted=timedelta(seconds=-1))
    jobs.run(job)
    job = TranslationJob.objects.for_project(project).get(id=job.id)
    assert job.state == State.CANCELLED
    assert not engine.asked

    assert translated(project, traces[0], alice).state == State.DONE


def test_a_job_of_a_killed_worker_is_taken_over_and_one_at_work_is_not(
    project: Project, traces: list[Trace], engine: Engine, alice: User
) -> None:
    job = orders.order(project, traces[0], "en", actor=alice)
    rows = TranslationJob.objects.for_project(project).filter(id=job.id)
    rows.update(state=State.RUNNING, leased_until=timezone.now() + timedelta(minutes=1))
    jobs.run(job)
    assert not engine.asked
    assert not jobs.unfinished(project.pk).free()

    rows.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert [row.id for row in jobs.unfinished(project.pk).free()] == [job.id]
    jobs.run(job)
    assert rows.get().state == State.DONE


def test_what_worked_is_shown_when_the_rest_failed(
    project: Project, traces: list[Trace], engine: Engine, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.translation.libretranslate.LibreTranslate.most_texts", 1)
    said: list[str] = []

    def once(text: str) -> str:
        engine.status, engine.failures = 503, -1  # from the next request on
        said.append(text)
        return text.upper()

    engine.translate = once
    job = translated(project, traces[0], alice)

    assert (job.state, job.error_code, len(said)) == (State.PARTIAL, "unavailable", 1)
    assert "OLÁ!" in job.result["texts"]["input"]
    assert "Sinto muito." in job.result["texts"]["output"]


def test_only_what_is_missing_is_paid_for_when_it_is_tried_again(
    project: Project, traces: list[Trace], engine: Engine, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.translation.libretranslate.LibreTranslate.most_texts", 1)
    said: list[str] = []

    def once(text: str) -> str:
        said.append(text)
        if len(said) == 2:
            engine.status, engine.failures = 403, 1
        return text.upper()

    engine.translate = once
    first = translated(project, traces[0], alice)
    assert (first.state, first.error_code) == (State.PARTIAL, "auth_failed")

    assert translated(project, traces[0], alice, again=True).state == State.DONE
    assert len(said) == len(set(said))


def test_a_long_job_goes_on_in_the_next_slice_and_asks_for_nothing_twice(
    project: Project, traces: list[Trace], engine: Engine, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine spoils the first text, which is not asked for again either."""
    monkeypatch.setattr("sessions.translation.libretranslate.LibreTranslate.most_texts", 1)
    said: list[str] = []

    def spoiling(text: str) -> str:
        said.append(text)
        return "" if text == "Olá!" else text.upper()

    engine.translate = spoiling
    job = orders.order(project, traces[0], "en", actor=alice)

    slices = 1
    while translations.work(project.pk, time.monotonic()):
        slices += 1
        assert TranslationJob.objects.for_project(project).get(id=job.id).state == State.QUEUED

    finished = TranslationJob.objects.for_project(project).get(id=job.id)
    assert slices > 2
    assert len(said) == len(set(said))
    assert finished.state == State.PARTIAL
    assert finished.result["kept"] == 1


def test_a_pair_that_nobody_serves_says_so_and_who_would(project: Project, alice: User) -> None:
    trace_id = tell(project, "bestellung", (("Wo ist meine Bestellung von letzter Woche?", "Sie kommt morgen an."),))[0]
    trace = Trace.objects.for_project(project).get(trace_id=trace_id)

    job = translated(project, trace, alice)

    assert (job.state, job.error_code) == (State.FAILED, "unsupported_pair")
    assert "from German into English" in job.error
    assert "DeepL" in job.error
    assert "LibreTranslate" in job.error


def test_the_quota_is_for_the_project_and_the_day(project: Project, traces: list[Trace], alice: User) -> None:
    TranslationSettings.objects.create(project=project, daily_characters=60)

    job = translated(project, traces[0], alice)

    assert (job.state, job.error_code) == (State.FAILED, "quota_exceeded")
    assert "60 characters" in job.error
    assert sum(TranslationUsage.objects.for_project(project).values_list("characters", flat=True)) == 0


def test_nothing_leaves_the_host_before_an_admin_agreed(
    project: Project, traces: list[Trace], engine: Engine, alice: User
) -> None:
    TranslationSettings.objects.update(consent_at=None)

    with pytest.raises(jobs.ProviderRefused, match="agreed"):
        orders.order(project, traces[0], "en", actor=alice)

    assert not engine.requests


def test_what_leaves_the_host_is_in_the_audit_log_without_its_text(
    project: Project, traces: list[Trace], engine: Engine, alice: User
) -> None:
    translated(project, traces[0], alice)

    event = AuditEvent.objects.get(action="translation sent out")
    assert (event.actor, event.target) == (alice.email, traces[0].trace_id)
    assert event.details["provider"] == "libretranslate"
    assert "pedido" not in str(event.details)
    assert engine.asked[0]["api_key"] == "k-123"


def test_the_embedded_engine_leaves_no_audit_event_since_nothing_leaves(
    project: Project, traces: list[Trace], alice: User
) -> None:
    translated(project, traces[0], alice)

    assert not AuditEvent.objects.filter(action="translation sent out").exists()


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    project: Project, traces: list[Trace], engine: Engine, alice: User, settings
) -> None:
    settings.TRANSLATION_HOSTS = []

    job = translated(project, traces[0], alice)

    assert (job.state, job.error_code) == (State.FAILED, "address_refused")
    assert not engine.requests


def test_a_changed_trace_is_another_job(project: Project, alice: User) -> None:
    trace_id = tell(project, "muda", PEDIDO[:1])[0]
    trace = Trace.objects.for_project(project).get(trace_id=trace_id)
    first = translated(project, trace, alice)

    tell(project, "muda", (("Olá! O pedido chegou hoje de manhã.", PEDIDO[0][1]),))
    trace = Trace.objects.for_project(project).get(trace_id=trace_id)
    second = translated(project, trace, alice)

    assert first.id != second.id
    assert "this morning" in second.result["texts"]["input"]


def test_what_is_beyond_the_budget_waits_until_somebody_asks_for_more(project: Project, alice: User) -> None:
    lines = "\n".join(f"O pedido número {number} ainda não chegou." for number in range(40))
    trace = Trace.objects.for_project(project).get(trace_id=tell(project, "longo", ((lines, "Sinto muito."),))[0])

    little = translated(project, trace, alice, budget=200)
    assert little.result["left_out"] > 0
    assert little.result["texts"]["input"].endswith("O pedido número 39 ainda não chegou.")

    assert translated(project, trace, alice, budget=400).result["left_out"] < little.result["left_out"]


def test_models_that_an_operator_drops_in_a_directory_are_used(tmp_path: Path, settings) -> None:
    provider = Embedded(ProviderAccess())
    before = provider.revision()
    with pytest.raises(UnsupportedPair):
        provider.translate(["A senha expirou."], "gl", "en")

    (tmp_path / "glen").symlink_to(models()["pt", "en"])
    settings.TRANSLATION_MODELS = str(tmp_path)

    assert "password" in provider.translate(["A senha expirou."], "gl", "en")[0]
    assert provider.revision() != before
