"""Failures as programs read them: problem details of RFC 9457, each with a code that stays the same."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse

PROBLEM_JSON = "application/problem+json"
PROBLEM_TYPE = "urn:confab:problem:"  # before the code
PROGRAM_PATHS = ("/api/", "/mcp")  # whose failures are problems, unless a view answers in the words of an SDK


class ProblemKind(NamedTuple):
    """A status, and what is wrong in a few words."""

    status: int
    title: str


# By code. A code that was released keeps its meaning.
PROBLEMS = {
    "invalid_request": ProblemKind(400, "Invalid request."),
    "invalid_parameters": ProblemKind(400, "Invalid parameters."),
    "not_authenticated": ProblemKind(401, "Missing or revoked key."),
    "not_permitted": ProblemKind(403, "The key lacks permission."),
    "not_found": ProblemKind(404, "Not found."),
    "method_not_allowed": ProblemKind(405, "Method not allowed."),
    "not_acceptable": ProblemKind(406, "No such response format."),
    "too_slow": ProblemKind(408, "The request body took too long."),
    "conflict": ProblemKind(409, "Conflict with the current state."),
    "not_translated": ProblemKind(409, "Translation is not available."),
    "erased": ProblemKind(410, "Erased."),
    "changed": ProblemKind(412, "Changed since it was read."),
    "body_too_large": ProblemKind(413, "Request body too large."),
    "unsupported_media_type": ProblemKind(415, "Unsupported content type."),
    "key_reused": ProblemKind(422, "Idempotency key used for another request."),
    "too_many_requests": ProblemKind(429, "Too many requests."),
    "failed": ProblemKind(500, "Internal error."),
    "unavailable": ProblemKind(503, "Service unavailable."),
    "took_too_long": ProblemKind(503, "The query took too long."),
    "database_away": ProblemKind(503, "The database is unavailable."),
}
# The code of a status that no code is named for: the first in the table, as long as there is one.
PROBLEM_CODES_BY_STATUS = {kind.status: code for code, kind in reversed(PROBLEMS.items())}


def problem(status: int, detail: str, code: str = "", errors: Any = None) -> dict[str, Any]:
    """Return the body of a failure. `errors` has the reasons for each parameter or field."""
    code = code or PROBLEM_CODES_BY_STATUS.get(status, "")
    title = PROBLEMS[code].title if code else HTTPStatus(status).phrase
    kind = f"{PROBLEM_TYPE}{code}" if code else "about:blank"
    found = {"type": kind, "title": title, "status": status, "detail": detail, "code": code or "other"}
    return found if errors is None else found | {"errors": errors}


def problem_answer(status: int, detail: str, code: str = "", headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a failure where no view answers."""
    return JsonResponse(problem(status, detail, code), status=status, content_type=PROBLEM_JSON, headers=headers)


def is_of_program(request: HttpRequest) -> bool:
    """Return whether a program asks, which reads problems rather than pages."""
    return request.path_info.startswith(PROGRAM_PATHS)
