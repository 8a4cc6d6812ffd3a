"""Failures of Confab for Sentry, or a server that speaks its protocol. What tenants sent does not go along.

Nothing is loaded without SENTRY_DSN."""

from typing import Any

from django.conf import settings

from projects.request_context import current_context, route_of

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
    """Return what is sent of a failure: kinds of errors, places in the code, words of the code, route and ids.

    The messages of errors stay in the log: libraries and PostgreSQL quote values in them."""
    for name in WITHHELD:
        event.pop(name, None)
    for error in event.get("exception", {}).get("values", []):
        error["value"] = ""
    if logged := event.get("logentry"):
        event["logentry"] = {"message": logged.get("message")}  # without its values
    context = current_context()
    route = route_of(context.request) if context.request else context.route or context.task
    tags = {"request_id": context.request_id, "route": route, "project": context.project_id}
    event["tags"] = {**event.get("tags", {}), **{name: str(value) for name, value in tags.items() if value}}
    event["transaction"] = route
    return event
