"""Tells a model call of the conversation from calls beside it, which name, classify or route it."""

import re

from tracing.records import Kind, SpanRecord
from tracing.vocabularies.readers import json_value
from tracing.vocabularies.speech import parsed, says_nothing

MAX_VERDICT_CHARACTERS = 20_000  # a longer answer is no title and no verdict
INSTRUCTION_CHARACTERS = 400  # of a prompt, in which it says what it wants
# Instructions of calls beside the conversation, as frameworks and people write them.
ASIDE_INSTRUCTION = re.compile(
    r"\b(?:generate|create|write|suggest|give|come up with)\b[^.\n]{0,60}\b(?:title|headline|follow-?ups?|tags)\b"
    r"|\bclassif(?:y|ier|ication)\b|\bmoderat(?:e|or|ion)\b|\bsafe or unsafe\b|\bis (?:this|the) [^.\n]{0,40}\bsafe\b"
    r"|\bsummar(?:y|ies|i[sz]e|i[sz]es|i[sz]ing)\b[^.\n]{0,60}\b(?:conversation|chat|dialog(?:ue)?|messages)"
    r"|\b(?:conversation|chat|dialog(?:ue)?) (?:summary|summari[sz]er)\b"
    r"|\brout(?:e|er) (?:the|this|each|user)\b|\bwhich (?:agent|department|intent)\b"
)
# One of these words is in each instruction
ASIDE_WORDS = ("title", "headline", "follow", "tags", "classif", "moderat", "safe", "rout", "which ", "summar")
CONTENT_MARK = '"content":"'
USER_MARK = '"role":"user"'
CONVERSATION_HEAD = '[{"role":"'


def note_asides(record: SpanRecord) -> None:
    """Set the claims of a model call that decide whether it may speak for its trace."""
    if record.kind != Kind.GENERATION:
        return
    if record.input is not None and record.input.startswith(CONVERSATION_HEAD):
        record.claims.unasked = USER_MARK not in record.input or None
    record.claims.aside = _is_verdict(record.output) or _is_instructed(record.input) or None


def drop_placeholders(record: SpanRecord) -> None:
    """Remove texts that say nothing, so that they stand before no other. Results of tools and searches stay: `[]`."""
    claims = record.claims
    for holder in (claims, record) if record.kind not in (Kind.TOOL, Kind.RETRIEVER) else (claims,):
        if holder.input is not None and says_nothing(holder.input):
            holder.input = None
        if holder.output is not None and says_nothing(holder.output):
            holder.output = None


def _is_verdict(output: str | None) -> bool:
    """Return whether an answer is an object, which a program reads: a verdict, or `{"title": ...}`."""
    if output is None or len(output) > MAX_VERDICT_CHARACTERS or output[:1] not in "[{":
        return False
    if not output.startswith(CONVERSATION_HEAD):
        return isinstance(parsed(output), dict)
    if '"content":"{' not in output:
        return False
    content = json_value(output)[-1].get("content")
    return isinstance(content, str) and content[:1] == "{" and isinstance(json_value(content), dict)


def _is_instructed(asked: str | None) -> bool:
    """Return whether the instructions, or the only message, ask for something beside the conversation."""
    if asked is None:
        return False
    start = 0
    if asked.startswith(CONVERSATION_HEAD) and (start := asked.find(CONTENT_MARK)) < 0:
        return False
    head = asked[start : start + INSTRUCTION_CHARACTERS].lower()
    return any(map(head.__contains__, ASIDE_WORDS)) and ASIDE_INSTRUCTION.search(head) is not None
