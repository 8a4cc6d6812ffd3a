"""Whatever cannot be answered says what is wrong, what is known and what to do next, without session or database."""

import logging
import re
from collections.abc import Iterator

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from pytest_django.fixtures import Settings

from config.error_pages import failed, not_allowed, not_found, not_readable, too_often
from config.log_formats import LineFormatter
from config.logs import CountingHandler
from projects.models import Organization, Project, Role, User


def broken(request: HttpRequest) -> HttpResponse:
    raise {"fault": ValueError, "outage": OperationalError, "trick": SuspiciousOperation}[request.GET["by"]]("broken")


class SiteMap:
    """The site map with a page that fails."""

    handler400, handler404, handler429 = staticmethod(not_readable), staticmethod(not_found), staticmethod(too_often)
    handler403, handler500 = staticmethod(not_allowed), staticmethod(failed)
    urlpatterns = (path("broken", broken), path("", include("config.urls")))


@pytest.fixture
def client(settings: Settings) -> Client:
    """Has no session, and the test no database."""
    settings.ROOT_URLCONF = SiteMap
    return Client(raise_request_exception=False)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What the log of production would hold."""
    lines: list[str] = []
    handler = CountingHandler()
    handler.setFormatter(LineFormatter())
    handler.setStream(type("Lines", (), {"write": lambda _, text: lines.append(text), "flush": lambda _: None})())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)
    handler.close()


def title_of(answer: object) -> str:
    found = re.search(r"<h1>(.+?)</h1>", answer.content.decode())  # type: ignore[attr-defined]
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("by", "status", "title"),
    [
        ("fault", 500, "That is our fault."),
        ("outage", 503, "Back in a moment."),
        ("trick", 400, "That could not be read."),
    ],
)
def test_a_page_that_fails_says_what_is_wrong_and_what_to_do(client: Client, by: str, status: int, title: str) -> None:
    answer = client.get(f"/broken?by={by}")

    assert answer.status_code == status
    assert title_of(answer) == title
    assert f'href="?by={by}">Try again</a>' in answer.content.decode()


def test_the_number_on_the_page_of_a_failure_is_in_the_log(client: Client, log: list[str]) -> None:
    numbers = [
        re.search(r'id="request-id">([0-9a-f]{12})<', client.get("/broken?by=fault").content.decode()) for _ in range(2)
    ]
    first, second = (found[1] for found in numbers if found)
    assert f"(request {first})" in log[0]

    logging.getLogger("django.request").handlers[-1].close()  # writes what was counted

    assert f"repeated once within 10 s (requests {second})" in log[-1]


def test_an_unknown_address_leads_on(client: Client) -> None:
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert title_of(answer) == "Nothing is here."
    assert 'href="/">Go to your projects' in answer.content.decode()


@pytest.mark.django_db
def test_an_unknown_project_does_not_lead_to_itself(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/project/999999/sessions")
    assert answer.status_code == 404
    assert "All sessions" not in answer.content.decode()
    assert 'href="/">Go to your projects' in answer.content.decode()


def test_an_unknown_address_of_a_project_leads_to_its_sessions(client: Client) -> None:
    assert 'href="/project/7/sessions">All sessions' in client.get("/project/7/nowhere").content.decode()


@pytest.mark.parametrize(
    ("given", "meant"), [("/sign-in/?next=/x", "/sign-in?next=/x"), ("/project/7/traces/", "/project/7/traces")]
)
def test_a_slash_too_much_is_forgiven(client: Client, given: str, meant: str) -> None:
    answer = client.get(given)

    assert answer.status_code == 302
    assert answer["Location"] == meant


@pytest.mark.parametrize("given", ["/api/v1/sessions/", "/v1/traces/", "/nowhere/", "/\\evil.example/"])
def test_no_program_and_no_stranger_is_led_astray_by_a_slash(client: Client, given: str) -> None:
    assert client.get(given).status_code in (401, 404)


def test_an_unknown_host_is_told_the_right_one(client: Client, settings: Settings) -> None:
    html = client.get("/sign-in", headers={"Host": "evil.example"}).content.decode()

    assert f'href="{settings.BASE_URL}"' in html
    assert "evil.example" not in html


@pytest.mark.parametrize(
    ("sent", "above"),
    [
        ("/project/7/setup/test", "/project/7/setup"),
        ("/organization/3/members/5/remove", "/organization/3/members"),
        ("/organizations/new", "/organizations"),
        ("/invitation/abc/accept", "/invitation/abc"),
    ],
)
def test_reloading_what_a_form_sent_leads_back(client: Client, sent: str, above: str) -> None:
    answer = client.get(sent)

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert title_of(answer) == "Nothing to open here."
    assert f'href="{above}">Go back</a>' in answer.content.decode()


def test_the_way_back_is_the_page_that_the_browser_came_from_and_no_other_host(client: Client) -> None:
    ours = client.get("/project/7/setup/test", headers={"Referer": "http://testserver/project/7/users?q=a"})
    theirs = client.get("/project/7/setup/test", headers={"Referer": "http://evil.example/project/7/users"})
    tricky = client.get("/project/7/setup/test", headers={"Referer": "http://testserver//evil.example/"})

    assert 'href="/project/7/users?q=a">Go back' in ours.content.decode()
    assert 'href="/project/7/setup">Go back' in theirs.content.decode()
    assert 'href="/evil.example/">Go back' in tricky.content.decode()


def test_programs_get_the_wrong_method_as_a_problem(client: Client) -> None:
    assert client.put("/api/v1/sessions")["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_role_that_is_too_low_says_who_can_change_that(organization: Organization, project: Project) -> None:
    for name, role in (("olga", Role.OWNER), ("vera", Role.VIEWER)):
        person = User.objects.create_user(f"{name}@example.com")
        organization.memberships.create(user=person, role=role)
    client = Client()
    client.force_login(person)

    answer = client.get(reverse("project-settings", args=[project.pk]))

    assert answer.status_code == 403
    html = answer.content.decode()
    assert "You need the role admin for this; your role in Acme is viewer. olga@example.com can change it." in html
    assert f'href="{reverse("organization-members", args=[organization.pk])}"' in html
