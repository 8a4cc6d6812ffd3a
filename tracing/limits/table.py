"""Every limit of ingestion, declared once: the code reads these values, and docs/limits.md is generated from them."""

from dataclasses import dataclass

from django.conf import settings

from tracing.limits import clocks, fitting
from tracing.limits.ids import MAX_ID_CHARACTERS
from tracing.records import Reason


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit, what happens beyond it, and the reason under which each such case is answered and counted."""

    name: str
    value: int
    unit: str
    beyond: str
    reason: Reason | None  # None where nothing is lost that an SDK sent
    why: str


MB = 2**20
# A client that waits no longer than this can try again within the 5 seconds that InteractiveAI's SDK has.
RATE_WINDOW_SECONDS = 2

BODY = Limit(
    name="Request body, as sent",
    value=64 * MB,
    unit="bytes",
    beyond="rejected with HTTP 413 before the body is read; gRPC `RESOURCE_EXHAUSTED` without a delay",
    reason=Reason.BODY_TOO_LARGE,
    why="The Python exporter has the same limit for one request.",
)
SMALL_BODY = Limit(
    name="Body of any other request: forms, `/api/v1`, and `/api/public` except for recorded data",
    value=2 * MB,
    unit="bytes",
    beyond="rejected with HTTP 413 before the body is read",
    reason=None,
    why="Nobody types that much, and strangers must not be able to fill the memory.",
)
UNPACKED_BODY = Limit(
    name="Request body, unpacked",
    value=64 * MB,
    unit="bytes",
    beyond="rejected with HTTP 413 while it is unpacked, whatever its packed size",
    reason=Reason.BODY_TOO_LARGE,
    why="A compressed body must not need more memory than a plain one.",
)
PARTS = Limit(
    name="Objects, lists and fields in a request of more than 1 MB",
    value=3_000_000,
    unit="parts; five numbers in a list count as one",
    beyond="rejected with HTTP 413 before the whole body is parsed",
    reason=Reason.BODY_TOO_LARGE,
    why="An object written in 2 bytes can take 200 bytes of memory.",
)
FAULTS = Limit(
    name="Faults in one request",
    value=100_000,
    unit="spans, events or values that cannot be stored as sent",
    beyond="rejected with HTTP 413; nothing is stored",
    reason=Reason.BODY_TOO_LARGE,
    why="Each fault is counted, and in a batch also answered. The limit is five times that of spans.",
)
SPAN_LIMIT = Limit(
    name="Spans, log records or events per request",
    value=20_000,
    unit="items",
    beyond="the first ones are stored; the response rejects each of the others",
    reason=Reason.TOO_MANY_SPANS,
    why="40 times the default batch of exporters. It limits the time of one transaction.",
)
ATTRIBUTE_LIMIT = Limit(
    name="Attributes of one span, event or resource",
    value=10_000,
    unit="attributes",
    beyond="only the first ones are stored",
    reason=Reason.ATTRIBUTES_CUT,
    why="Some libraries send every message of a long conversation as several attributes.",
)
NESTING = Limit(
    name="Nesting of an attribute value",
    value=fitting.MAX_NESTING_LEVELS,
    unit="levels",
    beyond="deeper values are stored as JSON text",
    reason=Reason.NESTED_TOO_DEEP,
    why="Nobody reads deeper values, and they can exhaust JSON parsers.",
)
MEDIA_LIMIT = Limit(
    name="A file that an SDK uploads",
    value=64 * MB,
    unit="bytes",
    beyond="rejected with HTTP 413 when it is announced",
    reason=Reason.BODY_TOO_LARGE,
    why="A recorded conversation fits; a film does not.",
)
FILE_SMALLEST = Limit(
    name="Smallest base64 file that is taken out of a text and stored as a file",
    value=1024,
    unit="bytes, decoded",
    beyond="smaller ones stay in the text",
    reason=None,
    why="A file needs a row and a place on the disk. A small one costs less as text.",
)
FILES_OF_SPAN = Limit(
    name="Files in the input and output of one span",
    value=100,
    unit="files",
    beyond="the others stay in the text as base64",
    reason=Reason.FILES_LEFT_IN_TEXT,
    why="Models accept about as many pictures in one call.",
)
FILES_OF_REQUEST = Limit(
    name="Files in the texts of one request",
    value=500,
    unit="files; each counts once per trace, and as one span of the monthly quota",
    beyond="the others stay in the text as base64",
    reason=Reason.FILES_LEFT_IN_TEXT,
    why="It limits the time of one request. Conversations repeat their pictures in every call.",
)
FILES_SIZE = Limit(
    name="All files in the texts of one request together",
    value=32 * MB,
    unit="bytes",
    beyond="the others stay in the text as base64",
    reason=Reason.FILES_LEFT_IN_TEXT,
    why="Half of the size that a request may have.",
)
RATE = Limit(
    name="Requests per API key, from SDKs and to `/api/v1` together",
    value=settings.REQUESTS_PER_SECOND,
    unit=f"requests a second, averaged over {RATE_WINDOW_SECONDS} s",
    beyond="HTTP 429 with `Retry-After`; gRPC `RESOURCE_EXHAUSTED` with a delay",
    reason=Reason.RATE_LIMITED,
    why="One faulty client must not starve the others. The operator can change it with `CONFAB_REQUESTS_PER_SECOND`."
    " Without Redis, nothing is counted.",
)
TEXT_LIMIT = Limit(
    name="Input or output of one span",
    value=fitting.MAX_TEXT_CHARACTERS,
    unit="characters",
    beyond="the text is cut; its full length is stored",
    reason=Reason.TEXT_CUT,
    why="Several times the longest prompt of today's models. Of a conversation, the head of its instructions and its"
    " last messages stay, of other texts the beginning.",
)
SCORE_LIMIT = Limit(
    name="Comment, text or metadata of one score",
    value=fitting.MAX_SCORE_CHARACTERS,
    unit="characters",
    beyond="the text is cut; metadata is stored as text and cut",
    reason=Reason.TEXT_CUT,
    why="One API response lists hundreds of scores.",
)
NAME_LIMIT = Limit(
    name="Names, models, versions, status messages, categories of scores",
    value=fitting.MAX_NAME_CHARACTERS,
    unit="characters",
    beyond="the text is cut",
    reason=Reason.TEXT_CUT,
    why="These are shown in tables.",
)
ENVIRONMENT_LIMIT = Limit(
    name="Name of an environment",
    value=fitting.MAX_ENVIRONMENT_CHARACTERS,
    unit="characters",
    beyond="the text is cut",
    reason=Reason.TEXT_CUT,
    why="Langfuse has the same limit.",
)
SESSION_ID = Limit(
    name="Session id",
    value=MAX_ID_CHARACTERS,
    unit="characters; US-ASCII only from Langfuse's and InteractiveAI's SDKs",
    beyond="the trace is stored without a session",
    reason=Reason.SESSION_ID_TOO_LONG,
    why="The SDKs document this rule.",
)
OTHER_IDS = Limit(
    name="Trace, span, score and user ids",
    value=MAX_ID_CHARACTERS,
    unit="characters",
    beyond="the span, trace or score is rejected; a user id is cut; a parent id is left out",
    reason=Reason.INVALID_ID,
    why="Ids of OpenTelemetry have 32 and 16 digits; those of Langfuse are free text.",
)
TAG_LIMIT = Limit(
    name="Tags of one span or trace, as sent",
    value=fitting.MAX_TAGS,
    unit="tags",
    beyond="only the first ones in alphabetical order are stored",
    reason=Reason.ATTRIBUTES_CUT,
    why="More than that are data, not tags.",
)
COST_LIMIT = Limit(
    name="Cost of one span, as sent",
    value=int(fitting.MAX_COST),
    unit="USD",
    beyond="the cost is not stored, nor is one below 0",
    reason=Reason.INVALID_SPAN,
    why="Larger costs are mistakes, and sums of them would not fit into the database.",
)
PAST = Limit(
    name="Times in the past",
    value=clocks.PAST_LIMIT.days,
    unit="days",
    beyond="the time is replaced by the time of arrival; a span keeps its duration",
    reason=Reason.CLOCK_SKEW,
    why="An earlier time comes from a clock that was never set.",
)
FUTURE = Limit(
    name="Times in the future",
    value=clocks.FUTURE_LIMIT.days * 24,
    unit="hours",
    beyond="the time is replaced by the time of arrival; a span keeps its duration",
    reason=Reason.CLOCK_SKEW,
    why="A clock set to the wrong time zone is still accepted.",
)
SPAN_LENGTH = Limit(
    name="Duration of a span",
    value=clocks.LONGEST_SPAN.days,
    unit="days",
    beyond="of start and end, the one farther from the time of arrival is not stored",
    reason=Reason.CLOCK_SKEW,
    why="Otherwise a clock that is set while a span runs would create a session of years.",
)
# All of them, in the order of declaration: one that is declared above cannot be left out.
INGESTION_LIMITS = tuple(found for found in list(globals().values()) if isinstance(found, Limit))
