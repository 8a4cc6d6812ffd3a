"""Every limit of the ingest path, in one literal table: docs/limits.md is generated from it, the code reads it."""

from typing import NamedTuple

from django.conf import settings

from tracing.limits import fitting
from tracing.records import Reason


class Limit(NamedTuple):
    """A bound, what happens beyond it, and the reason under which that is answered and counted."""

    name: str
    value: int
    unit: str
    beyond: str
    reason: Reason | None
    why: str


MB = 2**20
# A client that is asked to wait no longer than this comes again within InteractiveAI's 5 seconds.
RATE_WINDOW_SECONDS = 2

BODY = Limit(
    "Request body as sent",
    64 * MB,
    "bytes",
    "HTTP 413 before the body is read; gRPC `RESOURCE_EXHAUSTED` without a delay",
    Reason.BODY_TOO_LARGE,
    "The Python exporter's own limit for one request.",
)
SMALL_BODY = Limit(
    "Body of any other request: forms of pages, `/api/v1`, `/api/public` except of what SDKs record",
    2 * MB,
    "bytes",
    "HTTP 413 before the body is read",
    None,
    "Nobody types as much, and nobody who is unknown may fill the memory.",
)
UNPACKED_BODY = Limit(
    "Request body unpacked",
    64 * MB,
    "bytes",
    "HTTP 413 while it unpacks, whatever its packed size",
    Reason.BODY_TOO_LARGE,
    "A packed body may not need more memory than a plain one.",
)
PARTS = Limit(
    "Objects, lists and fields in a request of more than 1 MB",
    3_000_000,
    "parts; five numbers of a list count as one",
    "HTTP 413 before the body is read as a whole",
    Reason.BODY_TOO_LARGE,
    "Two bytes can stand for an object of two hundred in memory.",
)
FAULTS = Limit(
    "Faults in one request",
    100_000,
    "spans, events or values that are not taken as sent",
    "HTTP 413; nothing is stored",
    Reason.BODY_TOO_LARGE,
    "Each is counted, and in a batch answered: five times as many as spans are allowed.",
)
SPAN_LIMIT = Limit(
    "Spans, log records or events per request",
    20_000,
    "items",
    "the first ones are stored, the others rejected one by one in the answer",
    Reason.TOO_MANY_SPANS,
    "40 times an exporter's default batch; bounds the time of one transaction.",
)
ATTRIBUTE_LIMIT = Limit(
    "Attributes of one span, event or resource",
    10_000,
    "attributes",
    "the first ones are stored",
    Reason.ATTRIBUTES_CUT,
    "Some libraries send each message of a long conversation as several attributes.",
)
NESTING = Limit(
    "Nesting of an attribute value",
    32,
    "levels",
    "what lies deeper is stored as JSON text",
    Reason.NESTED_TOO_DEEP,
    "Nobody reads deeper values, and they exhaust readers of JSON.",
)
MEDIA_LIMIT = Limit(
    "A file that an SDK uploads",
    64 * MB,
    "bytes",
    "HTTP 413 when it is announced",
    Reason.BODY_TOO_LARGE,
    "Recordings of a conversation fit; films do not.",
)
FILE_SMALLEST = Limit(
    "Smallest base64 file that is taken out of a text",
    1024,
    "bytes decoded",
    "smaller ones stay in the text",
    None,
    "A file costs a row and a place on the disk: as text, a small one costs less.",
)
FILES_OF_SPAN = Limit(
    "Files in the input and output of one span",
    100,
    "files",
    "the others stay in the text as base64",
    Reason.FILES_LEFT_IN_TEXT,
    "As many pictures as models take in one call.",
)
FILES_OF_REQUEST = Limit(
    "Files in the texts of one request",
    500,
    "files, each counted once for a trace and as one span of the monthly quota",
    "the others stay in the text as base64",
    Reason.FILES_LEFT_IN_TEXT,
    "Bounds the time of one request; conversations repeat their pictures in every call.",
)
FILES_SIZE = Limit(
    "Files in the texts of one request, together",
    32 * MB,
    "bytes",
    "the others stay in the text as base64",
    Reason.FILES_LEFT_IN_TEXT,
    "Half of what a request may hold.",
)
RATE = Limit(
    "Requests per API key, those of SDKs and of `/api/v1` together",
    settings.REQUESTS_PER_SECOND,
    f"requests a second, over {RATE_WINDOW_SECONDS} s",
    "HTTP 429 with `Retry-After`, gRPC `RESOURCE_EXHAUSTED` with a delay; `CONFAB_REQUESTS_PER_SECOND` changes it",
    Reason.RATE_LIMITED,
    "One runaway client must not starve the others. Without Redis nothing is counted.",
)
TEXT_LIMIT = Limit(
    "Input or output of one span",
    fitting.MAX_TEXT_CHARACTERS,
    "characters",
    "the text is stored cut, with its true length",
    Reason.TEXT_CUT,
    "The longest prompt of today's models, several times over.",
)
SCORE_LIMIT = Limit(
    "Comment, text or metadata of one score",
    fitting.MAX_SCORE_CHARACTERS,
    "characters",
    "stored cut, metadata as text",
    Reason.TEXT_CUT,
    "One answer lists hundreds of scores.",
)
NAME_LIMIT = Limit(
    "Names, models, versions, status messages, categories of scores",
    fitting.MAX_NAME_CHARACTERS,
    "characters",
    "stored cut",
    Reason.TEXT_CUT,
    "They are shown in tables.",
)
SESSION_ID = Limit(
    "Session id",
    fitting.MAX_ID_CHARACTERS,
    "characters of US-ASCII",
    "the trace is stored without a session",
    Reason.SESSION_ID_TOO_LONG,
    "The rule that the SDKs document.",
)
OTHER_IDS = Limit(
    "Trace, span, score and user ids",
    fitting.MAX_ID_CHARACTERS,
    "characters",
    "the report is rejected; a user id is stored cut",
    Reason.INVALID_ID,
    "OpenTelemetry's have 32 and 16 digits; Langfuse's are free text.",
)
TAG_LIMIT = Limit(
    "Tags of one report",
    fitting.TAG_COUNT,
    "tags",
    "the first ones in alphabetical order are stored",
    Reason.ATTRIBUTES_CUT,
    "More are data, not tags.",
)
PAST = Limit(
    "Times in the past",
    fitting.PAST_LIMIT.days,
    "days",
    "the time is not stored; the time of arrival stands for it, and a span keeps its length",
    Reason.CLOCK_SKEW,
    "A clock that was never set.",
)
FUTURE = Limit(
    "Times in the future",
    fitting.FUTURE_LIMIT.days * 24,
    "hours",
    "the time is not stored; the time of arrival stands for it, and a span keeps its length",
    Reason.CLOCK_SKEW,
    "A clock in the wrong time zone is still believed.",
)
SPAN_LENGTH = Limit(
    "Length of a span",
    fitting.LONGEST_SPAN.days,
    "days",
    "of its start and its end, the one farther from the time of arrival is not stored",
    Reason.CLOCK_SKEW,
    "A clock that was set while the span ran would make a session of years.",
)
INGESTION_LIMITS = (
    BODY,
    SMALL_BODY,
    UNPACKED_BODY,
    PARTS,
    FAULTS,
    SPAN_LIMIT,
    ATTRIBUTE_LIMIT,
    NESTING,
    MEDIA_LIMIT,
    FILE_SMALLEST,
    FILES_OF_SPAN,
    FILES_OF_REQUEST,
    FILES_SIZE,
    RATE,
    TEXT_LIMIT,
    SCORE_LIMIT,
    NAME_LIMIT,
    SESSION_ID,
    OTHER_IDS,
    TAG_LIMIT,
    PAST,
    FUTURE,
    SPAN_LENGTH,
)
