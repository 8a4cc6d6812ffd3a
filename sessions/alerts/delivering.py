"""Sends messages, with retries. One receiver that hangs or fails delays its own messages only.

What comes back from a receiver is looked at for its status alone: it is not kept, and never followed."""

import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from projects import secrets
from projects.access import people_of
from projects.accounts.sending import SEND_SECONDS, MailRefused, send_letter
from projects.models import Project
from projects.secrets import SecretLost
from sessions.alerts.channels import CHANNEL_PURPOSE, FOR_ALERTS
from sessions.alerts.messages import forms
from sessions.alerts.messages.content import AlertMessage, message_about, test_message
from sessions.models import Alert, AlertChannel, AlertDelivery, AlertFiring
from sessions.translation.egress import exchange
from sessions.translation.provider import TranslationFailed

BACKOFF = tuple(timedelta(seconds=one) for one in (30, 120, 600, 3_600, 21_600))  # between attempts; then it is dead
FORM_BY_KIND = {AlertChannel.Kind.SLACK: forms.slack, AlertChannel.Kind.TEAMS: forms.teams}


class SendingFailed(Exception):
    """A message did not arrive. `status` is that of the answer, if there was one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


def deliver(project_id: int, until: float) -> bool:
    """Send the messages of a project that are due, the longest waiting first. Return whether some are left."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None:
        return False
    due = AlertDelivery.objects.for_project(project_id).filter(due_at__lte=timezone.now()).order_by("due_at", "id")
    while found := due.free().first():
        if found.lease():
            attempt(project, found)
        if time.monotonic() >= until:
            return bool(due.free().exists())
    return False


def attempt(project: Project, delivery: AlertDelivery) -> None:
    """Try once to send a message that this worker has leased, and note how it went."""
    began = timezone.now()
    try:
        with timezone.override(ZoneInfo(project.time_zone)):
            status = _send(project, delivery)
    except SendingFailed as failure:
        tried = _tried(delivery, began, failure.status, str(failure))
        if len(tried) > len(BACKOFF):
            delivery.finish(attempts=tried, is_dead=True)
            return
        again = timezone.now() + BACKOFF[len(tried) - 1]
        delivery.release(attempts=tried, due_at=again)
        _hold(delivery, again)
    else:
        delivery.finish(attempts=_tried(delivery, began, status, ""), is_dead=False)


def send_again(delivery: AlertDelivery) -> None:
    """Send a message again that was given up or has arrived."""
    delivery.row.update(finished_at=None, leased_until=None, is_dead=False, due_at=timezone.now(), attempts=[])


def _hold(delivery: AlertDelivery, until: datetime) -> None:
    """Let the other messages of a channel that does not answer wait as long."""
    same = AlertDelivery.objects.for_project(delivery.project_id).unfinished().filter(channel_id=delivery.channel_id)
    if delivery.recipient_id is None:
        same.update(due_at=Greatest(F("due_at"), until))


def _tried(delivery: AlertDelivery, began: datetime, status: int | None, error: str) -> list[dict[str, Any]]:
    milliseconds = round((timezone.now() - began) / timedelta(milliseconds=1))
    one = {"at": began.isoformat(), "status": status, "error": error[:300], "ms": milliseconds}
    return [*delivery.attempts, one]


def _send(project: Project, delivery: AlertDelivery) -> int | None:
    channel = AlertChannel.objects.for_project(project).filter(id=delivery.channel_id).first()
    if channel is None:
        raise SendingFailed("The channel was deleted.")
    message = _message(project, delivery)
    if channel.kind == AlertChannel.Kind.MAIL:
        _mail(project, delivery, message)
        return None
    try:
        url = secrets.decrypted(channel.encrypted_url, purpose=CHANNEL_PURPOSE)
        secret = secrets.decrypted(channel.encrypted_secret, purpose=CHANNEL_PURPOSE)
    except SecretLost:
        raise SendingFailed("The address was encrypted with another key. Enter it again.") from None
    form = FORM_BY_KIND.get(channel.kind)
    body, headers = form(message) if form else forms.webhook(message, secret)
    return _post(url, body, headers)


def _message(project: Project, delivery: AlertDelivery) -> AlertMessage:
    if delivery.firing_id is None:
        return test_message(project, delivery)
    firing = AlertFiring.objects.for_project(project).filter(id=delivery.firing_id).first()
    alert = Alert.objects.for_project(project).filter(id=firing.alert_id).first() if firing else None
    if firing is None or alert is None:
        raise SendingFailed("The alert was deleted.")
    return message_about(project, delivery, alert, firing)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    agent = {"user-agent": "Confab-Alerts/1"}
    try:
        answer, _ = exchange(
            "POST", url, seconds=SEND_SECONDS, allowed=FOR_ALERTS, content=body, headers=headers | agent
        )
    except TranslationFailed as failure:
        raise SendingFailed(str(failure)) from failure
    if not 200 <= answer.status_code < 300:
        raise SendingFailed(f"The receiver answered {answer.status_code}.", answer.status_code)
    return int(answer.status_code)


def _mail(project: Project, delivery: AlertDelivery, message: AlertMessage) -> None:
    person = people_of(project.pk).filter(pk=delivery.recipient_id or 0).first()
    if person is None:
        raise SendingFailed("The person is no longer a member.")
    try:
        send_letter(forms.letter(message), person.email)
    except MailRefused as refusal:
        raise SendingFailed(str(refusal)) from refusal
