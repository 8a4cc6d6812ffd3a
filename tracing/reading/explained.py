"""Each reason of the Ingestion issues page in words: what happened to the data, and what to do about it."""

from typing import NamedTuple

from tracing.records import Reason


class Explanation(NamedTuple):
    title: str
    lost: str
    advice: str


EXPLANATIONS = {
    Reason.SESSION_ID_TOO_LONG: Explanation(
        "Session id too long",
        "The trace is stored, but belongs to no session.",
        "Use session ids of at most 200 characters.",
    ),
    Reason.SESSION_ID_NOT_ASCII: Explanation(
        "Session id not plain ASCII",
        "The trace is stored, but belongs to no session.",
        "Use letters, digits and punctuation of US-ASCII, without control characters; hash or encode anything else.",
    ),
    Reason.SESSION_ID_PLACEHOLDER: Explanation(
        "Session id scrubbed",
        "The trace is stored, but belongs to no session.",
        "The SDK replaced the id by a placeholder before sending it. Exempt the session id from its scrubbing rules.",
    ),
    Reason.SESSION_ID_CONFLICT: Explanation(
        "One trace, several session ids",
        "The trace belongs to one of the sessions; the other ids were not used.",
        "Give all spans of a trace the same session id, or start a trace of its own for each session.",
    ),
    Reason.INVALID_ID: Explanation(
        "Unusable trace or span id",
        "These spans were not stored.",
        "Trace and span ids must have 1 to 200 characters; an exporter of logs that points here has none.",
    ),
    Reason.INVALID_SPAN: Explanation(
        "Span with an impossible value",
        "The value was left out, or the span was rejected; the sample shows which.",
        "Check what your code sets on the span: costs must lie between 0 and 10 million USD.",
    ),
    Reason.INVALID_EVENT: Explanation(
        "Unreadable event in a batch",
        "The event was rejected, the rest of its batch was stored.",
        "Compare the sample with the SDK's documentation, or update the SDK.",
    ),
    Reason.UNKNOWN_EVENT_TYPE: Explanation(
        "Unknown type of event",
        "The event was rejected, the rest of its batch was stored.",
        "The SDK is newer than this server, or the batch was made by hand. Update Confab.",
    ),
    Reason.INVALID_SCORE: Explanation(
        "Unusable score",
        "The score was not stored.",
        "A score needs an id, a name, a value of its type, and a trace or a session that it belongs to.",
    ),
    Reason.TEXT_CUT: Explanation(
        "Text cut",
        "The beginning is stored, with the true length beside it.",
        "Names may have 1,000 characters, an input or output 10 million. Keep large files out of spans.",
    ),
    Reason.FILES_LEFT_IN_TEXT: Explanation(
        "Too many files in texts",
        "Nothing is lost: the files beyond the limit are stored as the base64 text that they came as.",
        "A span may bring 100 files, a request 500 with 32 MB. Lower the exporter's batch size, or upload files.",
    ),
    Reason.ATTRIBUTES_CUT: Explanation(
        "Too many attributes or tags",
        "The first ones are stored.",
        "Send what varies in number as one JSON attribute.",
    ),
    Reason.TOO_MANY_SPANS: Explanation(
        "Too many spans in one request",
        "The first 20,000 are stored, the others were rejected.",
        "Lower the exporter's batch size.",
    ),
    Reason.NESTED_TOO_DEEP: Explanation(
        "Nested too deep",
        "What lies deeper than 32 levels is stored as text.",
        "Nothing is lost; flatten the value if you want to read it as a tree.",
    ),
    Reason.CLOCK_SKEW: Explanation(
        "Impossible time",
        "The time was ignored; the moment of arrival stands in for it. A span's length is kept where it can be.",
        "Set the clock of the sending machine, and check that times are sent in the unit the SDK expects.",
    ),
    Reason.BODY_TOO_LARGE: Explanation(
        "Request too large",
        "The whole request was rejected.",
        "Lower the exporter's batch size, or keep large files out of spans.",
    ),
    Reason.BODY_UNREADABLE: Explanation(
        "Unreadable request",
        "The whole request was rejected.",
        "The body is not what its content type says. Check the endpoint's URL and the exporter's protocol.",
    ),
    Reason.UNSUPPORTED_CONTENT: Explanation(
        "Unsupported content type",
        "The whole request was rejected.",
        "Send OTLP as application/x-protobuf or application/json, plain or packed with gzip.",
    ),
    Reason.RATE_LIMITED: Explanation(
        "Too many requests",
        "The exporter was asked to try again later; most do.",
        "Raise the key's limit, or batch more spans into one request.",
    ),
    Reason.QUOTA_EXCEEDED: Explanation(
        "Monthly quota used up",
        "The whole request was rejected, and the exporter was asked to try again later.",
        "Raise the quota in the project's settings, send less, or wait for the first of the month (UTC).",
    ),
    Reason.ERASED: Explanation(
        "Erased before",
        "The report was rejected: it belongs to a deleted trace or session, or to the past of an erased person.",
        "Nothing to do; the sender repeats old reports. A deleted session's id can be used again after 90 days.",
    ),
    Reason.LOG_IGNORED: Explanation(
        "Logs",
        "Log records are accepted and not stored.",
        "Nothing to do; switch the SDK's log exporter off to save the traffic.",
    ),
    Reason.METRICS_IGNORED: Explanation(
        "Metrics",
        "Metrics are accepted and not stored.",
        "Nothing to do; switch the SDK's metrics exporter off to save the traffic.",
    ),
}


def explained(reason: str) -> Explanation:
    """Also for a reason that an older version wrote and this one no longer knows."""
    known = EXPLANATIONS.get(Reason(reason)) if reason in set(Reason) else None
    return known or Explanation(reason.replace("_", " ").capitalize(), "", "")
