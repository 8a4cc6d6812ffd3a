"""The access log: one line for each answer, with the route instead of the address, which may name a person."""

import logging

ACCESS_LOGGER = "confab.access"
_log = logging.getLogger(ACCESS_LOGGER)


def note_answer(method: str, route: str, status: int | str, seconds: float, project_id: int | None) -> None:
    """Write the line, if the access log is on."""
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
