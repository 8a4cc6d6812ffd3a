"""What is noted of each answer: a count, its duration, and a line of the access log.

The line has the route instead of the address, which may name a person."""

import logging

from projects.metrics.table import ANSWER_DURATIONS, ANSWERED_REQUESTS
from projects.request_context import current_context

ACCESS_LOGGER = "confab.access"
_log = logging.getLogger(ACCESS_LOGGER)


def note_answer(method: str, route: str, status: int | str, seconds: float, project_id: int | None) -> None:
    """Count an answer, and write its line if the access log is on."""
    wire = current_context().wire
    ANSWERED_REQUESTS.add(wire=wire, status=status)
    ANSWER_DURATIONS.note(seconds, wire=wire)
    if not _log.isEnabledFor(logging.INFO):
        return
    milliseconds = round(seconds * 1000, 1)
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": milliseconds,
        "project": project_id,
    }
    _log.info("%s %s %s in %s ms, project %s", method, route, status, milliseconds, project_id or "none", extra=fields)
