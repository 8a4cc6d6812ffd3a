"""What a download brought."""

from collections.abc import Iterable
from typing import Any


def body_of(answer: Any) -> bytes:
    """All bytes of an answer, which has said before how many there are."""
    parts: Iterable[bytes] = answer.streaming_content if answer.streaming else [answer.content]
    body = b"".join(parts)
    assert int(answer.headers["Content-Length"]) == len(body)
    return body
