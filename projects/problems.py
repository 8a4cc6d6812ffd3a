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
    "invalid_request": ProblemKind(400, "The request cannot be followed."),
    "invalid_parameters": ProblemKind(400, "Some parameters cannot be followed."),
    "not_authenticated": ProblemKind(401, "There is no live key."),
    "not_permitted": ProblemKind(403, "The key may not do this."),
    "not_found": ProblemKind(404, "There is nothing with that id."),
    "method_not_allowed": ProblemKind(405, "The address does not take this method."),
    "not_acceptable": ProblemKind(406, "The answer is not available in this form."),
    "too_slow": ProblemKind(408, "The body did not arrive in time."),
    "conflict": ProblemKind(409, "Something else was there first."),
    "not_translated": ProblemKind(409, "The project may not translate."),
    "erased": ProblemKind(410, "It was erased."),
    "changed": ProblemKind(412, "It was changed since it was read."),
    "body_too_large": ProblemKind(413, "The body is too large."),
    "unsupported_media_type": ProblemKind(415, "The body is of another type."),
    "key_reused": ProblemKind(422, "The Idempotency-Key belongs to another request."),
    "too_many_requests": ProblemKind(429, "The key sends too many requests."),
    "failed": ProblemKind(500, "Confab failed."),
    "unavailable": ProblemKind(503, "The server is busy."),
    "took_too_long": ProblemKind(503, "The search took too long."),
    "database_away": ProblemKind(503, "The database is away."),
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
