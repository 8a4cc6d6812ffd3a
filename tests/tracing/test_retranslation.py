"""A newer vocabulary reaches the spans that are stored already, and the dialects are documented from the code."""

from dataclasses import replace
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from projects.models import Project
from tests.tracing.reports import at
from tests.wire.scenarios import SCENARIOS, name_of, records_of
from tracing.ingest.pipeline import ingest
from tracing.models import Span, SpanIO, Trace
from tracing.records import Kind, RawSpan
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


def test_the_command_names_the_wrong_argument(db: None) -> None:
    with pytest.raises(CommandError, match="id 0"):
        call_command("retranslate", "--project", "0")


def test_the_dialects_are_documented_as_they_are() -> None:
    assert (settings.BASE_DIR / "docs" / "dialects.md").read_text() == document(), "run manage.py dialects_doc"
