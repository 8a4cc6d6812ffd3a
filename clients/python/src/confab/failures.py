"""What a request can end in beside its answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import httpx


class Answer(dict[str, Any]):
    """An answer, and the ETag that came with it."""

    def __init__(self, said: Mapping[str, Any], etag: str | None) -> None:
        super().__init__(said)
        self.etag = etag


def etag_of(answer: Any) -> str | None:
    """Return the ETag of an answer, for `if_match` of the change that it leads to; None where there is none."""
    return answer.etag if isinstance(answer, Answer) else None


class ConfabError(Exception):
    """The request brought no answer that can be used."""


class Unreachable(ConfabError):
    """Nobody answered at the address, the answer broke off, or it was not Confab's."""


class Problem(ConfabError):
    """Confab refused or failed: problem details of RFC 9457. There is a subclass for each code.

    `status` is that of the answer; `detail` has the reason and the way out; `errors` has the reasons for each parameter
    or field, empty where there are none; `retry_after` is in seconds, None where the answer does not say."""

    by_code: ClassVar[dict[str, type["Problem"]]] = {}
    code: str = "other"

    def __init__(self, said: Mapping[str, Any], response: httpx.Response) -> None:
        self.status = response.status_code
        self.code = str(said.get("code", "other"))
        self.detail = str(said.get("detail") or f"{response.status_code} {response.reason_phrase}")
        self.errors: dict[str, Any] = said.get("errors") or {}
        seconds = response.headers.get("Retry-After", "")
        self.retry_after = int(seconds) if seconds.isascii() and seconds.isdecimal() else None
        super().__init__(
            "\n".join([self.detail, *(f"{name}: {_joined(given)}" for name, given in self.errors.items())])
        )

    def __init_subclass__(cls) -> None:
        Problem.by_code[cls.code] = cls


def problem_of(response: httpx.Response) -> Problem:
    """Return what an answer of 400 or more says, whose body was read. It may come from a proxy on the way."""
    try:
        said = response.json()
    except ValueError:
        said = None
    said = said if isinstance(said, dict) else {}
    return Problem.by_code.get(str(said.get("code")), Problem)(said, response)


def content_of(answer: httpx.Response) -> Any:
    """Return the JSON of an answer whose body was read, None if it has none. Raise Problem, Unreachable."""
    if not answer.is_success:
        raise problem_of(answer)
    try:
        said = answer.json() if answer.content else None
        return Answer(said, answer.headers.get("ETag")) if isinstance(said, dict) else said
    except ValueError as error:
        raise Unreachable(f"The answer of {answer.url.host} is no JSON: that is not Confab.") from error


@contextmanager
def reaching() -> Iterator[None]:
    """Raise Unreachable when the exchange inside fails."""
    try:
        yield
    except httpx.TransportError as error:
        address = error.request.url.netloc.decode()
        raise Unreachable(f"{address}: {str(error) or type(error).__name__}") from error


def _joined(reasons: Any) -> str:
    return " ".join(map(str, reasons)) if isinstance(reasons, list) else str(reasons)
