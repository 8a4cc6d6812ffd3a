"""Saved views: who sees, uses, changes and deletes them, and on which one the list opens."""

import pytest
from django.test import Client

from projects.models import AuditEvent, Membership, Project, Role, User
from sessions.models import SavedView
from tests.conversations import tell
from tests.sessions.test_views import url

STATE = {"query": "?tags=vip&sort=-total_cost&cursor=abc&live=on", "columns": "tags,total_cost", "density": "compact"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(project: Project) -> User:
    return member(project, Role.ADMIN)


@pytest.fixture
def viewer(project: Project) -> User:
    return member(project, Role.VIEWER)


def member(project: Project, role: Role) -> User:
    person = User.objects.create_user(f"{role}@example.com")
    Membership.objects.create(user=person, organization=project.organization, role=role)
    return person


def save(user: User, project: Project, name: str, **fields: str) -> SavedView:
    browser(user).post(url("view-new", project), {**STATE, "name": name, **fields})
    found: SavedView = SavedView.objects.for_project(project).get(name=name, owner_id=user.pk)
    return found


def names(user: User, project: Project) -> list[str]:
    return [one["view"].name for one in browser(user).get(url("views", project)).context["views"]]


def test_a_view_keeps_the_whole_state_but_where_the_reader_was(bob: User, project: Project) -> None:
    view = save(bob, project, "Expensive VIPs")

    assert view.query == "tags=vip&sort=-total_cost"
    assert view.columns == ["tags", "total_cost"]
    assert view.density == "compact"


def test_opening_a_view_brings_its_filter_sort_columns_and_density(bob: User, project: Project) -> None:
    tell(project, "ticket-1")
    view = save(bob, project, "Expensive VIPs")

    page = browser(bob).get(url("sessions", project) + view.address)

    assert page.context["listing"].sort == "-total_cost"
    assert [column.name for column in page.context["table"].columns] == ["tags", "total_cost"]
    assert page.context["table"].layout.density == "compact"
    assert page.context["views"].current == view
    assert not page.context["views"].is_changed


def test_a_view_with_another_filter_counts_as_changed_and_can_be_updated(bob: User, project: Project) -> None:
    view = save(bob, project, "Expensive VIPs")
    changed = url("sessions", project) + f"?tags=basic&view={view.id}"

    assert browser(bob).get(changed).context["views"].is_changed
    answer = browser(bob).post(
        url("view-change", project, str(view.id)), {"query": "?tags=basic", "columns": "id", "density": "normal"}
    )

    after = SavedView.objects.for_project(project).get(id=view.id)
    assert answer["Location"].endswith(after.address)
    assert (after.query, after.columns) == ("tags=basic", ["id"])


def test_private_views_are_their_owners_alone_and_shared_ones_everybodys(
    alice: User, bob: User, viewer: User, project: Project
) -> None:
    save(bob, project, "Mine")
    save(bob, project, "Ours", is_shared="on")

    assert names(bob, project) == ["Mine", "Ours"]
    assert names(alice, project) == ["Ours"]
    assert names(viewer, project) == ["Ours"]


def test_viewers_use_views_and_save_none(viewer: User, project: Project) -> None:
    answer = browser(viewer).post(url("view-new", project), {**STATE, "name": "Mine"})

    assert answer.status_code == 403
    assert not SavedView.objects.for_project(project).exists()


def test_a_shared_view_is_changed_by_its_owner_and_admins_only(bob: User, admin: User, project: Project) -> None:
    view = save(admin, project, "Ours", is_shared="on")
    bobs_view = save(bob, project, "Bob's", is_shared="on")
    private = save(bob, project, "Private")

    def delete(user: User, view: SavedView) -> int:
        return browser(user).post(url("view-delete", project, str(view.id))).status_code

    assert delete(bob, view) == 403
    assert delete(admin, private) == 404
    assert delete(admin, bobs_view) == 302
    assert delete(bob, private) == 302


def test_a_view_of_another_project_cannot_be_touched(bob: User, charlie: User, project: Project) -> None:
    view = save(bob, project, "Ours", is_shared="on")
    other = Project.objects.create(organization=charlie.organizations.get(), name="Mine")

    for route in ("view-change", "view-delete"):
        assert browser(charlie).post(url(route, project, str(view.id)), {"name": "x"}).status_code == 404
        assert browser(charlie).post(url(route, other, str(view.id)), {"name": "x"}).status_code == 404
    assert names(charlie, other) == []


def test_two_views_of_one_person_cannot_have_one_name(bob: User, alice: User, project: Project) -> None:
    save(bob, project, "Ours")

    browser(bob).post(url("view-new", project), {**STATE, "name": "Ours"})
    save(alice, project, "Ours")

    assert SavedView.objects.for_project(project).count() == 2


def test_the_list_opens_on_the_persons_default_and_otherwise_on_the_projects(
    alice: User, bob: User, project: Project
) -> None:
    ours, mine = save(alice, project, "Ours", is_shared="on"), save(bob, project, "Mine")
    default, sessions = url("view-default", project), url("sessions", project)

    browser(alice).post(default, {"project": str(ours.id)})
    assert browser(bob).get(sessions)["Location"] == sessions + ours.address
    browser(bob).post(default, {"mine": str(mine.id)})
    assert browser(bob).get(sessions)["Location"] == sessions + mine.address
    browser(bob).post(default, {"mine": "all"})
    assert browser(bob).get(sessions).status_code == 200
    browser(bob).post(default, {"mine": ""})
    assert browser(bob).get(sessions)["Location"] == sessions + ours.address
    assert browser(bob).get(sessions + "?view=all").status_code == 200


def test_only_admins_choose_for_everybody_and_only_what_is_shared(alice: User, bob: User, project: Project) -> None:
    private, shared = save(alice, project, "Mine"), save(bob, project, "Ours", is_shared="on")
    default = url("view-default", project)

    assert browser(bob).post(default, {"project": str(shared.id)}).status_code == 403
    browser(alice).post(default, {"project": str(private.id)})
    assert not SavedView.objects.for_project(project).filter(is_default=True).exists()
    browser(alice).post(default, {"project": str(shared.id)})
    assert SavedView.objects.for_project(project).get(is_default=True) == shared


def test_a_default_that_is_made_private_is_no_default_any_more(bob: User, alice: User, project: Project) -> None:
    view = save(bob, project, "Ours", is_shared="on")
    browser(alice).post(url("view-default", project), {"project": str(view.id)})

    browser(bob).post(url("view-change", project, str(view.id)), {"name": "Ours"})

    after = SavedView.objects.for_project(project).get(id=view.id)
    assert (after.is_shared, after.is_default) == (False, False)


def test_a_default_that_was_deleted_leads_to_the_plain_list(bob: User, project: Project) -> None:
    view = save(bob, project, "Mine")
    browser(bob).post(url("view-default", project), {"mine": str(view.id)})

    browser(bob).post(url("view-delete", project, str(view.id)))

    assert browser(bob).get(url("sessions", project)).status_code == 200


def test_saving_changing_and_deleting_are_audited(bob: User, project: Project) -> None:
    view = save(bob, project, "Ours", is_shared="on")
    browser(bob).post(url("view-change", project, str(view.id)), {"name": "Theirs", "is_shared": "on"})
    browser(bob).post(url("view-delete", project, str(view.id)))

    events = AuditEvent.objects.filter(project_id=project.pk, actor=bob.email).order_by("pk")

    assert [(event.action, event.target) for event in events] == [
        ("view saved", view.audited), ("view changed", view.audited), ("view deleted", view.audited),
    ]  # fmt: skip
