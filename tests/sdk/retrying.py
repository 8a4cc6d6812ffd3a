"""A program that lets one SDK send a trace at a time, and prints the sessions of those that it does not call failed."""

import json
import logging
import os
import sys
from collections.abc import Callable

COUNT = 5
Send = Callable[[str], None]


def given(name: str) -> str:
    return os.environ[f"CONFAB_{name}"]


class Failures(logging.Handler):
    """Exporters that give up say so in an error of their log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


def interactiveai() -> Send:
    from interactiveai import Interactive

    client = Interactive(base_url=given("URL"), public_key=given("PUBLIC_KEY"), secret_key=given("SECRET_KEY"))

    def send(session_id: str) -> None:
        with client.start_as_current_span(name="turn") as span:
            span.update_trace(session_id=session_id)
        client.flush()

    return send


def langfuse() -> Send:
    from langfuse import Langfuse, propagate_attributes

    client = Langfuse(base_url=given("URL"), public_key=given("PUBLIC_KEY"), secret_key=given("SECRET_KEY"))

    def send(session_id: str) -> None:
        with propagate_attributes(session_id=session_id), client.start_as_current_observation(name="turn"):
            pass
        client.flush()

    return send


def laminar(**transport: object) -> Send:
    from lmnr import Laminar

    Laminar.initialize(project_api_key=given("SECRET_KEY"), base_url="http://127.0.0.1", **transport)  # type: ignore[arg-type]

    def send(session_id: str) -> None:
        with Laminar.start_as_current_span("turn"):
            Laminar.set_trace_session_id(session_id)
        Laminar.flush()

    return send


SDKS: dict[str, Callable[[], Send]] = {
    "interactiveai": interactiveai,
    "langfuse": langfuse,
    "laminar-http": lambda: laminar(http_port=int(given("PORT")), force_http=True),
    "laminar-grpc": lambda: laminar(grpc_port=int(given("GRPC_PORT"))),
}


def main(sdk: str, prefix: str) -> None:
    failures = Failures()
    logging.getLogger().addHandler(failures)
    logging.getLogger().addHandler(logging.StreamHandler())
    send, sent = SDKS[sdk](), []
    for number in range(COUNT):
        before, session_id = failures.count, f"{prefix}-{number}"
        send(session_id)
        if failures.count == before:
            sent.append(session_id)
    print(json.dumps(sent))


if __name__ == "__main__":
    main(*sys.argv[1:])
