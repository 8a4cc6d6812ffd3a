"""Sends requests over HTTP, again where that helps, and reads lists page by page.

Both clients take the same: `url`, `api_key` (a secret key) and `project` (an id, for keys of people) are otherwise read
from CONFAB_URL, CONFAB_API_KEY and CONFAB_PROJECT; `timeout` is in seconds, for each part of an exchange; `attempts`
is how often a request is sent at most."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Self

import httpx
from tenacity import AsyncRetrying, Retrying

from confab.failures import content_of, problem_of, reaching
from confab.requests import http_options, request_parts, retry_options

DEFAULT_TIMEOUT_SECONDS = 30.0
DEFAULT_ATTEMPTS = 4
Parameters = Mapping[str, Any]
Headers = Mapping[str, str | None]


class Transport:
    """A connection to Confab. Use it in a `with` statement, or close it."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | int | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        attempts: int = DEFAULT_ATTEMPTS,
    ) -> None:
        self._http = httpx.Client(**http_options(url, api_key, project, timeout))
        self._retrying = Retrying(**retry_options(attempts))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _ask(
        self, method: str, path: str, parameters: Parameters, body: Any = None, headers: Headers | None = None
    ) -> Any:
        return self._retrying(self._sent, method, path, request_parts(parameters, body, headers))

    def _sent(self, method: str, path: str, parts: dict[str, Any]) -> Any:
        with reaching():
            answer = self._http.request(method, path, **parts)
        return content_of(answer)

    def _each(self, method: str, path: str, parameters: Parameters) -> Iterator[Any]:
        page: dict[str, Any] = {"next": parameters.get("cursor")}
        while True:
            page = self._ask(method, path, {**parameters, "cursor": page["next"]})
            yield from page["data"]
            if not page["next"]:
                return

    def _stream(self, method: str, path: str, parameters: Parameters) -> Iterator[bytes]:
        answer = self._retrying(self._begun, method, path, parameters)
        with reaching():
            try:
                yield from answer.iter_bytes()
            finally:
                answer.close()

    def _begun(self, method: str, path: str, parameters: Parameters) -> httpx.Response:
        """Return an answer whose body is still to be read."""
        with reaching():
            answer = self._http.send(self._http.build_request(method, path, **request_parts(parameters)), stream=True)
            if answer.is_success:
                return answer
            answer.read()
        raise problem_of(answer)


class AsyncTransport:
    """A connection to Confab for programs with an event loop. Use it in an `async with` statement, or close it."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        project: str | int | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        attempts: int = DEFAULT_ATTEMPTS,
    ) -> None:
        self._http = httpx.AsyncClient(**http_options(url, api_key, project, timeout))
        self._retrying = AsyncRetrying(**retry_options(attempts))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def _ask(
        self, method: str, path: str, parameters: Parameters, body: Any = None, headers: Headers | None = None
    ) -> Any:
        return await self._retrying(self._sent, method, path, request_parts(parameters, body, headers))

    async def _sent(self, method: str, path: str, parts: dict[str, Any]) -> Any:
        with reaching():
            answer = await self._http.request(method, path, **parts)
        return content_of(answer)

    async def _each(self, method: str, path: str, parameters: Parameters) -> AsyncIterator[Any]:
        page: dict[str, Any] = {"next": parameters.get("cursor")}
        while True:
            page = await self._ask(method, path, {**parameters, "cursor": page["next"]})
            for row in page["data"]:
                yield row
            if not page["next"]:
                return

    async def _stream(self, method: str, path: str, parameters: Parameters) -> AsyncIterator[bytes]:
        answer: httpx.Response = await self._retrying(self._begun, method, path, parameters)
        with reaching():
            try:
                async for part in answer.aiter_bytes():
                    yield part
            finally:
                await answer.aclose()

    async def _begun(self, method: str, path: str, parameters: Parameters) -> httpx.Response:
        """Return an answer whose body is still to be read."""
        with reaching():
            request = self._http.build_request(method, path, **request_parts(parameters))
            answer = await self._http.send(request, stream=True)
            if answer.is_success:
                return answer
            await answer.aread()
        raise problem_of(answer)
