"""Who may open what: each role against each required one, strangers, the deleted, and the order of lists."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from projects.access import (
    organization_of,
    organization_view,
    organizations_of,
    project_of,
    project_view,
    projects_of,
    requires,
)
from projects.models import Membership, Organization, Project, Role, User

pytestmark = pytest.mark.django_db
STRONGEST_FIRST = (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER)


def member(organization: Organization, role: Role, email: str = "zoe@example.com") -> User:
    person, _ = User.objects.get_or_create(email=email)
    Membership.objects.create(user=person, organization=organization, role=role)
    return person


def asked(person: User | AnonymousUser, path: str = "/somewhere") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = person
    return request


@project_view
def opened(request: HttpRequest, project: Project, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse(f"{project.pk} {project.role} {timezone.get_current_timezone_name()} {args} {kwargs}")


@organization_view
def entered(request: HttpRequest, organization: Organization, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse(f"{organization.pk} {organization.role} {args} {kwargs}")


@pytest.mark.parametrize("needed", STRONGEST_FIRST)
@pytest.mark.parametrize("has", STRONGEST_FIRST)
def test_a_role_may_do_what_it_and_weaker_ones_may(project: Project, has: Role, needed: Role) -> None:
    person = member(project.organization, has)
    may = STRONGEST_FIRST.index(has) <= STRONGEST_FIRST.index(needed)
    said = HttpResponse("done")
    on_project = project_view(requires(needed)(lambda request, tenant: said))
    on_organization = organization_view(requires(needed)(lambda request, tenant: said))

    for view, key in ((on_project, project.pk), (on_organization, project.organization_id)):
        if may:
            assert view(asked(person), key) is said
        else:
            with pytest.raises(PermissionDenied) as refused:
                view(asked(person), key)
            assert str(refused.value) == f"You need the role {needed} for this; your role in Acme is {has}."


@pytest.mark.parametrize(
    ("role", "owns", "administers", "edits"),
    [
        (Role.OWNER, True, True, True), (Role.ADMIN, False, True, True), (Role.MEMBER, False, False, True),
        (Role.VIEWER, False, False, False),
    ],
)  # fmt: skip
def test_a_role_says_what_it_is_for(role: Role, *, owns: bool, administers: bool, edits: bool) -> None:
    assert (role.owns, role.administers, role.edits) == (owns, administers, edits)


@pytest.mark.parametrize("role", Role)
def test_a_member_opens_their_own_with_their_role(project: Project, other_project: Project, role: Role) -> None:
    person = member(project.organization, role)

    assert (project_of(person, project.pk), project_of(person, project.pk).role) == (project, role)
    assert organization_of(person, project.organization_id).role == role
    with pytest.raises(Http404, match="No such project"):
        project_of(person, other_project.pk)
    with pytest.raises(Http404, match="No such organization"):
        organization_of(person, other_project.organization_id)


def test_who_is_in_two_organizations_has_in_each_the_role_of_there(project: Project, other_project: Project) -> None:
    person = member(project.organization, Role.VIEWER)
    member(other_project.organization, Role.OWNER)

    assert [(p, p.role) for p in projects_of(person)] == [(project, Role.VIEWER), (other_project, Role.OWNER)]
    found = [(o.name, o.role) for o in organizations_of(person)]
    assert found == [("Acme", Role.VIEWER), ("Globex", Role.OWNER)]


def test_the_roles_of_others_are_not_mine(project: Project, alice: User, bob: User) -> None:
    assert (project_of(alice, project.pk).role, project_of(bob, project.pk).role) == (Role.OWNER, Role.MEMBER)
    assert len(organizations_of(alice)) == len(projects_of(bob)) == 1


def test_what_is_missing_is_what_a_stranger_finds(project: Project, alice: User, charlie: User) -> None:
    """The same words, so that nobody learns what exists."""
    messages = set()
    for person, project_id in ((charlie, project.pk), (alice, project.pk + 10_000)):
        with pytest.raises(Http404) as refused:
            project_of(person, project_id)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_what_is_deleted_is_gone_at_once_and_the_archived_stays(project: Project, alice: User) -> None:
    project.archived_at = timezone.now()
    project.save()
    assert project_of(alice, project.pk) == project
    project.deleted_at = timezone.now()
    project.save()
    with pytest.raises(Http404):
        project_of(alice, project.pk)
    assert list(projects_of(alice)) == []
    assert organization_of(alice, project.organization_id) == project.organization

    Organization.objects.update(deleted_at=timezone.now())
    with pytest.raises(Http404):
        organization_of(alice, project.organization_id)
    assert list(organizations_of(alice)) == []


def test_who_is_put_out_is_a_stranger(project: Project, bob: User) -> None:
    Membership.objects.filter(user=bob).delete()
    with pytest.raises(Http404):
        project_of(bob, project.pk)


def test_lists_are_in_the_order_of_names(project: Project, alice: User) -> None:
    for name in ("Zebra", "Acme", "Beta"):
        organization = Organization.objects.create(name=name)
        member(organization, Role.MEMBER, "alice@example.com")
        for title in ("two", "one"):
            Project.objects.create(organization=organization, name=title)

    organizations = list(organizations_of(alice))
    assert [organization.name for organization in organizations] == ["Acme", "Acme", "Beta", "Zebra"]
    assert organizations[0].pk < organizations[1].pk, "of the same name, the older one comes first"
    found = [(project.organization.name, project.name) for project in projects_of(alice)]
    assert found == sorted(found)
    assert len(found) == 7


def test_a_view_of_a_project_runs_in_its_zone_and_gets_what_stands_in_the_path(project: Project, bob: User) -> None:
    Project.objects.update(time_zone="Asia/Tokyo")
    before = timezone.get_current_timezone_name()

    answer: Any = opened(asked(bob), project.pk, "more", session_id="s")
    assert answer.content.decode() == f"{project.pk} member Asia/Tokyo ('more',) {{'session_id': 's'}}"
    assert timezone.get_current_timezone_name() == before
    answer = entered(asked(bob), project.organization_id, "more", page="1")
    assert answer.content.decode() == f"{project.organization_id} member ('more',) {{'page': '1'}}"


@pytest.mark.parametrize("path", ["/a%00b", "/a?q=%00", "/%00"])
def test_no_page_has_a_null_character(project: Project, bob: User, path: str) -> None:
    with pytest.raises(Http404, match="null character"):
        opened(asked(bob, path), project.pk)
    assert opened(asked(bob, path.replace("%00", "%01")), project.pk).status_code == HTTPStatus.OK


def test_who_is_not_signed_in_is_asked_to_and_comes_back(project: Project) -> None:
    for view, key in ((opened, project.pk), (entered, project.organization_id)):
        answer = view(asked(AnonymousUser(), "/deep?q=1"), key)
        assert (answer.status_code, answer["Location"].endswith("?next=/deep%3Fq%3D1")) == (HTTPStatus.FOUND, True)
