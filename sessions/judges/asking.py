"""Models behind two protocols: one question, and an answer that a schema binds.

The request has two texts: what the project asks, as the system's, and the conversation, as JSON data of the user's.
Anybody may have written the conversation, and it may contain instructions: it never stands among ours, and JSON's
quotes are marks that it cannot type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from projects.secrets import SecretLost
from sessions.models import ModelProvider
from sessions.translation.egress import ask
from sessions.translation.provider import AuthFailed, BadAnswer, ProviderRefused
from sessions.translation.secrets import decrypted

DEFAULT_ADDRESSES = {
    ModelProvider.Protocol.OPENAI_COMPATIBLE: "https://api.openai.com/v1",
    ModelProvider.Protocol.ANTHROPIC: "https://api.anthropic.com/v1",
}
MODEL_TIMEOUT_SECONDS = 60.0
MAX_ANSWER_TOKENS = 1_000
MAX_REPORTED_TOKENS = 100_000_000
ANSWER_NAME = "verdict"


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked: instructions of the project, data of strangers, and the JSON schema of the answer."""

    instructions: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The data as JSON."""
        return orjson.dumps(self.data).decode()

    @property
    def byte_count(self) -> int:
        """The size of all that is sent."""
        return len(self.instructions.encode()) + len(self.text.encode()) + len(orjson.dumps(self.schema))


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model said, and the tokens that it reports; None if it reports none."""

    said: Any
    input_tokens: int | None
    output_tokens: int | None


def ask_model(provider: ModelProvider, model: str, question: Question) -> ModelAnswer:
    """Ask once. Raises TranslationFailed for every kind of failure."""
    try:
        secret = decrypted(provider.secret)
    except SecretLost:
        raise AuthFailed("The provider's key can no longer be read: an admin has to enter it again.") from None
    url = (provider.base_url or DEFAULT_ADDRESSES[ModelProvider.Protocol(provider.protocol)]).rstrip("/")
    if provider.protocol == ModelProvider.Protocol.ANTHROPIC:
        return _anthropic(url, secret, model, question)
    return _openai(url, secret, model, question)


def _openai(url: str, secret: str, model: str, question: Question) -> ModelAnswer:
    messages = [{"role": "system", "content": question.instructions}, {"role": "user", "content": question.text}]
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    variants = _variants(question)
    for place, variant in enumerate(variants):
        body = {"model": model, "messages": messages, **variant}
        try:
            answer = ask("POST", f"{url}/chat/completions", json=body, headers=headers, seconds=MODEL_TIMEOUT_SECONDS)
        except ProviderRefused:
            if place == len(variants) - 1:
                raise
            continue
        return ModelAnswer(_openai_said(answer), *_usage(answer, "prompt_tokens", "completion_tokens"))
    raise AssertionError("the last variant answers or raises")


def _variants(question: Question) -> list[dict[str, Any]]:
    """Return parameters from strict to plain: servers refuse those that they do not know."""
    shape = {"name": ANSWER_NAME, "strict": True, "schema": question.schema}
    strict = {"response_format": {"type": "json_schema", "json_schema": shape}}
    usual = {"temperature": 0, "max_tokens": MAX_ANSWER_TOKENS}
    return [
        usual | strict,
        {"max_completion_tokens": MAX_ANSWER_TOKENS} | strict,  # of models that reason
        usual | {"response_format": {"type": "json_object"}},
        usual,
    ]


def _openai_said(answer: Any) -> Any:
    try:
        choice = answer["choices"][0]
        if choice.get("finish_reason") == "length":
            raise BadAnswer("The model's response was cut off.")
        said: str = choice["message"]["content"]
        return orjson.loads(said[said.index("{") : said.rindex("}") + 1])
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        raise BadAnswer("The model's response is no verdict.") from None


def _anthropic(url: str, secret: str, model: str, question: Question) -> ModelAnswer:
    tool = {"name": ANSWER_NAME, "description": "Give the verdict.", "input_schema": question.schema}
    body = {
        "model": model,
        "max_tokens": MAX_ANSWER_TOKENS,
        "system": question.instructions,
        "messages": [{"role": "user", "content": question.text}],
        "tools": [tool],
        "tool_choice": {"type": "tool", "name": ANSWER_NAME},
    }
    headers = {"x-api-key": secret, "anthropic-version": "2023-06-01"}
    answer = ask("POST", f"{url}/messages", json=body, headers=headers, seconds=MODEL_TIMEOUT_SECONDS)
    try:
        said = next(part["input"] for part in answer["content"] if part["type"] == "tool_use")
    except (TypeError, KeyError, StopIteration):
        raise BadAnswer("The model's response is no verdict.") from None
    return ModelAnswer(said, *_usage(answer, "input_tokens", "output_tokens"))


def _usage(answer: Any, *names: str) -> tuple[int | None, int | None]:
    """Return the reported tokens; what cannot be true counts as not reported."""
    usage = answer.get("usage") if isinstance(answer, dict) else None
    found = [usage.get(name) if isinstance(usage, dict) else None for name in names]
    asked, said = (
        count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MAX_REPORTED_TOKENS else None
        for count in found
    )
    return asked, said
