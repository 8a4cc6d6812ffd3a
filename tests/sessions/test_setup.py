"""The setup page: a key pair at once, code for every SDK, a test trace, and what arrives."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from projects.models import ApiKey, AuditEvent, Organization, Project, User
from sessions.management.commands.sdks_doc import GENERATED_MARK
from sessions.models import Session
from sessions.rollup.session_rows import recompute
from sessions.views.onboarding import TEST_SESSION_PREFIX
from sessions.views.sdk_choices import CHOICES, SNIPPETS, choices_table
from sessions.views.snippets import SNIPPET_SESSION_ID, filled
from tests.conversations import tell
from tests.tracing.reports import in_session, span
from tracing.ingest.pipeline import ingest
from tracing.models import IngestionIssue, Trace
from tracing.records import Issue, Reason

FRAGMENT = {"HX-Request": "true"}
SECRET = re.compile(r"sk-[\w-]{40,}")


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def url(name: str, project: Project) -> str:
    return reverse(name, args=[project.pk])


def html_of(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def order_first(client: Client, project: Project) -> str:
    """Do what the page does by itself when it opens. Return the page that answers."""
    answer = client.post(url("new-key", project), {"first": "yes"}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def orders_one(html: str) -> bool:
    return "Creating your first key pair" in html


def test_the_first_visit_orders_a_pair_that_is_filled_in_once(alices: Client, project: Project) -> None:
    assert orders_one(html_of(alices, url("setup", project)))
    assert not project.api_keys.exists(), "reading a page creates nothing"

    html = order_first(alices, project)
    secret = set(SECRET.findall(strip_tags(html)))  # colours may stand within it

    assert len(secret) == 1
    assert strip_tags(html).count(secret.pop()) == 1 + len(SNIPPETS)
    assert project.api_keys.get().public_key in html
    assert AuditEvent.objects.filter(action=AuditEvent.Action.KEY_CREATED).count() == 1
    for again in (html_of(alices, url("setup", project)), order_first(alices, project)):
        assert not SECRET.search(again)
        assert not orders_one(again)
        assert "Create a key pair" in again
    assert project.api_keys.count() == 1


def test_no_pair_is_ordered_where_one_works_or_none_could(alices: Client, project: Project, key: object) -> None:
    ApiKey.objects.update(last_used_at=timezone.now())
    assert not orders_one(html_of(alices, url("setup", project)))
    assert not SECRET.search(order_first(alices, project))

    ApiKey.objects.all().delete()
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    assert not orders_one(html_of(alices, url("setup", project)))
    Project.objects.filter(pk=project.pk).update(archived_at=None)
    ingest(project.pk, [span("trace-0", "root", input="hi")])
    assert not orders_one(html_of(alices, url("setup", project)))
    assert not SECRET.search(order_first(alices, project))
    assert not project.api_keys.exists()


def test_only_who_administers_makes_keys(client: Client, project: Project, bob: User) -> None:
    client.force_login(bob)

    assert client.post(url("new-key", project)).status_code == 403
    page = html_of(client, url("setup", project))
    assert "Ask an admin or owner" in page
    assert not orders_one(page)
    assert not ApiKey.objects.exists()


def test_another_pair_is_shown_once_and_a_reload_leads_to_the_page(alices: Client, project: Project) -> None:
    made = alices.post(url("new-key", project))
    secret = made.context["secret_key"]

    assert strip_tags(made.content.decode()).count(secret) == 1 + len(SNIPPETS)
    reloaded = alices.get(url("new-key", project))
    assert (reloaded.status_code, reloaded["Location"]) == (302, url("setup", project))
    assert secret not in html_of(alices, url("setup", project))


def test_a_new_project_lands_on_its_setup(alices: Client, organization: Organization) -> None:
    answer = alices.post(reverse("project-create", args=[organization.pk]), {"name": "Returns"}, follow=True)

    project = Project.objects.get(name="Returns")
    assert answer.redirect_chain == [(url("setup", project), 302)]
    assert orders_one(answer.content.decode())


def test_a_new_organization_leads_to_the_setup_of_its_first_project(alices: Client) -> None:
    made = alices.post(reverse("organization-create"), {"name": "Initech", "project": "Support"})

    project = Project.objects.get(name="Support")
    assert (made.status_code, made["Location"]) == (302, url("setup", project))
    assert project.organization.name == "Initech"
    created = AuditEvent.objects.filter(action=AuditEvent.Action.PROJECT_CREATED).get()
    assert created.target == "Support"


def test_the_chooser_has_every_dialect() -> None:
    names = {choice.label for choice in CHOICES}
    wanted = (
        "InteractiveAI, Laminar, Langfuse, OpenTelemetry, OpenInference, Traceloop, Vercel AI SDK, Pydantic AI,"
        " OpenAI Agents, Claude Code, Codex, LiteLLM, Mastra, Strands, Google ADK, Spring AI"
    )
    assert set(wanted.replace("\n", " ").split(", ")) <= names
    assert "LangChain, LangGraph" in names
    assert len({snippet.name for snippet in SNIPPETS}) == len(SNIPPETS)
    files = {path.name for path in (settings.BASE_DIR / "templates/sessions/snippets").iterdir()}
    assert {snippet.template for snippet in SNIPPETS} == files


def test_the_documentation_lists_the_cards_of_the_chooser() -> None:
    page = (settings.BASE_DIR / "docs" / "sdks.md").read_text()
    assert f"{GENERATED_MARK}{choices_table()}\n" in page, "run manage.py sdks_doc"


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_every_snippet_has_the_key_the_address_and_a_marked_session(snippet: object) -> None:
    code = filled(snippet, public_key="pk-1", secret_key="sk-1")  # type: ignore[arg-type]

    assert "sk-1" in code.code
    assert "127.0.0.1" in code.code or "localhost" in code.code
    assert "{{" not in code.code
    has_session = SNIPPET_SESSION_ID in code.code  # a coding agent names its own sessions
    assert has_session is ("<mark>" in code.html)
    assert has_session or code.snippet.name in {"claude-code", "codex"}


def test_a_test_trace_takes_the_way_of_every_other(alices: Client, project: Project) -> None:
    answer = alices.post(url("setup-test", project), headers=FRAGMENT).content.decode()

    trace = Trace.objects.for_project(project).get()
    assert trace.session_id is not None
    assert trace.session_id.startswith(TEST_SESSION_PREFIX)
    assert trace.session_id in answer
    assert "Does the test trace arrive?" in trace.input_preview
    recompute(project.pk, [trace.session_id])
    assert Session.objects.for_project(project).get().trace_count == 1


def test_a_refused_test_trace_says_why(alices: Client, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(monthly_span_quota=1)
    for _ in range(2):
        answer = alices.post(url("setup-test", project), headers=FRAGMENT).content.decode()

    assert "The test trace was refused." in answer
    assert "quota of 1 spans" in answer
    assert Trace.objects.for_project(project).count() == 1


def test_without_a_script_the_test_trace_leads_back(alices: Client, project: Project) -> None:
    answer = alices.post(url("setup-test", project))

    assert (answer.status_code, answer["Location"]) == (302, url("setup", project))


def test_the_setup_turns_into_a_link_when_a_trace_arrives(alices: Client, project: Project) -> None:
    page = url("setup", project)
    waiting = html_of(alices, page, **FRAGMENT)

    ingest(project.pk, [span("trace-0", "root", input="hi")])
    stray = html_of(alices, page, **FRAGMENT)

    ingest(project.pk, [span("trace-1", "root", input="hi", claims=in_session("chat/1"))])
    tell(project, "ticket-1")
    arrived = html_of(alices, page, **FRAGMENT)

    assert "Waiting for the first trace" in waiting
    assert "every 2s" in waiting
    assert reverse("trace", args=[project.pk, "trace-0"]) in stray
    assert reverse("session", args=[project.pk, "ticket-1"]) in arrived
    assert "every 5s" in arrived, "what arrives later is shown, too"


def test_what_is_not_stored_as_sent_is_said_where_people_wait(alices: Client, project: Project) -> None:
    ingest(project.pk, [], issues=[Issue(Reason.SESSION_ID_TOO_LONG, "z" * 201)])

    assert "Session id too long" in html_of(alices, url("setup", project), **FRAGMENT)

    IngestionIssue.objects.for_project(project).update(last_seen=timezone.now() - timedelta(days=1))
    assert "Session id too long" not in html_of(alices, url("setup", project), **FRAGMENT)
