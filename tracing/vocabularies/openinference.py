"""OpenInference, the attributes of Arize's instrumentations. Messages have one attribute per leaf."""

from typing import Any

from tracing.records import Kind
from tracing.vocabularies.flattened import document_list, leaves
from tracing.vocabularies.genai import provider
from tracing.vocabularies.messages import chat
from tracing.vocabularies.readers import computed_cost, identifier, integer, mapping, member_of, one_of, tags
from tracing.vocabularies.tables import Excerpt, Together, Vocabulary

OPENINFERENCE_KINDS = {
    "LLM": Kind.GENERATION,
    "EMBEDDING": Kind.EMBEDDING,
    "CHAIN": Kind.CHAIN,
    "RETRIEVER": Kind.RETRIEVER,
    "RERANKER": Kind.RETRIEVER,
    "TOOL": Kind.TOOL,
    "AGENT": Kind.AGENT,
    "GUARDRAIL": Kind.GUARDRAIL,
    "EVALUATOR": Kind.EVALUATOR,
}
OPENINFERENCE_KIND_KEY = "openinference.span.kind"
TOKEN_COUNT_PREFIX = "llm.token_count."


def text_of(side: str, role: str) -> Together:
    """Return the reader of one side.

    Messages of a model call are complete as leaves; of a chain, only the first one is there (LangChain), so its value
    is used."""
    flattened, raw, whole = leaves(role), f"{side}.value", chat(role)

    def read(values: dict[str, Any]) -> str | None:
        is_call = values.pop(OPENINFERENCE_KIND_KEY, None) == "LLM"
        value = values.pop(raw, None)
        said = None if is_call and values else whole(value)
        if said is None and values and (messages := flattened.read(values)) is not None:
            return Excerpt.of(messages, f"llm.{side}_messages.")
        said = whole(value) if said is None else said
        return said if said is None or isinstance(said, Excerpt) else Excerpt.of(said, raw)

    return Together(read)


INPUT_TEXT, OUTPUT_TEXT = text_of("input", "user"), text_of("output", "assistant")
OPENINFERENCE = Vocabulary(
    title="OpenInference",
    table={
        "claims.session_id": {"session.id": identifier},
        "claims.user_id": {"user.id": identifier},
        "claims.tags": {"tag.tags": tags},
        "claims.metadata": {"metadata": mapping},
        "name": {"tool.name": identifier},
        "kind": {OPENINFERENCE_KIND_KEY: one_of(OPENINFERENCE_KINDS)},
        "model": {
            "llm.response.model": identifier,
            "llm.model_name": identifier,
            "embedding.model_name": identifier,
            "reranker.model_name": identifier,
            "llm.invocation_parameters": member_of(identifier, "model", "model_name"),
        },
        "provider": {"llm.provider": provider, "llm.system": provider},
        "model_parameters": {"llm.invocation_parameters": mapping, "embedding.invocation_parameters": mapping},
        "usage.input_tokens": {TOKEN_COUNT_PREFIX + "prompt": integer},
        "usage.output_tokens": {TOKEN_COUNT_PREFIX + "completion": integer},
        "usage.total_tokens": {TOKEN_COUNT_PREFIX + "total": integer},
        "usage.cached_tokens": {TOKEN_COUNT_PREFIX + "prompt_details.cache_read": integer},
        "usage.cache_write_tokens": {TOKEN_COUNT_PREFIX + "prompt_details.cache_write": integer},
        "usage.reasoning_tokens": {TOKEN_COUNT_PREFIX + "completion_details.reasoning": integer},
        "usage.cached_audio_tokens": {TOKEN_COUNT_PREFIX + "prompt_details.cache_read_audio": integer},
        **{
            f"usage.{side}_{medium}_tokens": {f"{TOKEN_COUNT_PREFIX}{whole}_details.{medium}": integer}
            for side, whole in (("input", "prompt"), ("output", "completion"))
            for medium in ("audio", "image", "text")
        },
        "usage.input_tool_tokens": {TOKEN_COUNT_PREFIX + "prompt_details.tool_use": integer},
        "usage.cache_write_1h_tokens": {TOKEN_COUNT_PREFIX + "prompt_details.cache_write_1h": integer},
        "input_cost": {"llm.cost.prompt": computed_cost, "llm.cost.input": computed_cost},
        "output_cost": {"llm.cost.completion": computed_cost, "llm.cost.output": computed_cost},
        "total_cost": {"llm.cost.total": computed_cost, "llm.cost": computed_cost, "llm.response.cost": computed_cost},
        "metadata": {"llm.prompt_template.*": Together(lambda values: {"prompt": values})},
        "input": {"llm.input_messages.*": INPUT_TEXT, "input.value": INPUT_TEXT, OPENINFERENCE_KIND_KEY: INPUT_TEXT},
        "output": {
            "llm.output_messages.*": OUTPUT_TEXT,
            "output.value": OUTPUT_TEXT,
            OPENINFERENCE_KIND_KEY: OUTPUT_TEXT,
            "retrieval.documents.*": Together(document_list),
            "reranker.output_documents.*": Together(document_list),
        },
    },
)
