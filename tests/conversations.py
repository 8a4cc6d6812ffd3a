"""Believable conversations for what shows them, stored through the real ingest path."""

import json
from collections.abc import Sequence
from typing import Any

from projects.models import Project
from sessions.replay.turns import TurnPage
from sessions.rollup.session_rows import recompute
from tests.tracing.reports import at, call, failed, in_session, span
from tracing.ingest.pipeline import ingest
from tracing.records import Kind

Said = Sequence[tuple[str, str]]
TICKET: Said = (
    (
        "My order #12345 hasn't arrived yet.",
        "It left our **warehouse** on Monday.\n\n- carrier: DHL\n- arrives: Tuesday",
    ),
    ("Can I still change the address?", "No, but you can pick it up at the station."),
)


def read(answer: Any) -> str:
    """An answer's HTML with the white space that a browser shows, one space for each run."""
    return " ".join(answer.content.decode().split())


def window_of(answer: Any) -> TurnPage:
    """The turns that a page of a session shows, or a fragment of it."""
    page = answer.context["page"]
    return getattr(page, "window", page)


def tell(project: Project, session_id: str, said: Said = TICKET, *, user_id: str = "user-a") -> list[str]:
    """Stores one trace per turn, each a span with a failed tool and a model call below; returns the trace ids."""
    history: list[dict[str, str]] = [{"role": "system", "content": "You are the support assistant of Acme."}]
    trace_ids = []
    for number, (question, answer) in enumerate(said):
        trace_id = f"{session_id}-{number}".encode().hex().ljust(32, "0")
        start = number * 60.0
        history.append({"role": "user", "content": question})
        claims = in_session(session_id, user_id=user_id, tags=["support"], environment="production")
        times = {"started_at": at(start), "ended_at": at(start + 2)}
        ingest(
            project.pk,
            [
                span(trace_id, "root", name="handle_turn", input=question, output=answer, claims=claims, **times),
                failed(
                    trace_id, "tool", "root", name="search_orders", kind=Kind.TOOL, status_message="refused",
                    input='{"order_id": 12345}', **times,
                ),
                call(
                    trace_id, "call", "root", name="answer", input=json.dumps(history),
                    output=json.dumps([{"role": "assistant", "content": answer}]),
                    raw={"attributes": {"gen_ai.request.temperature": 0.2}}, **times,
                ),
            ],
        )  # fmt: skip
        history.append({"role": "assistant", "content": answer})
        trace_ids.append(trace_id)
    recompute(project.pk, [session_id])
    return trace_ids
