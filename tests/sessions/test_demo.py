"""The demo: every dialect tells the same kind of story, and what is stored is what was told."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import AuditEvent, Organization, Project, User
from sessions.demo.dialects import DIALECTS, Dialect
from sessions.demo.export import body
from sessions.demo.filling import DEMO_SESSIONS, DEMO_TAG, begin
from sessions.demo.script import casts
from sessions.demo.story import Conversation, DemoSpan, tell
from sessions.demo.tasks import demo_sessions
from sessions.demo.tools import DEMO_TOOLS
from sessions.models import DemoFill, Session
from sessions.rollup.recomputing import drain
from sessions.rollup.session_rows import recompute
from tracing.ingest.intake import take_traces
from tracing.models import IngestionIssue, Span, Trace
from tracing.records import Kind
from tracing.wire.otlp import PROTOBUF

TOLD = 30


def steps(talk: Conversation) -> Iterator[DemoSpan]:
    for turn in talk.turns:
        yield from turn.root.walk()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def demo(output: StringIO | None = None, **options: Any) -> str:
    output = output or StringIO()
    call_command("demo", stdout=output, **options)
    return output.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.scope)
def test_a_dialect_loses_nothing_of_the_story(project: Project, dialect: Dialect) -> None:
    for talk in tell(TOLD, seed=7, until=timezone.now()):
        outcome = take_traces(project, body(talk, dialect), PROTOBUF, {})
        assert (outcome.rejected, outcome.message) == (0, "")
        recompute(project.pk, [talk.session_id])
        stored = Session.objects.for_project(project).get(session_id=talk.session_id)
        calls = [step for step in steps(talk) if step.model]
        assert stored.trace_count == len(talk.turns)
        assert stored.span_count == len(list(steps(talk)))
        assert stored.error_count == sum(bool(step.error) for step in steps(talk))
        assert stored.input_tokens == sum(step.input_tokens for step in calls)
        assert stored.output_tokens == sum(step.output_tokens for step in calls)
        assert stored.model_names == sorted({step.model for step in calls})
        assert set(stored.tool_names) >= {step.name for step in steps(talk) if step.kind == Kind.TOOL}
        assert stored.user_ids == [talk.user_id]
        assert stored.environments == [talk.environment]
        assert stored.first_input == preview(talk.turns[0].root.input)
        assert stored.last_output == preview(talk.turns[-1].root.output)
    assert not IngestionIssue.objects.for_project(project).exists()


def preview(text: str) -> str:
    return " ".join(text.split())[:500]


@pytest.mark.django_db
def test_it_makes_a_project_full_of_sessions_and_says_where() -> None:
    said = demo(sessions=TOLD)
    project = Project.objects.get(name="Demo")
    assert Session.objects.for_project(project).count() == TOLD
    assert f"Demo has {TOLD} sessions" in said
    assert f"/project/{project.pk}/sessions" in said


@pytest.mark.django_db
def test_a_person_sees_its_progress_and_a_log_does_not() -> None:
    assert "2 of 2 sessions" in demo(Terminal(), sessions=2)
    assert "of 2 sessions" not in demo(sessions=2)


@pytest.mark.django_db
def test_a_second_run_adds_nothing() -> None:
    demo(sessions=TOLD)
    before = counts()
    demo(sessions=TOLD)
    assert counts() == before


def counts() -> tuple[int, ...]:
    project = Project.objects.get(name="Demo")
    return tuple(model.objects.for_project(project).count() for model in (Session, Trace, Span))


@pytest.mark.django_db
def test_another_seed_adds_other_sessions() -> None:
    demo(sessions=5)
    demo(sessions=5, seed=2)
    assert counts()[0] == 10
    assert Organization.objects.count() == 1


@pytest.mark.django_db
def test_an_archived_project_is_left_alone(project: Project) -> None:
    project.archived_at = timezone.now()
    project.save()
    with pytest.raises(CommandError, match="accepts no more data"):
        demo(project="Support")


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def part(client: Client, project: Project) -> str:
    answer = client.get(reverse("setup-demo", args=[project.pk]), headers={"HX-Request": "true"})
    return answer.content.decode()


@pytest.mark.django_db
def test_an_empty_project_is_filled_by_the_worker_and_emptied_again(alices: Client, project: Project) -> None:
    setup = reverse("setup", args=[project.pk])
    assert "Fill with demo sessions" in alices.get(setup).content.decode()
    ordered = alices.post(reverse("setup-demo", args=[project.pk]))
    assert (ordered.status_code, ordered["Location"]) == (302, setup)
    assert "0 of 60 demo sessions" in alices.get(setup).content.decode()
    assert AuditEvent.objects.get(action=AuditEvent.Action.DEMO_ORDERED).details["sessions"] == DEMO_SESSIONS

    assert demo_sessions.work(project.pk, time.monotonic()), "a slice tells one conversation"
    assert "1 of 60 demo sessions" in part(alices, project)
    demo_sessions.drain()
    drain(project.pk)

    stored = Session.objects.for_project(project)
    fill = DemoFill.objects.for_project(project).get()
    assert sorted(fill.session_ids) == sorted(stored.values_list("session_id", flat=True))
    assert len(fill.session_ids) == DEMO_SESSIONS
    assert all(DEMO_TAG in session.tags for session in stored)
    assert not IngestionIssue.objects.for_project(project).exists()
    shown = part(alices, project)
    assert "60 demo sessions" in shown
    assert "Fill with demo sessions" not in shown

    form = {"action": "delete", "session": re.findall(r'name="session" value="([^"]+)"', shown)}
    assert "Delete 60 sessions" in alices.post(reverse("bulk-new", args=[project.pk]), form).content.decode()
    alices.post(reverse("bulk-new", args=[project.pk]), form | {"confirmed": "1"})
    assert not stored.all().exists()
    assert "Fill with demo sessions" in part(alices, project)


@pytest.mark.django_db
def test_demo_sessions_fill_only_what_is_empty_and_are_ordered_once(alices: Client, project: Project) -> None:
    for _ in range(2):
        alices.post(reverse("setup-demo", args=[project.pk]))
    assert DemoFill.objects.for_project(project).count() == 1

    DemoFill.objects.for_project(project).delete()
    take_traces(project, body(next(tell(1, seed=1, until=timezone.now())), DIALECTS[0]), PROTOBUF, {})
    alices.post(reverse("setup-demo", args=[project.pk]))
    assert not DemoFill.objects.for_project(project).exists()
    assert "demo sessions" not in alices.get(reverse("setup", args=[project.pk])).content.decode()


@pytest.mark.django_db
def test_a_quota_ends_the_filling_with_its_reason(alices: Client, alice: User, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(monthly_span_quota=1)
    alices.post(reverse("setup-demo", args=[project.pk]))
    demo_sessions.drain()
    drain(project.pk)

    assert "quota of 1 spans" in part(alices, project)
    assert "1 demo session" in part(alices, project)

    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    fill = begin(project, by=alice)
    demo_sessions.drain()
    fill.refresh_from_db(from_queryset=fill.row)
    assert fill.error == "The project accepts no more data."


@pytest.mark.django_db
def test_who_does_not_administer_orders_no_demo(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)

    assert client.post(reverse("setup-demo", args=[project.pk])).status_code == 403
    assert "demo sessions" not in client.get(reverse("setup", args=[project.pk])).content.decode()
    assert not DemoFill.objects.for_project(project).exists()


def test_the_same_seed_and_hour_tell_the_same() -> None:
    until = datetime(2026, 11, 20, 12, tzinfo=UTC)
    first, second = (list(tell(40, seed=3, until=until)) for _ in range(2))
    assert first == second
    assert first != list(tell(40, seed=4, until=until))
    assert len({talk.session_id for talk in first}) == 40
    assert all(talk.started_at + talk.turns[-1].root.after + talk.turns[-1].root.took <= until for talk in first)


def test_the_stories_are_as_varied_as_real_ones() -> None:
    talks = list(tell(200, seed=1, until=timezone.now()))
    languages = Counter(talk.metadata["language"] for talk in talks)
    assert set(languages) == {"en", "pt", "es", "ja", "de", "ar"}
    assert len({talk.theme for talk in talks}) >= 8
    assert len({talk.user_id for talk in talks}) > 30
    assert len({talk.model for talk in talks}) == 5
    assert {talk.environment for talk in talks} == {"production", "staging", "development"}
    assert any(turn.root.after.total_seconds() > 3600 for talk in talks for turn in talk.turns)
    assert len({talk.started_at.date() for talk in talks}) > 14


@pytest.mark.parametrize("seed", range(10))
def test_few_conversations_fail_and_some_do_in_every_demo(seed: int) -> None:
    talks = list(tell(DEMO_SESSIONS, seed=seed, until=timezone.now()))
    failed = [talk for talk in talks if any(step.error for step in steps(talk))]
    assert 0.04 < len(failed) / len(talks) < 0.16
    assert {step.kind for talk in failed for step in steps(talk) if step.error} >= {Kind.TOOL}


def test_every_script_is_whole() -> None:
    for cast in casts():
        for script in cast.scripts:
            for exchange in script.exchanges:
                assert exchange.asked, (cast.language, script.theme)
                assert exchange.answered, (cast.language, exchange.asked)
                for act in exchange.acts:
                    assert act.documents if act.query else act.name in DEMO_TOOLS, (cast.language, act.name)


def test_no_word_is_left_open() -> None:
    texts = [
        str((step.input, step.output, step.error))
        for talk in tell(250, seed=1, until=timezone.now())
        for step in steps(talk)
    ]
    assert not [text for text in texts if re.search(r"\$[a-z]", text)]
