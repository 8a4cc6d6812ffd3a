"""Converts the parts of one chat message from every SDK's spelling to ours (messages.py describes it)."""

from collections.abc import Callable
from typing import Any

from tracing.json_text import dump
from tracing.vocabularies.media_parts import media_of
from tracing.vocabularies.readers import first_text, json_value

ChatMessage = dict[str, Any]

PART_TEXT_KEYS = (
    "text",
    "content",
    "input_text",
    "output_text",
    "refusal",
    "thinking",
    "reasoning",
    "summary",
    "value",
    "reasoningText",
)
ARGUMENT_KEYS = ("arguments", "input", "args", "parameters", "function_call_arguments_json")
ANSWER_KEYS = ("response", "result", "output", "content", "server_tool_call_response")
ID_KEYS = ("call_id", "toolCallId", "tool_call_id", "tool_use_id", "toolUseId", "id")
NAME_KEYS = ("name", "toolName", "tool_name")
NAME_SET, ARGUMENT_SET = frozenset(NAME_KEYS), frozenset({"arguments", "args"})


class Draft:
    """A message that grows part by part. Tool results in it become messages of their own."""

    def __init__(self, role: str) -> None:
        self.message: ChatMessage = {"role": role, "content": ""}
        self.answers: list[ChatMessage] = []
        self._texts: dict[str, list[str]] = {}  # pieces by key, joined at the end because there may be many
        self._called: set[str] = set()

    def messages(self) -> list[ChatMessage]:
        """Return the message and its tool results, which come before a user's and after an assistant's message."""
        for key, pieces in self._texts.items():
            self.message[key] = pieces[0] if len(pieces) == 1 else "\n".join(pieces)
        if not self.answers:
            return [self.message]
        said = any(self.message.get(key) for key in ("content", "reasoning", "tool_calls", "media"))
        own = [self.message] if said else []
        return own + self.answers if self.message["role"] == "assistant" else self.answers + own

    def says_nothing(self) -> bool:
        """Return whether no text was added yet."""
        return "content" not in self._texts

    def _add_words(self, key: str, words: str) -> None:
        if words:
            self.message.setdefault(key, "")
            self._texts.setdefault(key, []).append(words)

    def add(self, part: Any) -> None:
        """Add a text, or a part that contains its type, or a part under its type as its key (Gemini, Bedrock)."""
        if isinstance(part, list):
            for item in part:
                self.add(item)
        elif isinstance(part, str):
            self._add_words("content", part)
        elif isinstance(part, dict):
            self._add_part(part)
        elif part is not None:
            self.add(dump(part))

    def _add_part(self, part: dict[str, Any]) -> None:
        kind = part.get("type")
        if kind is None or (isinstance(kind, str) and kind[:1].isupper()):  # the class of a printed part
            for name, add in () if HANDLERS_BY_KEY.keys().isdisjoint(part) else HANDLERS_BY_KEY.items():
                if (inner := part.get(name)) is not None:
                    return add(self, inner if isinstance(inner, dict) else part)
            if isinstance(part.get("origin"), dict):
                return self.add_answer(part)
            if not NAME_SET.isdisjoint(part) and not ARGUMENT_SET.isdisjoint(part):
                return self.add_call(part)
            kind = "text"
        if (add_typed := handler_of(kind)) is not None:
            return add_typed(self, part)
        return self.add(dump(part))  # an unknown part is shown as it was sent

    def add_text(self, part: dict[str, Any]) -> None:
        words = words_of(part)
        if words is not None and part.get("thought") is True:
            self.add_reasoning(part)
        else:
            self.add(dump(part) if words is None else words)

    def add_reasoning(self, part: dict[str, Any]) -> None:
        if words := words_of(part):
            self._add_words("reasoning", words)

    def add_call(self, call: Any) -> None:
        if isinstance(call, dict):
            call = next((call[key] for key in ("tool_call", "functionCall") if isinstance(call.get(key), dict)), call)
            function = call["function"] if isinstance(call.get("function"), dict) else call
            arguments: Any = next((function[key] for key in ARGUMENT_KEYS if function.get(key) is not None), {})
            decoded = json_value(arguments)
            asked = {
                "id": first_text(call, ID_KEYS),
                "name": first_text(function, NAME_KEYS),
                "arguments": decoded if isinstance(decoded, dict | list) else arguments,
            }
            spelled = dump(asked, sort_keys=True)
            if spelled not in self._called:  # some libraries send a call in two spellings
                self._called.add(spelled)
                self.message.setdefault("tool_calls", []).append(asked)

    def add_server_call(self, part: dict[str, Any]) -> None:
        """Add a call of a tool that the provider runs itself, such as a web search."""
        detail = part.get("server_tool_call")
        asked = detail if isinstance(detail, dict) else part.get("action")
        kind = first_text(detail, ("type",)) if isinstance(detail, dict) else str(part.get("type"))
        self.add_call({"name": kind.removesuffix("_call"), "arguments": asked, **part})

    def add_answer(self, part: dict[str, Any]) -> None:
        if isinstance(part.get("origin"), dict):  # Haystack: the call to which the result belongs
            part = {**part["origin"], **part}
        answer = next((part[key] for key in ANSWER_KEYS if part.get(key) is not None), "")
        found: ChatMessage = {
            "role": "tool",
            "content": answer_text(answer),
            "tool_call_id": first_text(part, ID_KEYS),
            "name": first_text(part, NAME_KEYS),
        }
        if part.get("is_error") is True or part.get("isError") is True:
            found["is_error"] = True
        self.answers.append({key: value for key, value in found.items() if value or key in ("role", "content")})

    def add_media(self, part: dict[str, Any]) -> None:
        source = part.get("source")
        if isinstance(source, dict) and source.get("type") in ("text", "content"):  # a document of words
            words = words_of(source) or source.get("data")
            self.add([said for said in (part.get("title"), words) if said])
            return
        self.message.setdefault("media", []).append(media_of(part))


