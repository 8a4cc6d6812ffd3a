"""Explains each reason on the page of ingestion issues: what happened to the data, and what to do."""

import re
from enum import StrEnum
from typing import NamedTuple

from tracing.limits.table import (
    COST_LIMIT,
    FILES_OF_REQUEST,
    FILES_OF_SPAN,
    FILES_SIZE,
    MB,
    NAME_LIMIT,
    NESTING,
    OTHER_IDS,
    RATE,
    SESSION_ID,
    SPAN_LIMIT,
    TEXT_LIMIT,
)
from tracing.records import Reason
from tracing.store.tombstones import TOMBSTONE_LIFETIME

NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


class IssueEffect(StrEnum):
    """What happened to data that could not be stored as sent, worst first."""

    REJECTED = "Rejected"  # a span, an event, a score or a whole request was not stored
    DROPPED = "Dropped"  # one value was left out, the rest is stored
    CUT = "Cut"  # the beginning is stored
    CHANGED = "Changed"  # all of it is stored in another form


class Explanation(NamedTuple):
    """A reason in words: its title, what happened to the data, and what the reader can do."""

    title: str
    lost: str
    advice: str
    effect: IssueEffect = IssueEffect.DROPPED

    @property
    def anchor(self) -> str:
        """Return where docs/issues.md explains it."""
        return NOT_IN_ANCHORS.sub("", self.title.lower()).replace(" ", "-")


