"""Converts an SDK's attribute keys to a record. A dialect takes a file, a name in VOCABULARIES, and a golden pair."""

from collections.abc import Iterator
from functools import lru_cache

from tracing.records import Issue, RawSpan, ScoreRecord, SpanRecord
from tracing.vocabularies.assembly import assembled
from tracing.vocabularies.coding_agents import CODING_AGENTS
from tracing.vocabularies.endings import add_texts_by_endings
from tracing.vocabularies.evaluations import scores_in
from tracing.vocabularies.fallback import FALLBACK
from tracing.vocabularies.frameworks import FRAMEWORKS
from tracing.vocabularies.genai import GENAI
from tracing.vocabularies.google import GOOGLE
from tracing.vocabularies.laminar import LAMINAR
from tracing.vocabularies.langfuse import LANGFUSE
from tracing.vocabularies.litellm import LITELLM
from tracing.vocabularies.livekit import LIVEKIT
from tracing.vocabularies.logfire import LOGFIRE
from tracing.vocabularies.mlflow import MLFLOW
from tracing.vocabularies.openinference import OPENINFERENCE
from tracing.vocabularies.pydantic_ai import PYDANTIC_AI
from tracing.vocabularies.tables import Vocabulary
from tracing.vocabularies.traceloop import TRACELOOP
from tracing.vocabularies.vercel import VERCEL
from tracing.vocabularies.vocabulary_reader import VocabularyReader

# If several have a value for one field, the first one wins. First what an application sets on purpose (Langfuse), then
# dialects that read a shared key differently, then libraries that also send GenAI names, then GenAI, then the rest.
VOCABULARIES: tuple[Vocabulary, ...] = (
    LANGFUSE,
    PYDANTIC_AI,
    VERCEL,
    MLFLOW,
    GENAI,
    LAMINAR,
    OPENINFERENCE,
    TRACELOOP,
    LOGFIRE,
    LITELLM,
    GOOGLE,
    LIVEKIT,
    FRAMEWORKS,
    CODING_AGENTS,
    FALLBACK,
)
KNOWN_SCOPES = frozenset(scope for vocabulary in VOCABULARIES for scope in vocabulary.scopes)


def translate(span: RawSpan) -> SpanRecord | None:
    """Return the record of one span, or None if its SDK asks not to store it."""
    found = _reader_of(span).find(span)
    if found.said.get("withhold") == "off":
        return None
    add_texts_by_endings(span.attributes, found)
    for name, placeholder in found.silent.items():
        found.said.setdefault(name, placeholder)
    return assembled(span, found)


def evaluated(span: RawSpan) -> Iterator[ScoreRecord | Issue]:
    """Yield the scores in a span's events, and an issue for each that has no value."""
    return scores_in(span, _reader_of(span))


def _reader_of(span: RawSpan) -> VocabularyReader:
    return _reading(span.scope_name if span.scope_name in KNOWN_SCOPES else "")


@lru_cache
def _reading(scope: str) -> VocabularyReader:
    return VocabularyReader(
        [vocabulary for vocabulary in VOCABULARIES if not vocabulary.scopes or scope in vocabulary.scopes]
    )
