"""What is sent twice at the same moment, by a double click or a second tab, is answered once with success and otherwise
with a reason, never as a fault of ours."""

import threading
from http.cookies import SimpleCookie

import pytest
from django.db import connections
from django.test import Client

from projects.auth import create_key
from projects.models import Role, User
from sessions.models import SavedView
from tests.isolation.conftest import World, signed_in

AT_ONCE = 4


def at_once(cookies: SimpleCookie, path: str, body: dict[str, object], **more: object) -> list[int]:
    """The statuses of the same request sent from several windows in the same moment."""
    clients, start, statuses = [Client() for _ in range(AT_ONCE)], threading.Barrier(AT_ONCE), []

    def send(client: Client) -> None:
        client.cookies, client.raise_request_exception = SimpleCookie(cookies.output(header="", sep=";")), False
        start.wait()
        try:
            statuses.append(client.post(path, body, **more).status_code)  # type: ignore[arg-type]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_many_times_at_once_is_answered_with_a_reason(world: World) -> None:
    member = User.objects.create_user("member@example.com", "correct horse battery")
    world.organization.memberships.create(user=member, role=Role.MEMBER)
    view = SavedView(project_id=world.project.pk, owner_id=world.owner.pk, name="other", is_shared=True)
    view.save(force_insert=True)
    cookies, values = signed_in(world.owner).cookies, world.values
    project, organization = f"/project/{world.project.pk}", f"/organization/{world.organization.pk}"
    price: dict[str, object] = {"pattern": "m", "input_price": "1", "output_price": "1", "above_input_tokens": "0"}
    forms: dict[str, dict[str, object]] = {
        f"{project}/views/new": {"name": "v"},
        f"{project}/views/{view.id}/change": {"name": "renamed", "is_shared": "on"},
        f"{project}/views/default": {"project": str(view.id)},
        f"{project}/cohorts/new": {"name": "c", "query": "q=a"},
        f"{project}/settings/prices": price,
        f"{project}/settings/rename": {"name": "renamed", "session_quiet_minutes": "5"},
        f"{project}/state/session/s1": {"title": "t"},
        f"{project}/review/{values['queue_id']}/fill": {},
        f"{project}/comment/{values['comment_id']}/delete": {},
        f"{organization}/projects/new": {"name": "p"},
        f"{organization}/members/invite": {"email": "new@example.com", "role": "member"},
        f"{organization}/members/{member.pk}/remove": {},
        f"{project}/settings/delete": {"name": "renamed"},
    }
    faults = {path: statuses for path, body in forms.items() if max(statuses := at_once(cookies, path, body)) >= 500}

    assert faults == {}
    assert SavedView.objects.for_project(world.project).filter(name="v").count() == 1
    assert world.organization.projects.filter(name="p").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_item_that_many_programs_add_at_once_is_in_the_queue_once(world: World) -> None:
    _, secret = create_key(world.project)
    path = f"/api/public/annotation-queues/{world.values['queue_id']}/items"

    statuses = at_once(
        SimpleCookie(),
        path,
        {"objectType": "TRACE", "objectId": "t1"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )

    assert set(statuses) <= {200, 503}, "503 when this machine lets nobody finish in time"
