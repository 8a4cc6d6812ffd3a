"""Calls a tool: its operation of /api/v1 is asked inside of this request, with the same key.

Scopes, roles, rates, refusals and the audit log are therefore those of the operation."""

import io
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from rest_framework.response import Response

from projects.audit import Action, record
from projects.models import ApiKey
from sessions.api.mcp.tools import DEFAULT_TOOL_TOKENS, MAX_TOOL_TOKENS, MIN_TOOL_TOKENS, TOKENS, AgentTool, fields_of
from sessions.api.v1.urls import urlpatterns

PATH_PARAMETER = re.compile(r"<\w+:(\w+)>")
MAX_TOLD_ARGUMENT_CHARACTERS = 40
ENVELOPE_TOKENS = 100  # of an answer around the rows that an operation fits into a budget


class BadArguments(Exception):
    """A tool cannot be called like this; the text says why."""


class ToolAnswer(NamedTuple):
    """What an operation answered, and whether it refused."""

    data: Any
    is_refused: bool
    max_tokens: int


class ToolCall(NamedTuple):
    """The parts of a request to an operation."""

    in_path: dict[str, Any]
    query: str
    body: bytes
    max_tokens: int


def may_call(tool: AgentTool, key: ApiKey) -> bool:
    """Return whether the operation of a tool would take the key."""
    view = _callback(tool.path).cls
    role = view.roles.get(tool.method)
    return view.scopes[tool.method] in key.scopes and (key.role is None or (role is not None and key.role.covers(role)))


def call(tool: AgentTool, arguments: Mapping[str, Any], key: ApiKey, request: HttpRequest) -> ToolAnswer:
    """Ask the operation of a tool, and note the call in the audit log. Raise BadArguments."""
    asked = _asked(tool, arguments)
    names = ", ".join(sorted(arguments))
    record(Action.TOOL_CALLED, key.project, actor=key, target=tool.name, request=request, parameters=names)
    environ = request.META | {
        "REQUEST_METHOD": tool.method,
        "PATH_INFO": tool.path,
        "QUERY_STRING": asked.query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(asked.body)),
        "HTTP_ACCEPT": "application/json",
        "wsgi.input": io.BytesIO(asked.body),
    }
    for name in ("HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"):  # of the message that called the tool
        environ.pop(name, None)
    answered = _callback(tool.path)(WSGIRequest(environ), **asked.in_path)
    assert isinstance(answered, Response), f"{tool.name} answers with a file"
    return ToolAnswer(answered.data, answered.status_code >= 400, asked.max_tokens)


def _asked(tool: AgentTool, arguments: Mapping[str, Any]) -> ToolCall:
    fields = fields_of(tool)
    known: Mapping[str, Any] = fields.schema["properties"]
    if unknown := [name for name in arguments if name not in known]:
        told = unknown[0][:MAX_TOLD_ARGUMENT_CHARACTERS]
        raise BadArguments(f"{tool.name} has no argument “{told}”. It takes {', '.join(known)}.")
    if missing := [name for name in fields.schema["required"] if name not in arguments]:
        raise BadArguments(f"{tool.name} needs the argument {missing[0]}.")
    room = arguments.get(TOKENS, DEFAULT_TOOL_TOKENS)
    if type(room) is not int or not MIN_TOOL_TOKENS <= room <= MAX_TOOL_TOKENS:
        raise BadArguments(f"{TOKENS} is a whole number from {MIN_TOOL_TOKENS} to {MAX_TOOL_TOKENS:,}.")
    given = {**(tool.given or {}), **arguments, TOKENS: room - ENVELOPE_TOKENS}
    query = {name: _text(given[name]) for name in fields.in_query if given.get(name) is not None}
    body = {name: given[name] for name in fields.in_body if name in given}
    sent = json.dumps(body).encode() if fields.in_body else b""
    return ToolCall(_in_path(tool, given), urlencode(query, doseq=True), sent, room)


def _in_path(tool: AgentTool, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the path as the route would have read them."""
    converters = _pattern(tool.path).pattern.converters
    found = {}
    for name, converter in converters.items():
        text = given[name]
        if not isinstance(text, str) or not text:
            raise BadArguments(f"{name} is a text.")
        found[name] = converter.to_python(text)
    return found


def _text(value: Any) -> Any:
    """Return a value as a query has it; a list is repeated."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return [str(one) for one in value] if isinstance(value, list) else str(value)


@cache
def _pattern(path: str) -> Any:
    return next(one for one in urlpatterns if path == "/api/v1/" + PATH_PARAMETER.sub(r"{\1}", str(one.pattern)))


def _callback(path: str) -> Any:
    return _pattern(path).callback
