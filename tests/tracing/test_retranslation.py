"""A newer vocabulary reaches the spans that are stored already, and the dialects are documented from the code."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Model

from projects.models import Project
from tests.tracing.reports import at, call, span
from tests.wire.scenarios import SCENARIOS, name_of, records_of
from tracing.ingest.pipeline import ingest
from tracing.models import Span, SpanIO, Trace
from tracing.records import Claims, Kind, RawSpan, TraceRecord
from tracing.vocabularies import translate
from tracing.vocabularies.document import document

COLUMNS = [f.attname for f in Span._meta.local_concrete_fields if f.attname not in {"text_hash", "received_at"}]
FRAMEWORKS = [scenario for scenario in SCENARIOS if (scenario / "truth.json").exists()]


def raw_span(**attributes: object) -> RawSpan:
    return RawSpan(
        trace_id="t",
        span_id="a",
        parent_id=None,
        name="turn",
        started_at=at(0),
        ended_at=at(1),
        attributes=attributes,
        events=[],
        status_code=0,
        status_message="",
        resource={},
        scope_name="shop",
        scope_version="1",
    )


def test_what_an_older_vocabulary_did_not_know_is_found_in_the_raw_attributes(project: Project) -> None:
    record = translate(raw_span(**{"session.id": "s", "langfuse.observation.input": "hi"}))
    assert record is not None
    record.claims.session_id = None  # as if the key had been unknown
    ingest(project.pk, [record])
    assert Trace.objects.for_project(project).get().session_id is None

    out = StringIO()
    call_command("retranslate", stdout=out)

    assert Trace.objects.for_project(project).get().session_id == "s"
    assert SpanIO.objects.for_project(project).get().input == "hi"
    assert "1 traces read again" in out.getvalue()


def test_a_conversation_that_an_older_release_stored_as_one_turn_becomes_several(project: Project) -> None:
    told = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "A"}, {"role": "user", "content": "b"}]
    for span_id, history in (("a", told[:1]), ("b", told)):
        said = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": history, "gen_ai.output.messages": told[1:2]}
        record = translate(replace(raw_span(**said), span_id=span_id))
        assert record is not None
        ingest(project.pk, [record])
    found = Trace.objects.for_project(project)
    before = found.get().exchanges
    texts = list(SpanIO.objects.for_project(project).order_by("pk").values_list("input", "output"))
    Span.objects.for_project(project).update(claims=None)
    found.update(turn_count=1, exchanges=None)

    call_command("retranslate", stdout=StringIO())

    assert (found.get().turn_count, found.get().exchanges) == (2, before)
    assert list(SpanIO.objects.for_project(project).order_by("pk").values_list("input", "output")) == texts


def test_speech_that_an_older_release_took_for_a_model_call_is_a_step(project: Project) -> None:
    said = {"gen_ai.request.model": "gpt-4o-mini-tts", "lk.input_text": "Hi"}
    record = translate(replace(raw_span(**said), name="tts_request"))
    assert record is not None
    record.kind, record.input, record.output = Kind.GENERATION, record.output, None
    ingest(project.pk, [replace(record, input="Hi")])
    assert Trace.objects.for_project(project).get().call_count == 1

    call_command("retranslate", stdout=StringIO())

    found = Trace.objects.for_project(project).get()
    assert (found.call_count, found.output_span_id) == (0, "a")
    assert SpanIO.objects.for_project(project).get().output == "Hi"


@pytest.mark.parametrize("scenario", FRAMEWORKS, ids=name_of)
def test_the_same_vocabulary_changes_nothing(project: Project, scenario: object) -> None:
    ingest(project.pk, records_of(scenario))  # type: ignore[arg-type]
    before = list(Span.objects.for_project(project).order_by("pk").values(*COLUMNS))
    texts = list(SpanIO.objects.for_project(project).order_by("pk").values())
    call_command("retranslate", stdout=StringIO())

    assert list(Span.objects.for_project(project).order_by("pk").values(*COLUMNS)) == before
    assert list(SpanIO.objects.for_project(project).order_by("pk").values()) == texts


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("retranslate", *arguments, stdout=out)
    return out.getvalue()


def stored(project: Project) -> list[list[dict[str, Any]]]:
    models: list[type[Model]] = [Span, SpanIO, Trace]
    return [list(model.objects.for_project(project).order_by("pk").values()) for model in models]  # type: ignore[attr-defined]


PRINTED = "{'messages': [HumanMessage(content='Where is it?')], 'step': 1}"


def older(project: Project) -> None:
    """Traces as an older version stored them: a printed input, a placeholder at the root, tokens that nobody read."""
    ingest(project.pk, [
        span("a", "1", input=PRINTED, output="Here."),
        span("b", "root", input="{}", output="[]"), call("b", "1", "root", input="Hi", output="Hello."),
        span("c", "1", input="plain", output="words"),
        TraceRecord("d", Claims(input="null")), span("d", "1", input="asked"),
    ])  # fmt: skip
    raw = {"attributes": {"gen_ai.usage.input_tokens": 7, "gen_ai.request.model": "gpt-4o"}, "scope": {"name": "shop"}}
    ingest(project.pk, [span("e", "1", kind=Kind.GENERATION, input="Count me", raw=raw)])
    with transaction.atomic():
        rows = Trace.objects.for_project(project).filter(trace_id="a").select_for_update()
        rows.update(input_preview=PRINTED)


def test_a_dry_run_counts_what_a_real_run_changes_and_changes_nothing(project: Project) -> None:
    older(project)
    before = stored(project)

    dry = told("--dry-run")
    assert stored(project) == before
    assert "Traces that would change: 1 in numbers, 3 in steps, 2 in words" in dry
    assert "Nothing was changed." in dry

    assert "Traces that changed: 1 in numbers, 3 in steps, 2 in words" in told()
    assert "Traces that changed: none" in told()


def test_stored_texts_and_numbers_are_brought_to_the_new_reading(project: Project) -> None:
    older(project)
    told()

    traces = Trace.objects.for_project(project).order_by("trace_id")
    assert list(traces.values_list("input_preview", "output_preview", "input_tokens")) == [
        ("Where is it?", "Here.", 0),
        ("Hi", "Hello.", 100),
        ("plain", "words", 0),
        ("asked", "", 0),
        ("Count me", "", 7),
    ]
    kept = SpanIO.objects.for_project(project).get(trace_id="a")
    assert kept.input == '[{"role":"user","content":"Where is it?"}]'
    assert kept.raw == {"attributes": {"input.as_sent": PRINTED}}


def test_the_command_names_the_wrong_argument(db: None) -> None:
    with pytest.raises(CommandError, match="id 0"):
        call_command("retranslate", "--project", "0")


def test_the_dialects_are_documented_as_they_are() -> None:
    assert (settings.BASE_DIR / "docs" / "dialects.md").read_text() == document(), "run manage.py dialects_doc"
