"""Names that people and others give."""

import re

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


def in_one_line(text: str) -> str:
    """Return a name in one line, without characters that turn the direction of what stands beside it."""
    return " ".join(TURNING.sub("", text.replace("\x00", "")).split())
