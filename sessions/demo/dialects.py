"""The same conversation in the attributes of five SDKs. A dialect says what of a step it tells, and in which words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from sessions.demo.story import Conversation, DemoSpan, Message
from tracing.records import Kind

Attributes = dict[str, Any]


@dataclass(frozen=True)
class Dialect:
    """An SDK: its scope and resource, and what it says of a step, `is_root` when the step is a whole turn."""

    scope: str
    version: str
    resource: Callable[[Conversation], Attributes]
    attributes: Callable[[Conversation, DemoSpan, bool], Attributes]


def dump(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def langfuse(talk: Conversation, step: DemoSpan, is_root: bool) -> Attributes:
    """As Langfuse and InteractiveAI do when only the root of a trace is told its session."""
    told: Attributes = {"langfuse.observation.type": step.kind.name.lower()}
    told |= _texts(step, "langfuse.observation.input", "langfuse.observation.output", dump)
    if step.model:
        usage = {"input": step.input_tokens, "output": step.output_tokens}
        told |= {
            "langfuse.observation.model.name": step.model,
            "langfuse.observation.model.parameters": dump({"temperature": 0.2, "max_tokens": 1024}),
            "langfuse.observation.usage_details": dump({**usage, "total": sum(usage.values())}),
        }
    if step.error:
        told |= {"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": step.error}
    if is_root:
        told |= {
            "session.id": talk.session_id,
            "user.id": talk.user_id,
            "langfuse.trace.name": step.name,
            "langfuse.trace.tags": talk.tags,
            **{f"langfuse.trace.metadata.{key}": value for key, value in talk.metadata.items()},
        }
    return told | {"langfuse.environment": talk.environment, "langfuse.release": talk.release}


LAMINAR_TYPES = {Kind.GENERATION: "LLM", Kind.TOOL: "TOOL"}


def laminar(talk: Conversation, step: DemoSpan, is_root: bool) -> Attributes:
    """Write a step as Laminar does: texts as JSON, the association properties on every span."""
    properties = "lmnr.association.properties."
    told: Attributes = {
        "lmnr.span.type": LAMINAR_TYPES.get(step.kind, "DEFAULT"),
        "lmnr.span.sdk_version": "0.8.1",
        f"{properties}session_id": talk.session_id,
        f"{properties}user_id": talk.user_id,
        f"{properties}tags": talk.tags,
        **{f"{properties}metadata.{key}": value for key, value in talk.metadata.items()},
    }
    told |= _texts(step, "lmnr.span.input", "lmnr.span.output", lambda value: orjson.dumps(value).decode())
    return told | _genai_usage(talk, step)


OPENINFERENCE_KIND_NAMES = {Kind.GENERATION: "LLM"}


def openinference(talk: Conversation, step: DemoSpan, is_root: bool) -> Attributes:
    """Messages are flattened into one attribute per leaf."""
    told: Attributes = {
        "openinference.span.kind": OPENINFERENCE_KIND_NAMES.get(step.kind, step.kind.name),
        "session.id": talk.session_id,
        "user.id": talk.user_id,
        "tag.tags": talk.tags,
        "metadata": dump(talk.metadata),
    }
    told |= _texts(step, "input.value", "output.value", dump)
    if step.model:
        told |= {
            "llm.model_name": step.model,
            "llm.provider": talk.provider,
            "llm.token_count.prompt": step.input_tokens,
            "llm.token_count.completion": step.output_tokens,
            "llm.token_count.total": step.input_tokens + step.output_tokens,
        }
    if step.kind == Kind.GENERATION:
        told |= _flat("llm.input_messages", step.input) | _flat("llm.output_messages", [step.output or {}])
    return told


def _flat(prefix: str, messages: list[Message]) -> Attributes:
    told: Attributes = {}
    for index, message in enumerate(messages):
        head = f"{prefix}.{index}.message."
        told |= {head + key: message[key] for key in ("role", "content", "tool_call_id") if message.get(key)}
        for number, call in enumerate(message.get("tool_calls", ())):
            part = f"{head}tool_calls.{number}.tool_call."
            told |= {part + "id": call["id"], part + "function.name": call["function"]["name"]}
            told[part + "function.arguments"] = call["function"]["arguments"]
    return told


OPERATION_BY_KIND = {
    Kind.AGENT: "invoke_agent",
    Kind.GENERATION: "chat",
    Kind.TOOL: "execute_tool",
    Kind.EMBEDDING: "embeddings",
    Kind.RETRIEVER: "retrieval",
}


def genai(talk: Conversation, step: DemoSpan, is_root: bool) -> Attributes:
    """OpenTelemetry's conventions. The agent's span repeats the usage of its model calls, as some frameworks do."""
    told: Attributes = {
        "gen_ai.operation.name": OPERATION_BY_KIND[step.kind],
        "gen_ai.conversation.id": talk.session_id,
        "user.id": talk.user_id,
        "tags": talk.tags,
    }
    if step.kind == Kind.TOOL:
        told |= {
            "gen_ai.tool.name": step.name,
            **_texts(step, "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", dump),
        }
    elif step.kind == Kind.GENERATION:
        told |= {"gen_ai.input.messages": dump([_parts(message) for message in step.input])}
        told |= {"gen_ai.output.messages": dump([_parts(step.output)])} if step.output else {}
    elif step.kind == Kind.AGENT:
        said = {"gen_ai.input.messages": ("user", step.input), "gen_ai.output.messages": ("assistant", step.output)}
        told |= {key: dump([_parts({"role": role, "content": text})]) for key, (role, text) in said.items()}
    else:
        told |= _texts(step, "input", "output", dump)
    if is_root:
        calls = [child for child in step.children if child.kind == Kind.GENERATION]
        told["gen_ai.usage.input_tokens"] = sum(call.input_tokens for call in calls)
        told["gen_ai.usage.output_tokens"] = sum(call.output_tokens for call in calls)
    return told | _genai_usage(talk, step)


def _parts(message: Message) -> Message:
    """Write a message in the parts of the conventions."""
    if message["role"] == "tool":
        part = {"type": "tool_call_response", "id": message["tool_call_id"], "response": message["content"]}
        return {"role": "tool", "parts": [part]}
    parts: list[Message] = [{"type": "text", "content": message["content"]}] if message["content"] else []
    for call in message.get("tool_calls", ()):
        called = call["function"]
        arguments = orjson.loads(called["arguments"])
        parts.append({"type": "tool_call", "id": call["id"], "name": called["name"], "arguments": arguments})
    return {"role": message["role"], "parts": parts}


def _genai_usage(talk: Conversation, step: DemoSpan) -> Attributes:
    if not step.model:
        return {}
    return {
        "gen_ai.system": talk.provider,
        "gen_ai.request.model": step.model,
        "gen_ai.response.model": step.model,
        "gen_ai.request.temperature": 0.2,
        "gen_ai.usage.input_tokens": step.input_tokens,
        "gen_ai.usage.output_tokens": step.output_tokens,
    }


VERCEL_OPERATIONS = {
    Kind.AGENT: "ai.generateText",
    Kind.GENERATION: "ai.generateText.doGenerate",
    Kind.TOOL: "ai.toolCall",
    Kind.EMBEDDING: "ai.embed.doEmbed",
    Kind.RETRIEVER: "ai.toolCall",
}


def vercel(talk: Conversation, step: DemoSpan, is_root: bool) -> Attributes:
    """Facts about the conversation travel as telemetry metadata."""
    told: Attributes = {
        "ai.operationId": VERCEL_OPERATIONS[step.kind],
        "ai.telemetry.functionId": step.name,
        "ai.telemetry.metadata.sessionId": talk.session_id,
        "ai.telemetry.metadata.userId": talk.user_id,
        "ai.telemetry.metadata.tags": talk.tags,
        **{f"ai.telemetry.metadata.{key}": value for key, value in talk.metadata.items()},
    }
    if step.model:
        told |= {
            "ai.model.id": step.model,
            "ai.model.provider": f"{talk.provider}.chat",
            "ai.usage.inputTokens": step.input_tokens,
            "ai.usage.outputTokens": step.output_tokens,
        }
    if step.kind == Kind.GENERATION:
        said = step.output or {}
        told |= {"ai.prompt.messages": dump(step.input)}
        told |= {"ai.response.text": said["content"]} if said.get("content") else {}
        told |= {"ai.response.toolCalls": dump(said["tool_calls"])} if said.get("tool_calls") else {}
    elif VERCEL_OPERATIONS[step.kind] == "ai.toolCall":
        told |= {"ai.toolCall.name": step.name, **_texts(step, "ai.toolCall.args", "ai.toolCall.result", dump)}
    else:
        told |= _texts(step, "ai.prompt", "ai.response.text", dump)
    return told


def _texts(step: DemoSpan, input_key: str, output_key: str, spelled: Callable[[Any], str]) -> Attributes:
    """Write input and output of a step; a failed one has no output."""
    sides = {input_key: step.input, output_key: step.output}
    return {key: spelled(value) for key, value in sides.items() if value is not None}


def _deployed(talk: Conversation) -> Attributes:
    return {"deployment.environment.name": talk.environment, "service.version": talk.release}


def _undeployed(talk: Conversation) -> Attributes:
    """Write the environment on the span."""
    return {}


DIALECTS = (
    Dialect("langfuse-sdk", "5.0.4", _undeployed, langfuse),
    Dialect("lmnr", "0.8.1", _deployed, laminar),
    Dialect("openinference.instrumentation.openai", "0.1.30", _deployed, openinference),
    Dialect("support.agents", "1.4.0", _deployed, genai),
    Dialect("ai", "6.0.2", _deployed, vercel),
)
