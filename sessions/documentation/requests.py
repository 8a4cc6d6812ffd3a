"""The same request as curl, Python and JavaScript: the latter two are written from the curl command of a page."""

import json
import re
import shlex
from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from tracing.reading.code import coloured

VARIABLE = re.compile(r"\$([A-Z_]+)")
OPTIONS_WITH_VALUES = {"-X": "method", "-d": "body", "-o": "file"}


@dataclass(frozen=True)
class CodeTab:
    """The request in one language."""

    label: str
    code: str
    html: SafeString


@dataclass
class HttpRequestExample:
    """What a curl command sends."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    file: str = ""


def parsed(command: str) -> HttpRequestExample:
    """Return what the command sends. Raises ValueError for an option that no example may use."""
    example = HttpRequestExample()
    words = iter(shlex.split(command.replace("\\\n", " "))[1:])
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            example.headers[name] = value
        elif word in OPTIONS_WITH_VALUES:
            setattr(example, OPTIONS_WITH_VALUES[word], next(words))
        elif word.startswith("-"):
            raise ValueError(f"{word} has no form in the other languages")
        else:
            example.url = word
    example.method = example.method or ("POST" if example.body else "GET")
    return example


def tabs_of(command: str) -> tuple[CodeTab, ...]:
    """Return the command, and the same request in Python and JavaScript."""
    example = parsed(command)
    return (
        _tab("curl", command, "sh"),
        _tab("Python", python(example), "python"),
        _tab("JavaScript", javascript(example), "js"),
    )


def _tab(label: str, code: str, language: str) -> CodeTab:
    return CodeTab(label, code, mark_safe(coloured(code, language)))


def python(example: HttpRequestExample) -> str:
    """Return a program for httpx."""
    lines = ["import os", "", "import httpx", "", f"answer = httpx.{example.method.lower()}("]
    lines += [f"    {_python_text(example.url)},"]
    lines += ["    headers={"]
    lines += [f"        {json.dumps(name)}: {_python_text(value)}," for name, value in example.headers.items()]
    lines += ["    },"]
    if example.body:
        lines += [f"    content={_python_quoted(example.body)},"]
    lines += [")", "answer.raise_for_status()"]
    end = f'open({json.dumps(example.file)}, "wb").write(answer.content)' if example.file else "print(answer.json())"
    return "\n".join([*lines, end])


def javascript(example: HttpRequestExample) -> str:
    """Return a module for Node, whose fetch every browser has, too."""
    lines = [f"const answer = await fetch({_javascript_text(example.url)}, {{"]
    if example.method != "GET":
        lines += [f"  method: {json.dumps(example.method)},"]
    lines += ["  headers: {"]
    lines += [f"    {json.dumps(name)}: {_javascript_text(value)}," for name, value in example.headers.items()]
    lines += ["  },"]
    if example.body:
        lines += [f"  body: `{example.body}`,"]
    return "\n".join([*lines, "});", "console.log(await answer.json());"])


def _python_text(text: str) -> str:
    """Return a string whose variables come from the environment."""
    if not VARIABLE.search(text):
        return json.dumps(text)
    return "f" + json.dumps(VARIABLE.sub(lambda name: f"{{os.environ['{name[1]}']}}", text))


def _python_quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else json.dumps(text)


def _javascript_text(text: str) -> str:
    """Return a string whose variables come from the environment."""
    if not VARIABLE.search(text):
        return json.dumps(text)
    return "`" + VARIABLE.sub(lambda name: f"${{process.env.{name[1]}}}", text) + "`"
