"""Who hears of a firing, in which form, and what happens when a receiver fails."""

import base64
import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from projects.models import AuditEvent, Project, User
from sessions.alerts import channels, delivering, making
from sessions.alerts.delivering import BACKOFF
from sessions.alerts.refusals import AlertRefused
from sessions.models import Alert, AlertChannel, AlertDelivery, AlertFiring
from tests.sessions.alerts.receivers import Receiver, receiving
from tests.sessions.alerts.watched import an_alert, look, store, work
from tests.sessions.rows import session


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving() as found:
        settings.ALERT_HOSTS = [f"127.0.0.1:{found.port}"]
        yield found


def a_channel(project: Project, by: User, kind: str = "webhook", **fields: Any) -> tuple[AlertChannel, str]:
    return channels.create(project, {"name": f"My {kind}", "kind": kind} | fields, by=by)


def tell_now(project: Project) -> None:
    """Tell what has fired, as if its time had come."""
    AlertFiring.objects.for_project(project).filter(tell_at__isnull=False).update(tell_at=timezone.now())
    work(project)


def send(project: Project) -> None:
    delivering.deliver(project.pk, float("inf"))


def fire(project: Project, alice: User, channel: AlertChannel, **fields: Any) -> Alert:
    alert = an_alert(project, alice, channel_ids=[channel.id], **fields)
    store(project, "upset", fails=True)
    look(project)
    tell_now(project)
    return alert


def test_a_webhook_is_signed_and_names_the_firing(project: Project, alice: User, receiver: Receiver) -> None:
    channel, secret = a_channel(project, alice, url=receiver.url)
    alert = fire(project, alice, channel, name="Failures")

    send(project)

    [(headers, body)] = receiver.got
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = receiver.bodies[0]
    firing = AlertFiring.objects.for_project(project).get()
    assert said["type"] == "alert.fired"
    assert said["alert"]["id"] == str(alert.id)
    assert said["firing"]["sessions"] == 1
    assert said["firing"]["url"].endswith(f"/project/{project.pk}/sessions?firing={firing.id}")
    assert said["quotes"] == []
    assert "upset" not in body.decode()  # numbers and links alone


def test_what_was_said_leaves_only_if_allowed(project: Project, alice: User, receiver: Receiver) -> None:
    channel, _ = a_channel(project, alice, url=receiver.url)
    fire(project, alice, channel, quotes=True)
    send(project)
    assert receiver.bodies[0]["quotes"][0]["session_id"] == "upset"


def test_a_thousand_matches_are_one_message(project: Project, alice: User, receiver: Receiver) -> None:
    channel, _ = a_channel(project, alice, url=receiver.url)
    an_alert(project, alice, "has:error", channel_ids=[channel.id])
    from sessions.models.alerts import mark_watched

    ids = [f"s{number}" for number in range(1_000)]
    for one in ids:
        session(project, one, error_count=1)
    mark_watched(project.pk, ids, timezone.now())
    look(project)
    tell_now(project)
    send(project)

    assert [said["firing"]["sessions"] for said in receiver.bodies] == [1_000]


def test_slack_and_teams_escape_what_strangers_wrote(project: Project, alice: User, receiver: Receiver) -> None:
    made = [a_channel(project, alice, kind, url=receiver.url)[0] for kind in ("slack", "teams")]
    an_alert(project, alice, channel_ids=[one.id for one in made], name="<!channel> *bold* & co", quotes=True)
    store(project, "upset", fails=True)
    look(project)
    tell_now(project)
    send(project)

    slack = next(body for body in receiver.bodies if "blocks" in body)
    teams = next(body for body in receiver.bodies if "attachments" in body)
    assert "&lt;!channel&gt;" in slack["text"]
    assert "<!channel>" not in str(slack)
    assert "*bold*" not in slack["text"]
    card = teams["attachments"][0]["content"]
    assert card["body"][0]["inlines"][0]["text"].startswith("<!channel> *bold* & co")  # a run of text has no formats


def test_mail_goes_to_members_alone(project: Project, alice: User, bob: User, charlie: User) -> None:
    channel, _ = a_channel(project, alice, "mail", user_ids=[bob.pk])
    with pytest.raises(AlertRefused, match="Only members"):
        a_channel(project, alice, "mail", name="strangers", user_ids=[charlie.pk])
    fire(project, alice, channel, name="Failures")
    send(project)

    [letter] = mail.outbox
    assert letter.to == [bob.email]
    assert "Failures: 1 session entered" in letter.subject
    assert "?firing=" in str(letter.body)

    bob.memberships.all().delete()
    channels.test(project, channel, by=alice)
    assert len(mail.outbox) == 1