EXPLANATIONS = {
    Reason.SESSION_ID_TOO_LONG: Explanation(
        "Session id too long",
        "The trace is stored, but belongs to no session.",
        f"Use session ids of at most {SESSION_ID.value} characters.",
    ),
    Reason.SESSION_ID_NOT_ASCII: Explanation(
        "Session id with characters that are not allowed",
        "The trace is stored, but belongs to no session.",
        "Langfuse and InteractiveAI allow only letters, digits and punctuation of US-ASCII in a session id. From every"
        " other SDK, ids in any script are kept. No id may contain control characters.",
    ),
    Reason.SESSION_ID_PLACEHOLDER: Explanation(
        "Session id is a placeholder",
        "The trace is stored, but belongs to no session.",
        "The id is a placeholder, such as undefined, None or ${id}. Set the id before the first span starts. If"
        " your SDK scrubs values, exempt the session id.",
    ),
    Reason.SESSION_ID_OF_RESPONSE: Explanation(
        "Session id names a single answer",
        "The id was not used: every answer has another one.",
        "Nothing to do if the conversation has its session. Otherwise, set session.id on a span of each trace.",
    ),
    Reason.SESSION_ID_CONFLICT: Explanation(
        "One trace, several session ids",
        "The trace belongs to one of the sessions. The other ids were not used.",
        "Give all spans of a trace the same session id, or start a new trace for each session.",
        IssueEffect.CHANGED,
    ),
    Reason.USER_ID_PLACEHOLDER: Explanation(
        "User id is a placeholder",
        "The trace is stored, but belongs to no user.",
        "The id is a placeholder, such as undefined, None or ${id}. Set the id before the first span starts.",
    ),
    Reason.INVALID_ENVIRONMENT: Explanation(
        "Unusable name of an environment",
        "The name was left out. Without another one, the trace belongs to the environment default.",
        "Use letters, digits, - and _. Names that begin with langfuse lose that word, and placeholders are no names.",
    ),
    Reason.INVALID_PARENT: Explanation(
        "Unusable parent id",
        "The span is stored, and shown at the top of its trace.",
        f"A parent id must be the id of a span: 16 hexadecimal digits in OTLP, 1 to {OTHER_IDS.value} characters in a"
        " batch.",
        IssueEffect.CHANGED,
    ),
    Reason.INVALID_ID: Explanation(
        "Unusable trace or span id",
        "These spans were not stored.",
        f"Trace and span ids must have 32 and 16 hexadecimal digits in OTLP, and 1 to {OTHER_IDS.value} characters"
        " in a batch.",
        IssueEffect.REJECTED,
    ),
    Reason.INVALID_SPAN: Explanation(
        "Span with an impossible value",
        "The value was left out, or the span was rejected. The sample shows which.",
        f"Check what your code sets on the span: costs must be between 0 and {COST_LIMIT.value:,} USD, numbers of"
        " tokens between 0 and 10¹⁵.",
    ),
    Reason.INVALID_EVENT: Explanation(
        "Unreadable event in a batch",
        "The event was rejected. The rest of its batch was stored.",
        "Compare the sample with the documentation of the SDK, or update the SDK.",
        IssueEffect.REJECTED,
    ),
    Reason.UNKNOWN_EVENT_TYPE: Explanation(
        "Unknown type of event",
        "The event was rejected. The rest of its batch was stored.",
        "The SDK is newer than this server, or the batch was made by hand. Update Confab.",
        IssueEffect.REJECTED,
    ),
    Reason.INVALID_SCORE: Explanation(
        "Unusable score",
        "The score was not stored.",
        "A score needs an id, a name, a value of its type, and the trace or session that it belongs to.",
        IssueEffect.REJECTED,
    ),
    Reason.TEXT_CUT: Explanation(
        "Text cut",
        "The beginning is stored, together with the full length of the text.",
        f"Names can have {NAME_LIMIT.value:,} characters, an input or output {TEXT_LIMIT.value:,}. Keep large files"
        " out of spans.",
        IssueEffect.CUT,
    ),
    Reason.FILES_LEFT_IN_TEXT: Explanation(
        "Too many files in texts",
        "Nothing is lost: files beyond the limit are stored as the base64 text in which they were sent.",
        f"A span can have {FILES_OF_SPAN.value} files, a request {FILES_OF_REQUEST.value} files of"
        f" {FILES_SIZE.value // MB} MB together. Lower the batch size of the exporter, or upload files.",
        IssueEffect.CHANGED,
    ),
    Reason.ATTRIBUTES_CUT: Explanation(
        "Too many attributes or tags",
        "Only the first ones are stored.",
        "Send a varying number of values as one JSON attribute.",
        IssueEffect.CUT,
    ),
    Reason.TOO_MANY_SPANS: Explanation(
        "Too many spans in one request",
        f"The first {SPAN_LIMIT.value:,} are stored, the others were rejected.",
        "Lower the batch size of the exporter.",
        IssueEffect.REJECTED,
    ),
    Reason.NESTED_TOO_DEEP: Explanation(
        "Nested too deep",
        f"Values deeper than {NESTING.value} levels are stored as text.",
        "Nothing is lost. Flatten the value if you want to read it as a tree.",
        IssueEffect.CHANGED,
    ),
    Reason.CLOCK_SKEW: Explanation(
        "Impossible time",
        "The time of arrival is used instead. The duration of a span is kept where possible. A first token outside of"
        " its span is not stored.",
        "Set the clock of the machine that the sample names, and check that times are sent in the unit that the SDK"
        " expects.",
        IssueEffect.CHANGED,
    ),
    Reason.UNKNOWN_FIELDS: Explanation(
        "Part of a request that OTLP does not have",
        "This part was not stored. The sample names it.",
        "In JSON, a request is resourceSpans, in it scopeSpans, in it spans. Update the exporter, or compare the sample"
        " with the documentation of OTLP.",
    ),
    Reason.UNREAD_COST: Explanation(
        "Cost under an unknown name",
        "The cost is kept as an attribute, but counts nowhere: a price list decides what the call costs.",
        "Send costs in USD as gen_ai.usage.cost, or in the way of your SDK. The page Dialects lists every name.",
        IssueEffect.CHANGED,
    ),
    Reason.UNREAD_NUMBER: Explanation(
        "Number that could not be read",
        "The value is left out: a number or time that is negative, infinite or no number, or an unknown level or unit.",
        "Send tokens as whole numbers, costs in USD and times as your SDK documents them; leave out what is unknown.",
        IssueEffect.CHANGED,
    ),
    Reason.TEXT_REPAIRED: Explanation(
        "Broken characters",
        "Characters that were escaped once too often are shown as themselves. Half a character is stored as \ufffd.",
        "Encode texts as JSON only once, and cut them between characters.",
        IssueEffect.CHANGED,
    ),
    Reason.BODY_TOO_LARGE: Explanation(
        "Request too large",
        "The whole request was rejected.",
        "Lower the batch size of the exporter, or keep large files out of spans.",
        IssueEffect.REJECTED,
    ),
    Reason.BODY_UNREADABLE: Explanation(
        "Unreadable request",
        "The whole request was rejected.",
        "The body is not what its content type or its address says; the sample says what it is. Check the URL of the"
        " endpoint and the protocol of the exporter.",
        IssueEffect.REJECTED,
    ),
    Reason.UNSUPPORTED_CONTENT: Explanation(
        "Unsupported content type",
        "The whole request was rejected.",
        "Send OTLP as application/x-protobuf or application/json, plain or compressed with gzip.",
        IssueEffect.REJECTED,
    ),
    Reason.RATE_LIMITED: Explanation(
        "Too many requests",
        "The exporter was asked to try again later. Most exporters do.",
        f"Send more spans in each request. Each key can send {RATE.value} requests a second; the operator can change"
        " that with CONFAB_REQUESTS_PER_SECOND.",
        IssueEffect.REJECTED,
    ),
    Reason.QUOTA_EXCEEDED: Explanation(
        "Monthly quota used up",
        "The whole request was rejected, and the exporter was asked to try again later.",
        "Raise the quota in the project's settings, send less, or wait for the first day of the next month (UTC).",
        IssueEffect.REJECTED,
    ),
    Reason.ERASED: Explanation(
        "Erased before",
        "The report was rejected: it belongs to a deleted trace or session, or to the past of an erased person.",
        "Nothing to do: the sender repeats old reports. The id of a deleted session can be used again after"
        f" {TOMBSTONE_LIFETIME.days} days.",
        IssueEffect.REJECTED,
    ),
    Reason.LOG_IGNORED: Explanation(
        "Logs without a conversation",
        "Log records are stored only if they hold messages of a model call, the result of an evaluation, or an event of"
        " a coding agent that names its session. The sample names another one.",
        "Nothing to do for an application's own log. If the sample is a coding agent's event, let the agent send its"
        " session id; the page Sending traces says how.",
    ),
    Reason.METRICS_IGNORED: Explanation(
        "Metrics",
        "Metrics are accepted, but not stored.",
        "Nothing to do, unless the sample names another signal, which was sent to the address of metrics. Switch off"
        " the metrics exporter of the SDK to save traffic.",
    ),
}


def explained(reason: str) -> Explanation:
    """Return the explanation of a reason, also of one that only an older version wrote."""
    known = EXPLANATIONS.get(Reason(reason)) if reason in set(Reason) else None
    return known or Explanation(reason.replace("_", " ").capitalize(), "", "")
