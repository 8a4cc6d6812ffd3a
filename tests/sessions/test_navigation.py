"""The navigation bar, the tabs of the settings and the palette have every page of a project, from one list."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from projects.models import Project, Role, User
from sessions.navigation import PROJECT_PAGES, ProjectPage
from tests.isolation.routes import FORBIDDEN, ROUTES, every_route

AREA = "project/<int:project_id>"
# Routes of the project's area that answer GET without further ids, but are no page to go to.
EXCEPTIONS = {
    "project": "leads to the sessions or to the setup",
    "strip": "a part of the page of sessions",
    "scan": "continues a search on the page of sessions",
    "suggest": "a part of the box for queries",
    "export": "a download; the page of sessions asks for its format",
    "issues-count": "a part of the navigation bar",
    "inbox-count": "a part of the navigation bar",
    "mention-names": "completes a comment",
    "alerts-count": "a part of the navigation bar",
    "alert-new": "a form that the page of alerts offers",
    "judge-new": "a form that the page of judges offers",
    "judged-session": "a page that those of judges and sessions lead to; it needs an id",
    "former-translation": "leads to the providers",
    "former-models": "leads to the providers",
    "new-key": "leads back to the setup",
    "setup-demo": "leads back to the setup",
    "go": "the palette itself",
    "review-new": "a form that the page of reviews offers",
    "cohort-new": "a form that needs the query of a list",
    "user": "a page that the list of users leads to; it needs an id",
    "compare-csv": "the download of the comparison",
    "compare-svg": "a chart of the comparison as a picture",
    "translation-language": "a form of the page of a session",
}


def route_of(name: str) -> str:
    """Return the pattern of a page."""
    return str(resolve(reverse(name, args=[1])).route)


def test_every_page_of_a_project_is_in_the_list_or_has_a_reason_not_to_be() -> None:
    routes = [
        route
        for route in every_route()
        if route.startswith(AREA) and "<" not in route.removeprefix(AREA) and "GET" in ROUTES[route].methods
    ]
    names = {resolve("/" + route.replace("<int:project_id>", "1")).url_name for route in routes}
    listed = {page.route for page in PROJECT_PAGES}
    assert names - listed - set(EXCEPTIONS) == set(), "add these to PROJECT_PAGES, or say here why not"
    assert set(EXCEPTIONS) - names == set()
    assert set(EXCEPTIONS) & listed == set()


@pytest.fixture(params=PROJECT_PAGES, ids=lambda listed: listed.route)
def listed(request: pytest.FixtureRequest) -> ProjectPage:
    """Return each page in turn."""
    found: ProjectPage = request.param
    return found


def test_a_page_is_offered_to_those_who_may_open_it(listed: ProjectPage) -> None:
    assert ROUTES[route_of(listed.route)].viewer == (200 if listed.least_role == Role.VIEWER else FORBIDDEN)


def test_a_page_is_the_current_one_of_the_bar_and_of_the_tabs(
    client: Client, alice: User, project: Project, listed: ProjectPage
) -> None:
    client.force_login(alice)
    html = " ".join(client.get(listed.address(project)).content.decode().split())
    assert html.count(f'href="{listed.address(project)}" aria-current="page"') == bool(listed.section) + bool(
        listed.tab
    )


@pytest.mark.parametrize(
    ("role", "last"), [(Role.ADMIN, ["Docs", "Settings"]), (Role.VIEWER, ["Ingestion issues", "Docs"])]
)
def test_the_bar_ends_with_the_documentation_and_the_settings(
    client: Client, alice: User, project: Project, role: Role, last: list[str]
) -> None:
    project.organization.memberships.filter(user=alice).update(role=role)
    client.force_login(alice)

    html = client.get(reverse("sessions", args=[project.pk])).content.decode()

    found = re.findall(
        r'class="nav-link[^>]*>.*?<span>([^<]*)</span>', html.partition('"nav-end"')[2].partition("<details")[0], re.S
    )
    assert found[-2:] == last
    assert html.count(f'href="{reverse("docs")}?project={project.pk}"') == 2  # on a phone in the menu


def test_every_entry_of_the_bar_has_its_icon() -> None:
    icons = (settings.BASE_DIR / "static" / "img" / "icons.svg").read_text()
    assert [page.section for page in PROJECT_PAGES if page.section and f'id="{page.section}"' not in icons] == []
