"""The one form of an environment's name: `Production`, `production ` and `PRODUCTION` are the same environment."""

import re

from projects.normal_forms import normalized
from projects.values import remembered
from tracing.limits.placeholders import is_placeholder

PLAIN_PATTERN = re.compile(r"(?!langfuse)[a-z0-9][a-z0-9_-]*")
RESERVED_PREFIX_PATTERN = re.compile(r"langfuse[-_]?")
OTHERS_PATTERN = re.compile(r"[^\w-]+")


@remembered(characters=100, texts=1_000)
def environment_name(sent: str) -> str:
    """Return the name of an environment in our form, or "" if the text names none.

    It is in lower case and has letters of any script, digits, - and _; everything else becomes one -. A leading
    `langfuse` is removed: Langfuse keeps such names for itself."""
    if is_placeholder(sent):
        return ""
    if PLAIN_PATTERN.fullmatch(sent):
        return sent
    lower = normalized("NFC", sent.strip().lower())
    name = OTHERS_PATTERN.sub(
        "-", RESERVED_PREFIX_PATTERN.sub("", lower, count=1) if lower.startswith("langfuse") else lower
    )
    return name.strip("-")
