"""The content of a message, before it takes the form of a channel.

Numbers and links alone leave the installation, unless the alert may quote what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from sessions.alerts.wording import AlertWords, alerts_address, firing_address, firing_words
from sessions.models import Alert, AlertDelivery, AlertFiring, AlertFiringSession, AlertKind, Session
from tracing.formatting import counted

QUOTED_SESSIONS = 5
QUOTED_CHARACTERS = 200
TEST_WORDS = "This is a test of the channel. Nothing has fired."


@dataclass(frozen=True)
class QuotedSession:
    """A session with the beginning of what was asked."""

    session_id: str
    text: str
    address: str


@dataclass(frozen=True, kw_only=True)
class AlertMessage:
    """What is told: the facts, in words and as data."""

    id: str
    event: str
    project: Project
    title: str
    words: Sequence[str]
    button: tuple[str, str]
    alerts_address: str
    quoted: Sequence[QuotedSession] = ()
    data: dict[str, Any]


def message_about(project: Project, delivery: AlertDelivery, alert: Alert, firing: AlertFiring) -> AlertMessage:
    """Return the message of a delivery about a firing."""
    words, is_over = AlertWords(alert), delivery.event == AlertDelivery.Event.ENDED
    about, count = firing_words(alert, firing), counted(firing.session_count, "session")
    title = f"{alert.name}: {'over' if is_over else about}"
    said = [f"{words.condition}."]
    if is_over:
        said.append(f"It began on {_moment(project, firing.began_at)}: {about}.")
    elif alert.kind == AlertKind.CROSSES:
        said.append(f"Since {_moment(project, firing.began_at)}.")
    return AlertMessage(
        id=str(delivery.id),
        event=delivery.event,
        project=project,
        title=title,
        words=said,
        button=(f"Open {count}", firing_address(project, firing)),
        alerts_address=alerts_address(project),
        quoted=_quoted(project, firing) if alert.quotes and not is_over else (),
        data=_data(project, delivery, alert, firing),
    )


def test_message(project: Project, delivery: AlertDelivery) -> AlertMessage:
    """Return the message that tests a channel."""
    address = alerts_address(project)
    return AlertMessage(
        id=str(delivery.id),
        event=delivery.event,
        project=project,
        title="A test of Confab’s alerts",
        words=[TEST_WORDS],
        button=("Open the alerts", address),
        alerts_address=address,
        data=_head(project, delivery) | {"alert": None, "firing": None},
    )


def _head(project: Project, delivery: AlertDelivery) -> dict[str, Any]:
    return {
        "type": f"alert.{delivery.event}",
        "timestamp": timezone.now().isoformat(),
        "project": {"id": project.pk, "name": project.name},
    }


def _data(project: Project, delivery: AlertDelivery, alert: Alert, firing: AlertFiring) -> dict[str, Any]:
    quoted = _quoted(project, firing) if alert.quotes else ()
    number = {"value": _plain(firing.value), "bound": _plain(firing.bound), "measured_sessions": firing.measured_count}
    return _head(project, delivery) | {
        "alert": {"id": str(alert.id), "name": alert.name, "condition": AlertWords(alert).condition},
        "firing": {
            "id": str(firing.id),
            "began_at": firing.began_at.isoformat(),
            "ended_at": firing.ended_at.isoformat() if firing.ended_at else None,
            "sessions": firing.session_count,
            "url": firing_address(project, firing),
            **(number if alert.kind == AlertKind.CROSSES else {}),
        },
        "quotes": [{"session_id": one.session_id, "url": one.address, "text": one.text} for one in quoted],
    }


def _plain(number: Any) -> float | None:
    return None if number is None else float(number)


def _quoted(project: Project, firing: AlertFiring) -> list[QuotedSession]:
    kept = AlertFiringSession.objects.for_project(project).filter(firing_id=firing.id).order_by("session_id")
    ids = list(kept.values_list("session_id", flat=True)[:QUOTED_SESSIONS])
    sessions = Session.objects.for_project(project).filter(session_id__in=ids).order_by("session_id")
    return [
        QuotedSession(
            one.session_id,
            " ".join((one.first_input or "").split())[:QUOTED_CHARACTERS],
            settings.BASE_URL + reverse("session", args=[project.pk, one.session_id]),
        )
        for one in sessions
    ]


def _moment(project: Project, moment: datetime) -> str:
    return f"{timezone.localtime(moment):%-d %b %Y at %H:%M} {project.time_zone} time"
