"""Channels: mail to members, the inbox, and webhooks, whose addresses and secrets are encrypted."""

import base64
import secrets as randomness
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from projects import secrets
from projects.access import people_of
from projects.audit import Action, Actor, record
from projects.jobs.slices import wake
from projects.models import Project
from sessions.alerts.messages.forms import SECRET_PREFIX
from sessions.alerts.refusals import AlertRefused
from sessions.alerts.telling import DELIVERIES, recipients
from sessions.models import Alert, AlertChannel, AlertDelivery
from sessions.models.alerts import MAX_ALERT_NAME_CHARACTERS
from sessions.translation.egress import AllowedHosts, check_url
from sessions.translation.provider import TranslationFailed

CHANNEL_PURPOSE = "alert channels"  # of the encryption
FOR_ALERTS = AllowedHosts("CONFAB_ALERT_HOSTS", "ALERT_HOSTS")
MAX_CHANNELS = 50  # of one project
MAX_CHANNEL_URL_CHARACTERS = 2_000
SECRET_BYTES = 32
Kind = AlertChannel.Kind


def create(project: Project, fields: Mapping[str, Any], *, by: Actor) -> tuple[AlertChannel, str]:
    """Create a channel, and audit it. Return it with the secret that signs its messages, which is shown once.

    Raise AlertRefused."""
    if AlertChannel.objects.for_project(project).count() >= MAX_CHANNELS:
        raise AlertRefused(f"A project can have {MAX_CHANNELS} channels. Delete one first.")
    channel = AlertChannel(project_id=project.pk, kind=fields.get("kind", ""))
    if channel.kind not in Kind.values:
        raise AlertRefused(f"The kind is one of {', '.join(Kind.values)}.", "kind")
    _set(project, channel, fields)
    secret = ""
    if channel.kind == Kind.WEBHOOK:
        secret = SECRET_PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()
        channel.encrypted_secret = secrets.encrypted(secret, purpose=CHANNEL_PURPOSE)
    _save(project, channel, by)
    return channel, secret


def delete(project: Project, channel: AlertChannel, *, by: Actor) -> None:
    """Delete a channel. Alerts tell their other channels."""
    with transaction.atomic():
        for alert in Alert.objects.for_project(project).filter(channel_ids__contains=[channel.id]).select_for_update():
            kept = [one for one in alert.channel_ids if one != channel.id]
            Alert.objects.for_project(project).filter(id=alert.id).update(channel_ids=kept)
        AlertChannel.objects.for_project(project).filter(id=channel.id).delete()
        record(Action.CHANNEL_DELETED, project, actor=by, target=channel.audited)


def test(project: Project, channel: AlertChannel, *, by: Actor) -> list[AlertDelivery]:
    """Order a message that tests a channel, and return its deliveries."""
    with transaction.atomic():
        made = AlertDelivery.objects.bulk_create(
            AlertDelivery(
                project_id=project.pk, channel_id=channel.id, event=AlertDelivery.Event.TEST, recipient_id=recipient_id
            )
            for recipient_id in recipients(project, channel)
        )
        record(Action.CHANNEL_TESTED, project, actor=by, target=channel.audited)
        transaction.on_commit(lambda: wake(DELIVERIES, project.pk), robust=True)
    return made


def _set(project: Project, channel: AlertChannel, fields: Mapping[str, Any]) -> None:
    channel.name = " ".join(str(fields.get("name", channel.name)).split())
    if not 1 <= len(channel.name) <= MAX_ALERT_NAME_CHARACTERS or "\x00" in channel.name:
        raise AlertRefused(f"A channel needs a name of at most {MAX_ALERT_NAME_CHARACTERS} characters.", "name")
    if channel.kind == Kind.MAIL:
        channel.user_ids = _members(project, fields.get("user_ids", channel.user_ids))
    elif url := str(fields.get("url") or ""):
        _set_url(channel, url)
    elif not channel.encrypted_url:
        raise AlertRefused("An address is missing: that of the webhook.", "url")


def _set_url(channel: AlertChannel, url: str) -> None:
    try:
        if len(url) > MAX_CHANNEL_URL_CHARACTERS or not url.isprintable():
            raise AlertRefused(
                f"An address has at most {MAX_CHANNEL_URL_CHARACTERS:,} characters that can be seen.", "url"
            )
        check_url(url, FOR_ALERTS)
    except (TranslationFailed, ValueError) as error:
        if isinstance(error, AlertRefused):
            raise
        raise AlertRefused(str(error), "url") from error
    channel.encrypted_url, channel.host = secrets.encrypted(url, purpose=CHANNEL_PURPOSE), urlsplit(url).hostname or ""


def _members(project: Project, asked: Any) -> list[int]:
    wanted = list(asked) if isinstance(asked, list | tuple) else []
    known = set(people_of(project.pk).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    if missing := [one for one in wanted if one not in known]:
        raise AlertRefused(f"Only members can be notified; {missing[0]} is not one.", "user_ids")
    return sorted(known)


def _save(project: Project, channel: AlertChannel, by: Actor) -> None:
    try:
        with transaction.atomic():
            channel.save(force_insert=True)
            record(Action.CHANNEL_CREATED, project, actor=by, target=channel.audited, kind=channel.kind)
    except IntegrityError as error:
        raise AlertRefused(f"There is already a channel “{channel.name}”.", "name") from error