Handler = Callable[[Draft, Any], None]
HANDLERS_BY_TYPE: dict[str, Handler] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text", "refusal", "search_result"), Draft.add_text),
    **dict.fromkeys(("reasoning", "thinking", "redacted_thinking", "compaction"), Draft.add_reasoning),
    **dict.fromkeys(("tool_call", "tool_use", "function_call", "custom_tool_call"), Draft.add_call),
    **dict.fromkeys(("server_tool_use", "mcp_call", "mcp_tool_use"), Draft.add_call),
    **dict.fromkeys(("web_search_call", "file_search_call", "code_interpreter_call"), Draft.add_server_call),
    "server_tool_call": Draft.add_server_call,
    **dict.fromkeys(
        ("tool_call_response", "tool_result", "tool_response", "function_call_output", "custom_tool_call_output"),
        Draft.add_answer,
    ),
    **dict.fromkeys(
        ("server_tool_call_response", "mcp_tool_result", "web_search_tool_result", "code_execution_tool_result"),
        Draft.add_answer,
    ),
    **dict.fromkeys(
        ("image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file", "document"),
        Draft.add_media,
    ),
    **dict.fromkeys(("blob", "uri", "media", "file_id"), Draft.add_media),
}
HANDLERS_BY_KEY: dict[str, Handler] = {
    "tool_call": Draft.add_call,  # OpenInference; its type is beside it
    "message_content": Draft.add,
    **dict.fromkeys(("functionCall", "function_call", "toolUse"), Draft.add_call),
    **dict.fromkeys(("functionResponse", "function_response", "toolResult"), Draft.add_answer),
    **dict.fromkeys(("inlineData", "inline_data", "fileData", "file_data", "image"), Draft.add_media),
    **dict.fromkeys(("reasoningContent", "reasoningText"), Draft.add_reasoning),
}


def handler_of(kind: Any) -> Handler | None:
    """Return what adds a part of this type, in any spelling of it, or None for an unknown type."""
    if isinstance(kind, str) and (handler := HANDLERS_BY_TYPE.get(kind)) is not None:
        return handler
    return HANDLERS_BY_TYPE.get(str(kind).replace("-", "_").lower())


def opened(content: str) -> Any:
    """Return the parts of which a message's content is the JSON text, or the same text if it is something else."""
    if content[:2] not in ("[{", "[ ", "[\n") or not isinstance(parts := json_value(content), list) or not parts:
        return content
    return parts if all(map(is_part, parts)) else content


def is_part(value: Any) -> bool:
    """Return whether a value can be nothing but a part of a message."""
    if not isinstance(value, dict):
        return False
    if (kind := value.get("type")) is not None:
        return handler_of(kind) is not None
    return value.keys() == {"text"} or (len(value) == 1 and not HANDLERS_BY_KEY.keys().isdisjoint(value))


def words_of(part: Any, depth: int = 0) -> str | None:
    """Return the text of a part, whatever key it is under, or None if it has none."""
    if isinstance(part, str):
        return part
    if depth > 4:
        return None
    if isinstance(part, list):
        return "\n".join(words for item in part if (words := words_of(item, depth + 1))) or None
    if isinstance(part, dict):
        for key in PART_TEXT_KEYS:
            if (inner := part.get(key)) is not None and (words := words_of(inner, depth + 1)) is not None:
                return words
    return None


def answer_text(answer: Any) -> str:
    """Return the result of a tool: text, the text of its parts, or JSON."""
    if isinstance(answer, list) and answer and all(isinstance(item, dict) and "text" in item for item in answer):
        return "\n".join(str(item["text"]) for item in answer)
    if isinstance(answer, dict) and answer.keys() <= {"type", "value"} and "value" in answer:  # Vercel
        answer = answer["value"]
    return answer if isinstance(answer, str) else dump(answer)
