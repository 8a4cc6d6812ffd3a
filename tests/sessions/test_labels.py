"""Labels, status and assignee: set by people and programs, asked for, counted, exported, and gone with the session."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from projects.access import reader
from projects.accounts import people
from projects.auth import create_key
from projects.models import AuditEvent, Membership, Project, Role, Scope, User
from sessions.bulk import jobs
from sessions.bulk.tasks import bulk_jobs
from sessions.cohorts import making
from sessions.conversations.states import edit_states, labelling, load_labels, load_states, setting
from sessions.deletion import erasing
from sessions.export import files
from sessions.export.views import downloads
from sessions.listing.completing import options
from sessions.listing.facets import facet_of, load_facet_values
from sessions.listing.listing import Listing
from sessions.models import BulkJob, Cohort, ExportFile, SessionState
from sessions.models.state import MAX_LABEL_CHARACTERS, MAX_LABELS
from sessions.query.people import naming_me
from sessions.rollup.session_rows import recompute
from tests.conftest import Key
from tests.conversations import tell
from tests.sessions.rows import session

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
NFD_CAFE, NFC_CAFE = "cafe\u0301", "caf\u00e9"


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def alices(signed_in: Callable[[User], Client], alice: User) -> Client:
    return signed_in(alice)


def url(name: str, project: Project, *args: object) -> str:
    return reverse(name, args=[project.pk, *args])


def set_of(project: Project, session_id: str = "one") -> tuple[list[str], str, int | None]:
    state = SessionState.objects.for_project(project).get(session_id=session_id)
    return state.labels, state.status, state.assignee_id


def post(client: Client, project: Project, session_id: str = "one", **form: str) -> int:
    return client.post(url("session-state", project, session_id), form).status_code


def shown(client: Client, project: Project, q: str) -> set[str]:
    answer = client.get(url("sessions", project), {"q": q})
    assert not answer.context["listing"].errors, answer.context["listing"].errors
    return {row.session_id for row in answer.context["listing"].rows}


# The forms of the page


def test_the_forms_of_a_session_set_one_thing_and_leave_the_rest(alices: Client, bob: User, project: Project) -> None:
    session(project, "one")
    for form in ({"title": "Late"}, {"label": "vip"}, {"label": "bug in tool"}, {"status": "open"}):
        assert post(alices, project, **form) == 302
    assert post(alices, project, assignee=bob.email) == 302
    assert post(alices, project, unlabel="vip") == 302

    state = SessionState.objects.for_project(project).get()
    assert set_of(project) == (["bug in tool"], "open", bob.pk)
    assert (state.title, state.updated_by) == ("Late", "alice@example.com")
    assert post(alices, project, status="") == post(alices, project, assignee="") == 302
    assert set_of(project) == (["bug in tool"], "", None)


def test_a_label_is_one_text_however_it_is_typed(alices: Client, project: Project) -> None:
    session(project, "one")
    post(alices, project, label=f"  {NFD_CAFE}   au  lait ")
    post(alices, project, label=f"{NFC_CAFE} au lait")

    assert set_of(project)[0] == [f"{NFC_CAFE} au lait"]
    assert shown(alices, project, f'label:"{NFD_CAFE} au lait"') == {"one"}


@pytest.mark.parametrize("text", ["", "   ", "x" * (MAX_LABEL_CHARACTERS + 1), "a\u202eb", "\u0007"])
def test_what_is_no_label_is_refused_with_the_reason(alices: Client, project: Project, text: str) -> None:
    session(project, "one")

    answer = alices.post(url("session-state", project, "one"), {"label": text}, follow=True)
    fragment = alices.post(url("session-state", project, "one"), {"label": text}, headers=FRAGMENT)

    assert "A label has 1 to 40 characters" in answer.content.decode()
    assert "A label has 1 to 40 characters" in fragment.content.decode()
    assert not SessionState.objects.for_project(project).exists()


def test_a_session_has_no_more_labels_than_it_may(alices: Client, project: Project) -> None:
    session(project, "one")
    edit_states(project.pk, ["one"], setting(labels=[f"l{number:02}" for number in range(MAX_LABELS)]), by="alice")

    answer = alices.post(url("session-state", project, "one"), {"label": "one more"}, follow=True)

    assert "at most 20 labels" in answer.content.decode()
    assert len(set_of(project)[0]) == MAX_LABELS
    assert post(alices, project, label="l00") == 302, "one that it has already is no more"


@pytest.mark.parametrize("form", [{"status": "done"}, {"assignee": "charlie@example.com"}])
def test_a_status_that_is_none_and_a_stranger_are_refused(
    alices: Client, project: Project, charlie: User, form: dict[str, str]
) -> None:
    session(project, "one")

    assert post(alices, project, **form) == 302
    assert not SessionState.objects.for_project(project).exists()


def test_viewers_read_what_others_set(
    signed_in: Callable[[User], Client], alices: Client, alice: User, project: Project
) -> None:
    tell(project, "one")
    viewer = User.objects.create_user("viewer@example.com")
    Membership.objects.create(user=viewer, organization=project.organization, role=Role.VIEWER)
    for form in ({"label": "vip"}, {"status": "resolved"}, {"assignee": alice.email}):
        post(alices, project, **form)

    assert {post(signed_in(viewer), project, **form) for form in ({"label": "x"}, {"status": ""})} == {403}
    html = signed_in(viewer).get(url("session", project, "one")).content.decode()
    assert 'name="status"' not in html
    assert all(text in html for text in ("vip</a>", "Resolved", "alice@example.com"))


def test_htmx_gets_the_menus_with_the_focus_where_it_was(alices: Client, project: Project) -> None:
    session(project, "one")

    html = alices.post(url("session-state", project, "one"), {"status": "resolved"}, headers=FRAGMENT).content.decode()

    assert html.count("autofocus") == 1
    assert html.index("autofocus") < html.index('data-status="resolved"')
    assert "<html" not in html


def test_the_audit_log_has_kinds_and_no_words(alices: Client, alice: User, project: Project) -> None:
    session(project, "one")
    for form in ({"label": "secret word"}, {"status": "open"}, {"assignee": alice.email}, {"status": "open"}):
        post(alices, project, **form)

    events = AuditEvent.objects.filter(action="session changed").order_by("pk")
    assert [event.details for event in events] == [{"fields": "labels"}, {"status": "open"}, {"fields": "assignee"}]
    assert {(event.actor, event.target) for event in events} == {(alice.email, "session one")}


def test_two_people_who_label_at_once_are_both_heard(project: Project) -> None:
    session(project, "one")
    stale = SessionState(project_id=project.pk, session_id="one", labels=[])
    edit_states(project.pk, ["one"], labelling("first"), by="alice")
    assert stale.labels == []

    edit_states(project.pk, ["one"], labelling("second"), by="bob")

    assert set_of(project)[0] == ["first", "second"]


def test_nothing_is_written_for_sessions_that_are_not_there(project: Project, other_project: Project) -> None:
    session(project, "one")
    session(other_project, "theirs")

    changed = edit_states(project.pk, ["one", "theirs", "nobody"], labelling("vip"), by="alice")

    assert list(changed) == ["one"]
    assert SessionState.objects.for_project(project).count() == 1
    assert edit_states(project.pk, ["one"], labelling("vip"), by="alice") == {}
    assert edit_states(project.pk, ["one"], setting(status=""), by="alice") == {}


# Whoever leaves, and whatever goes


def test_who_left_the_organization_has_nothing_assigned(
    alices: Client, alice: User, bob: User, project: Project
) -> None:
    tell(project, "one")
    post(alices, project, assignee=bob.email)
    assert shown(alices, project, "has:assignee") == {"one"}

    people.remove(project.organization, bob, by=alice)

    assert shown(alices, project, "has:assignee") == set()
    assert shown(alices, project, "-has:assignee") == {"one"}
    assert load_states(project.pk, ["one"])["one"].assignee is None
    assert bob.email not in alices.get(url("session", project, "one")).content.decode()
    assert bob.email not in alices.get(url("sessions", project)).content.decode()
    faulty = alices.get(url("sessions", project), {"q": f"assignee:{bob.email}"}).content.decode()
    assert "is not a member" in faulty


def test_a_deleted_account_leaves_sessions_without_assignee(alices: Client, bob: User, project: Project) -> None:
    session(project, "one")
    post(alices, project, assignee=bob.email)
    bob.delete()

    assert load_states(project.pk, ["one"])["one"].assignee is None
    assert shown(alices, project, "has:assignee") == set()


def test_what_people_set_stays_with_a_recompute_and_goes_with_the_session(alices: Client, project: Project) -> None:
    tell(project, "one")
    post(alices, project, label="vip")
    recompute(project.pk, ["one"])
    assert set_of(project)[0] == ["vip"]

    erasing.delete_session(project.pk, "one")

    assert not SessionState.objects.for_project(project).exists()
    assert load_labels(project.pk) == []


def test_nothing_is_set_of_a_session_that_is_being_deleted(project: Project) -> None:
    tell(project, "one")
    erasing.begin(project.pk, erasing.Subject.SESSION, "one", by="")

    assert edit_states(project.pk, ["one"], labelling("vip"), by="alice") == {}
    assert not SessionState.objects.for_project(project).exists()


# The query


@pytest.fixture
def rows(project: Project, other_project: Project, alice: User, bob: User) -> None:
    for number, name in enumerate(("open", "done", "plain", "both")):
        session(project, name, minute=number, tags=["vip"] if name == "plain" else [])
    session(other_project, "theirs")
    edit_states(project.pk, ["open"], setting(status="open", assignee_id=alice.pk, labels=["vip"]), by="a")
    edit_states(project.pk, ["done"], setting(status="resolved", assignee_id=bob.pk, labels=["eu", "vip"]), by="a")
    edit_states(project.pk, ["both"], setting(labels=["eu"]), by="a")
    edit_states(other_project.pk, ["theirs"], setting(status="open", assignee_id=alice.pk, labels=["vip"]), by="a")


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("status:open", {"open"}),
        ("status:resolved", {"done"}),
        ("status:open,resolved", {"open", "done"}),
        ("-status:resolved", {"open", "plain", "both"}),
        ("status != open", {"done", "plain", "both"}),
        ("has:status", {"open", "done"}),
        ("-has:status", {"plain", "both"}),
        ("assignee:me", {"open"}),
        ("assignee:bob@example.com", {"done"}),
        ("assignee:Bob@Example.com,me", {"open", "done"}),
        ("-assignee:me", {"done", "plain", "both"}),
        ("assignee != me", {"done", "plain", "both"}),
        ("has:assignee", {"open", "done"}),
        ("label:vip", {"open", "done"}),
        ("label:vip,eu", {"open", "done", "both"}),
        ("label:all(vip,eu)", {"done"}),
        ("label:only(eu)", {"both"}),
        ("-label:vip", {"plain", "both"}),
        ("label != vip", {"plain", "both"}),
        ("label:VIP", set()),
        ("has:label", {"open", "done", "both"}),
        ("-has:labels", {"plain"}),
        ("tag:vip", {"plain"}),
        ("label:vip (status:open OR assignee:bob@example.com)", {"open", "done"}),
    ],
)
def test_a_query_finds_what_people_set(alices: Client, project: Project, q: str, expected: set[str]) -> None:
    assert shown(alices, project, q) == expected


@pytest.mark.parametrize(
    ("q", "position", "reason"),
    [
        ("status:great", 7, "no status"),
        ("status > open", 0, "knows no"),
        ("label > vip", 0, "knows no"),
        ("label.x:vip", 0, "no property"),
        ("assignee > me", 0, "one assignee"),
        ("assignee:all(me,me)", 0, "one assignee"),
        ("assignee:nobody@example.com", 9, "is not a member"),
        ("trace(label:vip)", 6, "no property"),
    ],
)
def test_a_fault_names_its_place(alices: Client, project: Project, q: str, position: int, reason: str) -> None:
    error = alices.get(url("sessions", project), {"q": q}).context["listing"].query_error

    assert (error.position, reason in error.message) == (position, True), error


def test_a_stranger_to_the_organization_is_not_known_by_a_query(
    alices: Client, project: Project, charlie: User
) -> None:
    assert (
        "is not a member" in alices.get(url("sessions", project), {"q": f"assignee:{charlie.email}"}).content.decode()
    )


@pytest.mark.usefixtures("rows")
def test_me_is_nobody_to_a_program_and_to_a_worker(project: Project, client: Client, key: Key) -> None:
    answer = client.get("/api/v1/sessions", {"q": "assignee:me"}, headers={"Authorization": key.bearer})
    listing = Listing(project, QueryDict(urlencode({"q": "assignee:me"})))

    assert answer.status_code == 400
    assert "signed in" in answer.content.decode()
    assert listing.query_error
    assert reader() is None


@pytest.mark.usefixtures("rows")
def test_what_outlives_the_page_names_the_person_who_was_me(alices: Client, alice: User, project: Project) -> None:
    query = urlencode({"q": "assignee:me"})
    alices.post(url("bulk-new", project), {"action": "status", "status": "resolved", "all": "on", "query": query})
    alices.post(url("cohorts", project), {"name": "Mine", "query": f"?{urlencode({'q': '-assignee:me'})}"})
    job, cohort = BulkJob.objects.for_project(project).get(), Cohort.objects.for_project(project).get()

    assert job.query == urlencode({"q": f"assignee:{alice.email}"})
    assert cohort.query_string == urlencode({"q": f"-assignee:{alice.email}"})
    assert set(making.sessions_of(project, cohort).values_list("session_id", flat=True)) == {"done", "plain", "both"}
    assert set_of(project, "open")[1] == "resolved"


@pytest.mark.usefixtures("rows")
def test_a_file_that_a_worker_writes_names_the_person_who_was_me(
    alices: Client, alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "PAGE_EXPORT_SECONDS", 0.0)

    alices.get(url("export", project), {"format": "csv", "q": "assignee:me"})
    file = ExportFile.objects.for_project(project).get()

    assert QueryDict(file.query)["q"] == f"assignee:{alice.email}"
    while files.work_slice(project.pk, 0.0):
        pass
    assert ExportFile.objects.for_project(project).get().row_count == 1


def test_the_address_stands_for_me_in_every_part_of_a_filter(alice: User) -> None:
    filter_of = urlencode({"q": '(assignee:me OR -assignee:"me",x@example.com) "assignee me" tag:me', "sort": "id"})

    named = QueryDict(naming_me(filter_of, alice))

    assert named["q"] == (
        '(assignee:alice@example.com OR -assignee:alice@example.com,x@example.com) "assignee me" tag:me'
    )
    assert named["sort"] == "id"
    assert naming_me("q=assignee%3A", alice) == "q=assignee%3A", "a text that cannot be read stays"
    assert naming_me("q=label:me&tags=me", alice) == "q=label:me&tags=me"


# Facets and suggestions


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("label", [("eu", 2), ("vip", 2)]),
        ("status", [("open", 1), ("resolved", 1)]),
        ("assignee", [("alice@example.com", 1), ("bob@example.com", 1)]),
    ],
)
def test_what_people_set_is_a_facet(project: Project, name: str, expected: list[tuple[str, int]]) -> None:
    facet = facet_of(name)
    assert facet is not None
    everything = load_facet_values(Listing(project, QueryDict()), facet)
    narrowed = load_facet_values(Listing(project, QueryDict(urlencode({"q": "label:only(eu)"}))), facet)

    assert [(value.text, value.count) for value in everything] == expected
    assert [(value.text, value.count) for value in narrowed] == (expected if name == "label" else [])


@pytest.mark.usefixtures("rows")
def test_the_usual_questions_are_one_click_away(alices: Client, project: Project) -> None:
    html = alices.get(url("sessions", project)).content.decode()
    often = html[html.index("Often asked") : html.index("</ul>", html.index("Often asked"))]

    assert re.findall(r'facet-text">([^<]+)', often)[-2:] == ["Open", "Assigned to me"]
    assert "q=status%3Aopen" in often
    assert "q=assignee%3Ame" in often


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lab", "label"),
        ("label:v", "vip"),
        ("label:all(vip,e", "eu"),
        ("status:re", "resolved"),
        ("assignee:", "me"),
        ("assignee:bo", "bob@example.com"),
        ("has:lab", "label"),
    ],
)
def test_the_box_suggests_what_people_set(project: Project, text: str, expected: str) -> None:
    assert expected in {option.label for option in options(project, text, len(text))}


@pytest.mark.usefixtures("rows")
def test_no_suggestion_tells_of_other_projects_or_people(
    project: Project, other_project: Project, charlie: User
) -> None:
    edit_states(other_project.pk, ["theirs"], setting(labels=["their label"]), by="a")

    offered = [option.label for text in ("label:", "assignee:") for option in options(project, text, len(text))]

    assert sorted(offered) == ["alice@example.com", "bob@example.com", "eu", "me", "vip"]
    assert load_labels(project.pk) == ["eu", "vip"]


# Rows of the list, and the preview


def cells(client: Client, project: Project) -> dict[str, str]:
    html = client.get(url("sessions", project)).content.decode()
    found = re.findall(r'<tr id="row-[^>]*>(.*?)</tr>', html, re.DOTALL)
    return {re.search(r'name="session" value="([^"]*)"', row)[1]: row for row in found}  # type: ignore[index]


def test_a_row_has_one_label_and_the_signs_of_status_and_assignee(alices: Client, bob: User, project: Project) -> None:
    session(project, "one", last_output="Thank you")
    session(project, "two", last_output="Thank you")
    edit_states(
        project.pk, ["one"], setting(labels=["<b>", "eu", "vip"], status="resolved", assignee_id=bob.pk), by="a"
    )
    found = cells(alices, project)

    assert "&lt;b&gt;</span>" in found["one"]
    assert re.search(r'class="pill more" title="eu, vip">\+2', found["one"])
    assert found["one"].index("&lt;b&gt;") < found["one"].index("Thank you")
    assert all(text in found["one"] for text in ('title="Resolved"', "Assigned to bob@example.com"))
    assert not any(text in found["two"] for text in ("pill", "row-state", "said-second"))


def test_the_preview_shows_what_people_set_and_members_change_it_there(alices: Client, project: Project) -> None:
    tell(project, "one")
    edit_states(project.pk, ["one"], setting(labels=["eu", "vip"], status="open"), by="a")

    html = alices.get(url("session", project, "one"), {"peek": ""}, headers=FRAGMENT).content.decode()

    assert all(text in html for text in ("eu</a>", "vip</a>", "Open"))
    assert 'name="status"' in html
    changed = alices.post(url("session-state", project, "one"), {"rename": " Lost  parcel "}, headers=FRAGMENT)
    assert "Lost parcel</h2>" in changed.content.decode()
    refused = alices.post(url("session-state", project, "one"), {"rename": "x" * 201}, headers=FRAGMENT)
    assert "at most 200 characters" in refused.content.decode()
    found = SessionState.objects.for_project(project).get(session_id="one")
    assert (found.title, found.status, found.labels) == ("Lost parcel", "open", ["eu", "vip"])


def test_the_preview_of_a_viewer_can_be_read_alone(
    signed_in: Callable[[User], Client], project: Project, bob: User
) -> None:
    tell(project, "one")
    edit_states(project.pk, ["one"], setting(labels=["eu"], status="open"), by="a")
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)

    html = signed_in(bob).get(url("session", project, "one"), {"peek": ""}, headers=FRAGMENT).content.decode()

    assert "eu</a>" in html
    assert not any(text in html for text in ('name="status"', 'name="rename"'))


def test_a_list_costs_the_same_queries_however_many_sessions_have_labels(
    alices: Client, bob: User, project: Project, django_assert_num_queries: Any
) -> None:
    ids = [session(project, f"s{number}", minute=number).session_id for number in range(20)]
    edit_states(project.pk, ids, setting(labels=["vip"], assignee_id=bob.pk), by="a")

    with django_assert_num_queries(2):
        assert len(load_states(project.pk, ids)) == 20


# Many at once


def order(client: Client, project: Project, action: str, **fields: Any) -> str:
    answer = client.post(url("bulk-new", project), {"action": action, "query": "", **fields}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def states(project: Project) -> dict[str, tuple[list[str], str, int | None]]:
    found = SessionState.objects.for_project(project)
    return {state.session_id: (state.labels, state.status, state.assignee_id) for state in found}


def test_many_sessions_are_labelled_resolved_and_assigned(alices: Client, bob: User, project: Project) -> None:
    for name in ("one", "two", "three"):
        session(project, name)
    both = {"session": ["one", "two"]}

    assert "2 sessions labelled." in order(alices, project, "label", label="  vip ", **both)
    assert "2 sessions changed." in order(alices, project, "status", status="resolved", **both)
    assert "2 sessions changed." in order(alices, project, "assign", assignee=bob.email, **both)
    assert states(project) == {name: (["vip"], "resolved", bob.pk) for name in both["session"]}

    order(alices, project, "remove-label", label="vip", session=["one"])
    order(alices, project, "status", status="none", session=["one"])
    order(alices, project, "assign", assignee="none", all="on")
    assert states(project) == {"one": ([], "", None), "two": (["vip"], "resolved", None)}
    changed = BulkJob.objects.for_project(project).order_by("requested_at").values_list("changed_count", flat=True)
    assert list(changed) == [2, 2, 2, 1, 1, 2]


def test_a_bulk_action_asks_for_what_is_missing(alices: Client, project: Project) -> None:
    session(project, "one")
    edit_states(project.pk, ["one"], labelling("vip"), by="a")
    asked = {name: order(alices, project, name, session=["one"]) for name in ("label", "status", "assign")}

    assert '<option value="vip">' in asked["label"]
    assert 'list="choices"' in asked["label"]
    assert [value for value in ("none", "open", "resolved") if f'value="{value}"' in asked["status"]] == [
        "none", "open", "resolved",
    ]  # fmt: skip
    assert '<option value="alice@example.com">' in asked["assign"]
    assert not BulkJob.objects.for_project(project).exists()


def test_a_bulk_action_refuses_what_a_form_refuses(alices: Client, charlie: User, project: Project) -> None:
    session(project, "one")

    assert "A label has 1 to 40" in order(alices, project, "label", label="x" * 41, session=["one"])
    assert "Choose the assignee" in order(alices, project, "assign", assignee=charlie.email, session=["one"])
    assert "Choose the status" in order(alices, project, "status", status="done", session=["one"])
    assert states(project) == {}


def test_one_label_too_many_ends_the_job_with_the_reason_and_a_whole_batch(alices: Client, project: Project) -> None:
    for name in ("a", "b"):
        session(project, name)
    edit_states(project.pk, ["b"], setting(labels=[f"l{number:02}" for number in range(MAX_LABELS)]), by="a")

    assert "at most 20 labels" in order(alices, project, "label", label="vip", session=["a", "b"])
    assert "a" not in states(project)


def test_a_worker_labels_and_the_receipt_forgets_the_words(alice: User, bob: User, project: Project) -> None:
    for number in range(5):
        session(project, f"s{number}", minute=number)
    label = jobs.begin(project, "label", jobs.Selection(query=""), by=alice, label="vip")
    assign = jobs.begin(project, "assign", jobs.Selection(query="q=label:vip"), by=alice, assignee=bob.email)
    people.remove(project.organization, bob, by=alice)

    while bulk_jobs.work(project.pk, 0.0):
        pass

    assert states(project) == {f"s{number}": (["vip"], "", None) for number in range(5)}
    label, assign = (BulkJob.objects.for_project(project).get(id=job.id) for job in (label, assign))
    assert (label.changed_count, label.error, label.arguments) == (5, "", {})
    assert "has left the organization" in assign.error


# Programs


class Program:
    def __init__(self, client: Client, authorization: str) -> None:
        self.client, self.authorization = client, authorization

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": self.authorization}
        data = "" if body is None else json.dumps(body)
        answer: Any = self.client.generic(method, f"/api/v1/{path}", data, "application/json", headers=headers)
        return answer.status_code, answer.json()


@pytest.fixture
def program(client: Client, key: Key) -> Program:
    return Program(client, key.bearer)


def test_a_program_reads_and_changes_what_people_set(program: Program, key: Key, bob: User, project: Project) -> None:
    tell(project, "support/1")
    fields = ("labels", "status", "assignee", "title", "note", "is_bookmarked")

    before = program.ask("GET", "sessions/support/1")[1]
    asked = {"labels": ["vip", f" {NFD_CAFE}", "vip"], "status": "open", "assignee": "Bob@example.com"}
    asked |= {"title": " Late  order", "note": "Call\nthem. ", "is_bookmarked": True}
    status, changed = program.ask("PATCH", "sessions/support/1", asked)
    [listed] = program.ask("GET", "sessions?q=label:vip")[1]["data"]
    read = program.ask("GET", "sessions/support/1")[1]
    nothing: dict[str, Any] = {**dict.fromkeys(fields), "labels": [], "is_bookmarked": False}
    cleared = program.ask("PATCH", "sessions/support/1", nothing)[1]

    assert {name: before[name] for name in fields} == {name: cleared[name] for name in fields} == nothing
    expected = [[NFC_CAFE, "vip"], "open", "bob@example.com", "Late order", "Call\nthem. ", True]
    assert (status, [changed[name] for name in fields]) == (200, expected)
    assert changed == listed
    assert {name: read[name] for name in listed} == listed
    assert SessionState.objects.for_project(project).get().updated_by == f"key {key.public}"
    assert AuditEvent.objects.filter(action="session changed", actor=f"key {key.public}").count() == 2


def test_what_a_program_leaves_out_stays(program: Program, project: Project) -> None:
    session(project, "one")
    edit_states(project.pk, ["one"], setting(labels=["vip"], status="open", note="Ask."), by="a")

    assert program.ask("PATCH", "sessions/one", {"status": "resolved"})[0] == 200
    state = SessionState.objects.for_project(project).get()
    assert (state.labels, state.status, state.note) == (["vip"], "resolved", "Ask.")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"status": "done"}, "status"),
        ({"assignee": "charlie@example.com"}, "assignee"),
        ({"labels": "vip"}, "labels"),
        ({"labels": ["x" * 41]}, "labels"),
        ({"labels": ["a\u0000"]}, "labels"),
        ({"labels": [""]}, "labels"),
        ({"labels": [str(number) for number in range(MAX_LABELS + 1)]}, "labels"),
        ({"tags": ["vip"]}, "tags"),
        ({"title": "x" * 201}, "title"),
        ({"note": "x" * 10_001}, "note"),
        ({"note": "a\u0000"}, "note"),
        ({"is_bookmarked": "perhaps"}, "is_bookmarked"),
        ({"is_bookmarked": None}, "is_bookmarked"),
        ({"status": "open", "lables": ["vip"]}, "lables"),
        ({}, "body"),
    ],
)
def test_what_cannot_be_set_is_refused_by_its_name(
    program: Program, charlie: User, project: Project, body: object, name: str
) -> None:
    session(project, "one")

    status, answer = program.ask("PATCH", "sessions/one", body)

    assert (status, list(answer["errors"])) == (400, [name]), answer
    assert not SessionState.objects.for_project(project).exists()


def test_a_key_changes_its_own_project_and_needs_the_scope(
    client: Client, program: Program, project: Project, other_project: Project
) -> None:
    session(other_project, "theirs")
    session(project, "one")
    _, secret = create_key(project, name="reading", scopes=[Scope.READ])

    assert program.ask("PATCH", "sessions/theirs", {"status": "open"})[0] == 404
    assert Program(client, f"Bearer {secret}").ask("PATCH", "sessions/one", {"status": "open"})[0] == 403
    assert not SessionState.objects.for_project(project).exists()
    assert not SessionState.objects.for_project(other_project).exists()


def test_every_format_of_rows_has_what_people_set(alices: Client, bob: User, project: Project) -> None:
    tell(project, "one")
    edit_states(project.pk, ["one"], setting(labels=["eu", "=vip"], status="open", assignee_id=bob.pk), by="a")

    def exported(kind: str) -> str:
        return b"".join(alices.get(url("export", project), {"format": kind})).decode()

    [row] = csv.DictReader(io.StringIO(exported("csv")))
    [of_json] = json.loads(exported("json"))["data"]

    assert (row["labels"], row["status"], row["assignee"]) == ("eu, =vip", "open", "bob@example.com")
    assert (of_json["labels"], of_json["status"], of_json["assignee"]) == (["eu", "=vip"], "open", "bob@example.com")
    assert json.loads(exported("jsonl")) == of_json
