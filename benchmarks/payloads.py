"""OTLP export requests as instrumented chat applications send them; the same seed gives the same requests.

A conversation has 3 to 30 turns, a turn is a trace of one root and 2 to 8 steps, and a request holds the spans that
happened to end when the exporter's batch was full, so traces are cut at its edges. A span carries OpenInference and
GenAI attributes and two texts, about 4.7 KB in all."""

import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from benchmarks.prose import prose
from benchmarks.protobuf import pairs, span_of

HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
MODELS = {
    "gpt-4o": "openai",
    "gpt-4o-mini": "openai",
    "claude-3-5-sonnet-20241022": "anthropic",
    "gemini-2.0-flash": "google",
}
TAGS = ("prod", "beta", "mobile", "web", "vip", "eu", "us", "trial")
RESOURCE = {
    "service.name": "support-chat",
    "deployment.environment": "production",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": "1.35.0",
}
SCOPE = "openinference.instrumentation.langchain", "0.1.50"
SHORTEST_TEXT, LONGEST_TEXT = 500, 4000  # characters, evenly spread over the logarithm
MESSAGE = 400  # characters of a message that an attribute repeats
CONVERSATIONS_AT_ONCE = 60
FAILURES = 0.02
MS = 10**6


@dataclass(frozen=True, slots=True)
class Request:
    """One request, packed and as it was before."""

    spans: int
    body: bytes
    unpacked: int
    span_counts: dict[str, int]  # by session


@dataclass(slots=True)
class Conversation:
    session_id: str
    user_id: str
    model: str
    tags: list[str]
    turns_left: int


