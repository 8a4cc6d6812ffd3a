"""Failures of Confab for Sentry, or a server that speaks its protocol. What tenants sent does not go along.

Nothing is loaded without SENTRY_DSN."""

from typing import Any

from django.conf import settings

from projects.masking import masked
from projects.request_context import current_context, route_of

MAX_FAILURE_CHARACTERS = 400  # of a message; what PostgreSQL adds on further lines quotes rows
WITHHELD = ("request", "breadcrumbs", "extra", "user", "server_name")  # addresses, arguments and texts of tenants


def begin(role: str) -> None:
    """Send the failures of this process from now on, if the settings name a server."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk  # it takes memory that most never need

    sentry_sdk.init(
        settings.SENTRY_DSN,
        release=f"confab@{settings.VERSION}",
        before_send=without_texts,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        send_default_pii=False,
    )
    sentry_sdk.set_tag("role", role)


def without_texts(event: Any, hint: dict[str, Any]) -> Any:
    """Return what is sent of a failure: the places in the code, the first line of each message, route and ids."""
    for name in WITHHELD:
        event.pop(name, None)
    for error in event.get("exception", {}).get("values", []):
        error["value"] = _first_line(error.get("value"))
    if logged := event.get("logentry"):
        event["logentry"] = {"message": _first_line(logged.get("formatted") or logged.get("message"))}
    context = current_context()
    route = route_of(context.request) if context.request else context.route or context.task
    tags = {"request_id": context.request_id, "route": route, "project": context.project_id}
    event["tags"] = {**event.get("tags", {}), **{name: str(value) for name, value in tags.items() if value}}
    if route:
        event["transaction"] = route
    return event


def _first_line(text: Any) -> str:
    return masked(str(text or "").partition("\n")[0][:MAX_FAILURE_CHARACTERS])