def test_a_receiver_that_fails_is_tried_again_later_and_then_given_up(
    project: Project, alice: User, settings: Settings
) -> None:
    with receiving(500, 302, 200) as receiver:
        settings.ALERT_HOSTS = [f"127.0.0.1:{receiver.port}"]
        channel, _ = a_channel(project, alice, url=receiver.url)
        fire(project, alice, channel)
        for number in range(2):
            send(project)
            delivery = AlertDelivery.objects.for_project(project).get()
            assert (delivery.finished_at, len(delivery.attempts)) == (None, number + 1)
            assert delivery.due_at > timezone.now() + BACKOFF[number] * 0.9
            send(project)  # not before its time
            assert len(receiver.got) == number + 1
            AlertDelivery.objects.for_project(project).update(due_at=timezone.now())
        send(project)
        delivery = AlertDelivery.objects.for_project(project).get()
        assert [tried["status"] for tried in delivery.attempts] == [500, 302, 200]
        assert delivery.finished_at is not None
        assert not delivery.is_dead
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_dead_message_can_be_sent_again(client: Client, project: Project, alice: User, settings: Settings) -> None:
    with receiving(500) as receiver:
        settings.ALERT_HOSTS = [f"127.0.0.1:{receiver.port}"]
        channel, _ = a_channel(project, alice, url=receiver.url)
        fire(project, alice, channel)
        for _ in range(len(BACKOFF) + 1):
            AlertDelivery.objects.for_project(project).update(due_at=timezone.now())
            send(project)
        delivery = AlertDelivery.objects.for_project(project).get()
        assert delivery.is_dead
        assert len(receiver.got) == len(BACKOFF) + 1

        client.force_login(alice)
        assert ">failed<" in client.get(f"/project/{project.pk}/alerts/channels").content.decode()
        receiver.answers = [204]
        client.post(f"/project/{project.pk}/alerts/messages/{delivery.id}/again")
        send(project)
        delivery = AlertDelivery.objects.for_project(project).get()
        assert (delivery.is_dead, delivery.attempts[-1]["status"]) == (False, 204)


def test_an_address_inside_of_the_network_is_refused(project: Project, alice: User) -> None:
    with receiving() as receiver, pytest.raises(AlertRefused, match="CONFAB_ALERT_HOSTS"):
        a_channel(project, alice, url=receiver.url)
    assert receiver.got == []


def test_secrets_and_addresses_are_encrypted(project: Project, alice: User, receiver: Receiver) -> None:
    channel, secret = a_channel(project, alice, url=receiver.url)
    stored = AlertChannel.objects.for_project(project).filter(id=channel.id).values()[0]
    assert receiver.url not in str(stored)
    assert secret not in str(stored)
    assert AuditEvent.objects.filter(action="channel created").exists()


def test_a_muted_alert_keeps_its_history_and_tells_nobody(project: Project, alice: User, receiver: Receiver) -> None:
    channel, _ = a_channel(project, alice, url=receiver.url)
    alert = an_alert(project, alice, channel_ids=[channel.id])
    making.mute(project, alert, by=alice, until=timezone.now() + timedelta(hours=1))
    store(project, "upset", fails=True)
    look(project)
    tell_now(project)

    assert AlertFiring.objects.for_project(project).get().session_count == 1
    assert not AlertDelivery.objects.for_project(project).exists()


def test_a_test_button_says_whether_the_message_arrived(
    client: Client, project: Project, alice: User, receiver: Receiver
) -> None:
    channel, _ = a_channel(project, alice, url=receiver.url)
    client.force_login(alice)
    address = f"/project/{project.pk}/alerts/channels/{channel.id}/test"

    page = client.post(address, follow=True).content.decode()
    assert "arrived" in page
    assert receiver.bodies[0]["type"] == "alert.test"

    receiver.answers = [403]
    assert "answered 403" in client.post(address, follow=True).content.decode()


def test_the_form_makes_an_alert_that_fires(client: Client, project: Project, alice: User) -> None:
    client.force_login(alice)
    given = {
        "name": "Expensive", "query": "errors >= 1", "pace": "once", "from_hour": 0, "until_hour": 24, "is_on": "on",
        "action": ["bookmark", ""], "argument": ["", ""], "share": ["100", "100"],
    }  # fmt: skip
    answer = client.post(f"/project/{project.pk}/alerts/new?kind=enters", given)
    assert answer.status_code == 302, answer.context["form"].errors
    alert = Alert.objects.for_project(project).get()
    assert alert.actions == [{"action": "bookmark", "argument": "", "share": 100}]
    page = client.get(f"/project/{project.pk}/alerts").content.decode()
    assert "A session enters" in page

    wrong = client.post(f"/project/{project.pk}/alerts/new?kind=enters", given | {"name": "b", "query": "colour:red"})
    assert wrong.status_code == 400
    assert "no property" in wrong.content.decode()