@dataclass
class Traffic:
    """An endless stream of requests that ends at `now`, in nanoseconds since 1970."""

    seed: int
    now: int
    random: Random = field(init=False)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.text = prose(Random(0))
        self._conversations = [self._begin() for _ in range(CONVERSATIONS_AT_ONCE)]
        self._spans = self._stream()

    def requests(self, count: int, spans: int) -> list[Request]:
        """`count` requests of `spans` spans each."""
        return [self._packed(list(islice(self._spans, spans))) for _ in range(count)]

    def small_requests(self, count: int) -> list[Request]:
        """Return requests of 1 to 5 spans, as from an application that exports each step at once."""
        return [self._packed(list(islice(self._spans, self.random.randint(1, 5)))) for _ in range(count)]

    def _packed(self, spans: list[tuple[str, Span]]) -> Request:
        message = ExportTraceServiceRequest()
        resource_spans = message.resource_spans.add()
        resource_spans.resource.attributes.extend(pairs(RESOURCE))
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = SCOPE
        scope_spans.spans.extend(span for _, span in spans)
        body = message.SerializeToString()
        counts: dict[str, int] = {}
        for session_id, _ in spans:
            counts[session_id] = counts.get(session_id, 0) + 1
        return Request(len(spans), gzip.compress(body, 6), len(body), counts)

    def _stream(self) -> Iterator[tuple[str, Span]]:
        while True:
            place = self.random.randrange(len(self._conversations))
            conversation = self._conversations[place]
            for span in self._turn(conversation):
                yield conversation.session_id, span
            conversation.turns_left -= 1
            if not conversation.turns_left:
                self._conversations[place] = self._begin()

    def _begin(self) -> Conversation:
        turns = min(30, 3 + int(self.random.expovariate(1 / 7)))
        return Conversation(
            session_id=f"session-{self.random.getrandbits(64):016x}",
            user_id=f"user-{self.random.randrange(2000):04d}",
            model=self.random.choice(list(MODELS)),
            tags=self.random.sample(TAGS, 3),
            turns_left=turns,
        )

    def _turn(self, conversation: Conversation) -> list[Span]:
        """Return the steps first and the root last, in the order in which they end."""
        trace_id, root_id = self.random.randbytes(16), self.random.randbytes(8)
        common = {
            "session.id": conversation.session_id,
            "gen_ai.conversation.id": conversation.session_id,
            "user.id": conversation.user_id,
            "tag.tags": conversation.tags,
            "metadata": f'{{"tenant": "t{self.random.randrange(20)}", "release": "1.{self.random.randrange(40)}"}}',
        }
        names = [self.random.choice(("retrieve", "tool", "call", "call")) for _ in range(self.random.randint(1, 7))]
        started = at = self.now - self.random.randrange(3600 * 1000) * MS
        spans = []
        for name in [*names, "call"]:
            at += self.random.randrange(1, 5) * MS
            ended = at + self.random.randrange(20, 2500 if name == "call" else 300) * MS
            spans.append(self._step(name, conversation, common, trace_id, root_id, at, ended))
            at = ended
        attributes = (
            common | self._texts("CHAIN") | {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support"}
        )
        spans.append(span_of("chat_turn", trace_id, root_id, b"", started, at + MS, attributes))
        return spans

    def _step(
        self, name: str, conversation: Conversation, common: dict[str, Any], trace_id: bytes, root_id: bytes,
        started: int, ended: int,
    ) -> Span:  # fmt: skip
        kind = {"retrieve": "RETRIEVER", "tool": "TOOL", "call": "LLM"}[name]
        texts = self._texts(kind)
        title, own = {"retrieve": _retrieval, "tool": _tool, "call": _call}[name](conversation.model, texts)
        span = span_of(title, trace_id, self.random.randbytes(8), root_id, started, ended, common | texts | own)
        if self.random.random() < FAILURES:
            self._fail(span, ended)
        return span

    def _texts(self, kind: str) -> dict[str, Any]:
        return {
            "openinference.span.kind": kind,
            "input.value": self._text(),
            "input.mime_type": "text/plain",
            "output.value": self._text(),
            "output.mime_type": "text/plain",
        }

    def _text(self) -> str:
        length = int(math.exp(self.random.uniform(math.log(SHORTEST_TEXT), math.log(LONGEST_TEXT))))
        start = self.random.randrange(len(self.text) - LONGEST_TEXT)
        return self.text[start : start + length]

    def _fail(self, span: Span, ended: int) -> None:
        span.status.code, span.status.message = Status.STATUS_CODE_ERROR, "upstream timeout"
        event = span.events.add()
        event.name, event.time_unix_nano = "exception", ended
        stack = "Traceback (most recent call last):\n" + self.text[:600]
        said = {
            "exception.type": "TimeoutError",
            "exception.message": "upstream timeout",
            "exception.stacktrace": stack,
        }
        event.attributes.extend(pairs(said))


def _call(model: str, texts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    asked, answered = texts["input.value"], texts["output.value"]
    read, wrote = len(asked) // 4, len(answered) // 4
    return "ChatOpenAI", {
        "llm.model_name": model,
        "llm.provider": MODELS[model],
        "llm.token_count.prompt": read,
        "llm.token_count.completion": wrote,
        "llm.token_count.total": read + wrote,
        "llm.invocation_parameters": '{"temperature": 0.2, "max_tokens": 1024}',
        "gen_ai.operation.name": "chat",
        "gen_ai.system": MODELS[model],
        "gen_ai.provider.name": MODELS[model],
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.output_tokens": wrote,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "You answer the customers of a web shop, briefly and kindly.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": asked[:MESSAGE],
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": answered[:MESSAGE],
    }


def _tool(_: str, texts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "search_orders", {
        "tool.name": "search_orders",
        "tool.parameters": '{"query": "latest"}',
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search_orders",
    }


def _retrieval(_: str, texts: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "VectorStoreRetriever", {
        "retrieval.documents.0.document.id": "faq-17",
        "retrieval.documents.0.document.content": texts["output.value"][:MESSAGE],
        "retrieval.documents.0.document.score": 0.87,
    }
