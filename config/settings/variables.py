"""The environment: variables of this process or, if they are not set there, of the `up` that runs on our data."""

import json
import os
from argparse import ArgumentTypeError
from collections.abc import Callable, MutableMapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

from config.embedded.published import environment_of_running

EnvValue = TypeVar("EnvValue")
NAMES_OF_OTHERS = {"DATABASE_URL", "REDIS_URL", "SENTRY_DSN"}  # which the whole field knows


def read_files(environ: MutableMapping[str, str]) -> None:
    """Replace each variable NAME_FILE by NAME, with the text of that file: containers get their secrets as files.

    An empty file sets nothing. Raises ImproperlyConfigured if both are set, or if the file cannot be read."""
    stems = [name.removesuffix("_FILE") for name in environ if name.endswith("_FILE")]
    for name in stems:
        if name.startswith("CONFAB_") or name in NAMES_OF_OTHERS:
            path = environ[f"{name}_FILE"]
            if path and environ.get(name):
                raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
            if text := _text_of(path, f"{name}_FILE"):
                environ[name] = text
            del environ[f"{name}_FILE"]  # last: Django reads the settings again to show what is wrong with them


def _text_of(path: str, variable: str) -> str:
    try:
        return Path(path).read_text().rstrip("\r\n") if path else ""
    except (OSError, ValueError) as reason:
        raise ImproperlyConfigured(f"{variable}: cannot be read: {reason}.") from None


read_files(os.environ)
BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(os.environ.get("CONFAB_DATA", BASE_DIR / ".data"))
LEAST_TOKEN_CHARACTERS = 16
_read = {"CONFAB_DATA"}  # names of all variables that the settings read
RUNNING = environment_of_running(DATA_DIR)


def env(name: str, default: str = "") -> str:
    """Return a variable of the environment or, if it is not set, of the `up` that runs on our data."""
    _read.add(name)
    return os.environ.get(name, RUNNING.get(name, default))


def env_flag(name: str, default: bool = False) -> bool:
    return env(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


def read_env(name: str, read: Callable[[str], EnvValue], default: str) -> EnvValue:
    """Return a variable converted by `read`. Raises ImproperlyConfigured with its name if `read` refuses it."""
    try:
        return read(env(name) or default)
    except (ValueError, ArgumentTypeError) as reason:
        raise ImproperlyConfigured(f"{name}: {reason}.") from None


def whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def long_token(text: str) -> str:
    """Return a token that nobody can guess, or "" if there is none. Raises ValueError, without the token."""
    if text and not (len(text) >= LEAST_TOKEN_CHARACTERS and text.isascii() and text.isprintable()):
        raise ValueError(f"it must have at least {LEAST_TOKEN_CHARACTERS} characters of ASCII")
    return text


def share(text: str) -> float:
    """Return a share from 0 to 1. Raises ValueError."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(f"{text!r} is not between 0 and 1")
    return number


def headers(text: str) -> dict[str, str]:
    """Return the headers of a JSON object. Raises ValueError, without their values."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError('it must be JSON such as {"Authorization": "Bearer ..."}')
    return found


def one_of(*names: str) -> Callable[[str], str]:
    """Return what reads a variable that has one of these values."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"{text!r} is none of {', '.join(names)}")
        return text

    return read


def unknown_variables() -> dict[str, str]:
    """Return the variables that look like ours and are not, each with the one that it may stand for, or ""."""
    strange = sorted(name for name in os.environ if name.startswith("CONFAB_") and name not in _read)
    return {name: next(iter(get_close_matches(name, _read, n=1)), "") for name in strange}
