"""The pages of sessions: who sees them, what stands on them, and what they cost."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from projects.models import Project, User
from sessions.models import Session
from sessions.models.properties import PropertyKind, properties_of
from sessions.replay.turns import FIRST_PAGE, TURNS_PER_PAGE
from sessions.rollup.session_rows import recompute
from tests.conversations import TICKET, read, tell, window_of
from tests.tracing.reports import at, call, in_session
from tracing.ingest.pipeline import ingest
from tracing.records import Issue, Reason, ScoreRecord

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def url(name: str, project: Project, *args: str) -> str:
    return reverse(name, args=[project.pk, *args])


def every_page(project: Project) -> list[str]:
    trace_id = tell(project, "ticket-1")[0]
    return [
        url("sessions", project),
        url("session", project, "ticket-1"),
        url("traces", project),
        url("trace", project, trace_id),
        url("text", project, trace_id) + "?span=root&side=input",
        url("issues", project),
        url("setup", project),
    ]


def test_members_see_every_page_and_strangers_none(
    client: Client, project: Project, alice: User, bob: User, charlie: User
) -> None:
    pages = every_page(project)

    for person, status in ((alice, 200), (bob, 200), (charlie, 404)):
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [status] * len(pages)


def test_who_is_not_signed_in_is_asked_to_and_led_back(client: Client, project: Project) -> None:
    for page in every_page(project):
        answer = client.get(page)

        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("sign-in") + "?next=/project/")


def test_no_page_shows_another_projects_rows(alices: Client, project: Project, other_project: Project) -> None:
    foreign = tell(other_project, "their-ticket")[0]
    tell(project, "ticket-1")

    assert b"their-ticket" not in alices.get(url("sessions", project)).content
    assert foreign.encode() not in alices.get(url("traces", project)).content
    assert alices.get(url("session", project, "their-ticket")).status_code == 404
    assert alices.get(url("trace", project, foreign)).status_code == 404
    assert alices.get(url("text", project, foreign) + "?span=root&side=input").status_code == 404


def test_a_project_opens_on_the_setup_until_something_arrived(alices: Client, project: Project) -> None:
    assert alices.get(reverse("home"), follow=True).redirect_chain[-1][0] == url("setup", project)

    tell(project, "ticket-1")

    assert alices.get(reverse("home"), follow=True).redirect_chain[-1][0] == url("sessions", project)


def test_the_list_leads_with_what_was_said(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")

    html = alices.get(url("sessions", project)).content.decode()

    assert "My order #12345 hasn&#x27;t arrived yet." in html
    assert "No, but you can pick it up at the station." in html
    assert url("session", project, "ticket-1") in html


def test_every_property_can_be_a_column(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")
    names = list(properties_of(Session))

    html = alices.get(url("sessions", project) + f"?columns={','.join(names)}").content.decode()

    assert re.findall(r'<th scope="col"[^>]* data-column="(\w+)"', html) == names


def test_an_empty_project_shows_the_way_and_an_empty_answer_its_filters(alices: Client, project: Project) -> None:
    assert url("setup", project) in alices.get(url("sessions", project)).content.decode()

    tell(project, "ticket-1")
    html = alices.get(url("sessions", project) + "?tags=vip").content.decode()

    assert "No sessions match" in html
    assert "Tags any of" in html


def test_a_typed_time_is_meant_in_the_projects_zone(alices: Client, project: Project) -> None:
    """The session ends at 12:01 UTC, which is 21:01 in Tokyo."""
    tell(project, "ticket-1")
    zone = {"name": project.name, "time_zone": "Asia/Tokyo"}
    assert alices.post(url("project-rename", project), zone).status_code == 302
    evening = at(0) + timedelta(hours=9)

    def is_listed(minutes: int) -> bool:
        typed = (evening + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")
        return "ticket-1" in alices.get(url("sessions", project) + f"?updated_at__gte={typed}").content.decode()

    assert is_listed(-30)
    assert not is_listed(30)


def test_a_bad_filter_is_answered_with_its_reason_and_keeps_the_text(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")

    html = alices.get(url("sessions", project) + "?total_cost__gte=much").content.decode()

    assert "This list cannot be shown." in html
    assert 'value="much"' in html


def test_the_filter_form_shows_what_was_given_and_room_for_more(alices: Client, project: Project) -> None:
    tell(project, "ticket-1", TICKET[:1])
    html = alices.get(url("sessions", project) + "?tags=a%22b&updated_at__gte=2026-11-21T10:00").content.decode()

    assert '<input class="field" type="text" name="tags" value="a&quot;b"' in html
    assert '<input class="field" type="text" name="tags" value=""' in html
    assert '<input class="field" type="datetime-local" name="updated_at__gte" value="2026-11-21T10:00"' in html


def test_the_next_page_of_the_list_comes_as_rows_alone(alices: Client, project: Project) -> None:
    for number in range(3):
        tell(project, f"ticket-{number}", TICKET[:1])

    first = alices.get(url("sessions", project) + "?limit=2&sort=id")
    following = first.context["listing"].next
    rows = alices.get(url("sessions", project), {"limit": 2, "sort": "id", "cursor": following}, headers=FRAGMENT)

    assert b"<html" not in rows.content
    assert b"ticket-2" in rows.content
    assert b"ticket-1" not in rows.content
    assert "HX-Request" in rows["Vary"]


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_asks_as_many_questions_for_20_rows_as_for_one(
    alices: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        tell(project, f"ticket-{number}", TICKET[:1])

    with django_assert_max_num_queries(8):  # tests/sessions/test_list_page.py names them
        alices.get(url("sessions", project))


@pytest.mark.parametrize("count", [1, TURNS_PER_PAGE + 5])
def test_a_session_page_asks_as_many_questions_for_many_traces_as_for_one(
    alices: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    tell(project, "ticket-1", [("Hello?", "Hello!")] * count)

    with django_assert_max_num_queries(15):  # four of them limit the time of finding the neighbours
        alices.get(url("session", project, "ticket-1"))


def test_a_session_shows_every_property_with_its_explanation(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")

    html = alices.get(url("session", project, "ticket-1")).content.decode()

    for declared in properties_of(Session).values():
        if declared.kind not in {PropertyKind.ID, PropertyKind.TEXT, PropertyKind.USAGE}:
            assert declared.label in html
            assert escape(declared.help) in html
    assert "gpt-4o" in html


def test_a_session_shows_its_traces_in_order_and_reads_on_page_by_page(alices: Client, project: Project) -> None:
    said = [(f"question {number}", "answer") for number in range(FIRST_PAGE + 2)]
    tell(project, "long/one", said)
    page = url("session", project, "long/one")

    first = alices.get(page)
    numbers = [turn.number for turn in window_of(first).turns]
    rest = alices.get(page, {"after": str(window_of(first).following)}, headers=FRAGMENT)

    assert numbers == list(range(1, FIRST_PAGE + 1))
    assert [turn.trace.input_preview for turn in window_of(rest).turns] == [said[-2][0], said[-1][0]]
    assert [turn.number for turn in window_of(rest).turns] == [FIRST_PAGE + 1, FIRST_PAGE + 2]
    assert window_of(rest).following is None
    assert b"<html" not in rest.content


@pytest.mark.parametrize("cursor", ["x", "1~2~3~4", "1~2026-01-01T00:00:00~2026-01-01T00:00:00~a", "~~~"])
def test_what_is_no_cursor_starts_at_the_beginning(alices: Client, project: Project, cursor: str) -> None:
    tell(project, "ticket-1")

    answer = alices.get(url("session", project, "ticket-1"), {"after": cursor})

    assert [turn.number for turn in window_of(answer).turns] == [1, 2]


def test_long_waits_between_traces_are_named(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")

    assert "58 s idle" in alices.get(url("session", project, "ticket-1")).content.decode()


def test_the_account_of_a_session_comes_as_a_fragment_and_on_the_page(alices: Client, project: Project) -> None:
    tell(project, "ticket-1")
    page = url("session", project, "ticket-1") + "?account"

    fragment, whole = alices.get(page, headers=FRAGMENT), alices.get(page)

    assert b"sums over 2 traces with 2 model calls" in fragment.content
    assert b"<html" not in fragment.content
    assert b"sums over 2 traces with 2 model calls" in whole.content


def test_the_account_counts_values_that_are_not_on_every_trace_and_averages_scores(
    alices: Client, project: Project
) -> None:
    claims = [in_session("s", tags=["all", "some"], user_id="ana"), in_session("s", tags=["all"], user_id="ana")]
    scores = [ScoreRecord(str(n), "helpful", "NUMERIC", float(n), session_id="s") for n in (1, 2)]
    ingest(project.pk, [*(call(f"t{n}", "a", claims=claim) for n, claim in enumerate(claims)), *scores])
    recompute(project.pk, ["s"])

    shown = read(alices.get(url("session", project, "s") + "?account", headers=FRAGMENT))

    assert "Tags, by the number of traces: all × 2, some × 1." in shown
    assert "Users, by" not in shown
    assert "Score helpful: 1.50 on average of 2 scores." in shown


def test_a_session_that_is_not_there_says_what_may_be_the_case(alices: Client, project: Project) -> None:
    answer = alices.get(url("session", project, "no/such<b>"))

    assert answer.status_code == 404
    assert "Ingestion issues" in answer.content.decode()
    assert "no/such&lt;b&gt;" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("sessions/a%00b", 404),
        ("traces/a%00b", 404),
        ("traces/{}?span=a%00b", 400),
        ("texts/{}?span=a%00b&side=input", 400),
    ],
)
def test_what_no_id_can_contain_is_found_nowhere(alices: Client, project: Project, path: str, status: int) -> None:
    trace_id = tell(project, "ticket-1")[0]

    page = f"/project/{project.pk}/" + path.format(trace_id)

    assert alices.get(page, headers=FRAGMENT).status_code == status


@pytest.mark.parametrize("session_id", ["a b?c#d", "100%", "a/b//c", "a%2Fb", "'\"<>&+=;"])
def test_a_session_of_any_id_opens_from_the_list(alices: Client, project: Project, session_id: str) -> None:
    tell(project, session_id, TICKET[:1])

    html = alices.get(url("sessions", project)).content.decode()
    link = re.search(r'class="said-link" data-stop href="([^"]+)"', html)
    assert link
    answer = alices.get(unescape(link[1]))

    assert answer.status_code == 200
    assert answer.context["session"].session_id == session_id


def test_what_is_not_there_is_told_in_the_frame(alices: Client) -> None:
    answer = alices.get("/project/0/sessions")

    assert answer.status_code == 404
    assert "<h1>Nothing is here.</h1>" in answer.content.decode()


def test_ingestion_issues_are_told_in_words(alices: Client, project: Project) -> None:
    ingest(project.pk, [], issues=[Issue(Reason.SESSION_ID_TOO_LONG, "<script>" + "z" * 100)])

    html = alices.get(url("issues", project)).content.decode()

    assert "The trace is stored, but belongs to no session." in html
    assert "&lt;script&gt;zzz" in html
