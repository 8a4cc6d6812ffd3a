"""What a rule does to the sessions that enter its query: the actions of the list, for all of them or a share.

The share is drawn by the session's id: the same sessions would be drawn again."""

import math
from collections.abc import Collection

from django.db import transaction
from xxhash import xxh3_64_intdigest

from projects.audit import Action as Event
from projects.audit import record
from projects.models import Project
from sessions.alerts.refusals import AlertRefused
from sessions.bulk.actions import BULK_ACTIONS, BulkAction, BulkRefused
from sessions.models import Alert, BulkJob

MAX_ACTIONS = 10  # of one alert
RULE_ACTIONS: dict[str, BulkAction] = {name: action for name, action in BULK_ACTIONS.items() if not action.is_final}


def act(project: Project, alert: Alert, session_ids: Collection[str]) -> set[str]:
    """Do what the alert does to sessions. Return the ids of those to which something was done.

    An action that cannot be done, because its queue is gone for instance, is named on the alert's page."""
    acted: set[str] = set()
    for asked in alert.actions:
        chosen = sorted(one for one in session_ids if is_drawn(alert, one, asked.get("share", 100)))
        action = RULE_ACTIONS.get(asked["action"])
        if not chosen or action is None:
            continue
        try:
            with transaction.atomic():
                _do(project, alert, asked, action, chosen)
        except BulkRefused as refusal:
            Alert.objects.for_project(project).filter(id=alert.id).update(fault=f"{action.label}: {refusal}")
        else:
            acted.update(chosen)
    return acted


def is_drawn(alert: Alert, session_id: str, share: int) -> bool:
    """Return whether a session is among the `share` percent that an alert draws."""
    return xxh3_64_intdigest(f"{alert.id} {session_id}".encode()) % 100 < share


def checked_actions(project: Project, actions: object) -> list[dict[str, object]]:
    """Return actions as they are stored. Raise AlertRefused."""
    if not isinstance(actions, list) or len(actions) > MAX_ACTIONS:
        raise AlertRefused(f"Give a list of at most {MAX_ACTIONS} actions.", "actions")
    return [_checked(project, one) for one in actions]


def _do(project: Project, alert: Alert, asked: dict[str, str], action: BulkAction, session_ids: list[str]) -> None:
    arguments = {action.argument: asked.get("argument", "")} if action.argument else {}
    rule = f"rule {alert.name}"
    job = BulkJob(
        project_id=project.pk, action=asked["action"], arguments=arguments, requested_by=rule, requested_by_id=0
    )
    changed = action.run(job, session_ids, math.inf)
    if changed:
        record(Event.BULK_ACTION, project, actor=alert.audited, target=asked["action"], sessions=changed)


def _checked(project: Project, asked: object) -> dict[str, object]:
    if not isinstance(asked, dict) or asked.get("action") not in RULE_ACTIONS:
        raise AlertRefused(f"An action is one of {', '.join(RULE_ACTIONS)}.", "actions")
    action, argument, share = RULE_ACTIONS[asked["action"]], str(asked.get("argument") or ""), asked.get("share", 100)
    if not isinstance(share, int) or not 1 <= share <= 100:
        raise AlertRefused("A share is a whole number of percent from 1 to 100.", "actions")
    try:
        if action.read and action.argument:
            argument = action.read(argument)
        elif action.argument and argument not in {value for value, _ in action.choices(project)}:
            raise AlertRefused(f"{action.label}: there is no {action.argument} “{argument}”.", "actions")
    except BulkRefused as refusal:
        raise AlertRefused(f"{action.label}: {refusal}", "actions") from refusal
    return {"action": asked["action"], "argument": argument if action.argument else "", "share": share}
