"""One export: the sessions of the list, or named ones, in pieces, whatever their number.

Batches continue at a position, so that nothing is kept open or in memory between them. The oldest sessions come
first unless the parameters have a sort: what arrives meanwhile then comes at the end, and no row that was exported
moves."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from projects.models import Project
from projects.values import whole_number
from sessions.download_time import in_time
from sessions.export.formats import EXPORT_FORMATS, Format
from sessions.listing.list_query import RELEVANCE
from sessions.listing.listing import Listing
from sessions.listing.saved_views import PARAMETERS_NOT_SAVED
from sessions.listing.score_order import ScoreOrder
from sessions.models import Session
from tracing.lists.keyset import BadCursor, KeysetPage, Order

MOST_IDS = 1_000
EXPORT_PARAMETERS = ("format", "after", "limit", "id")
Errors = dict[str, list[str]]


class BadExport(ValueError):
    """Some parameters are invalid; `errors` names them and the reasons."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(" ".join(f"{name}: {reason}" for name, reasons in errors.items() for reason in reasons))
        self.errors = errors


@dataclass(frozen=True)
class Export:
    """An export as its parameters ask for it.

    `after` is a cursor, "" for the beginning; `limit` is a number of sessions, None for all."""

    format: Format
    sessions: QuerySet[Session]
    order: Order | ScoreOrder
    after: str = ""
    limit: int | None = None

    def pieces(self) -> Iterator[str]:
        """Yield the whole file.

        Raises DownloadTooLarge if the database takes too long for a batch."""
        yield self.format.start()
        cursor: str | None = self.after
        done = 0
        while cursor is not None and done != self.limit:
            with in_time():
                page = self.page(cursor, done)
                yield from self.format.rows(page.rows, done == 0)
            cursor, done = page.next, done + len(page.rows)
        yield self.format.end(cursor)

    def page(self, cursor: str, done: int, sessions: QuerySet[Session] | None = None) -> KeysetPage[Session]:
        """Return the batch behind the cursor.

        `done` is the number of sessions before it; `sessions` replaces all sessions of the export if given."""
        size = self.format.at_once if self.limit is None else min(self.limit - done, self.format.at_once)
        return self.order.page(self.sessions if sessions is None else sessions, cursor=cursor, limit=size)


def export_of(project: Project, params: QueryDict) -> Export:
    """Read an export from parameters: those of the list, and `format`, `after`, `limit`, `id`.

    Raises BadExport."""
    errors: Errors = {}
    found = EXPORT_FORMATS.get(params.get("format", ""))
    if found is None:
        errors["format"] = [f"The format must be one of {', '.join(EXPORT_FORMATS)}."]
    sessions, order = _asked(project, params, errors)
    limit = _limit(params, errors)
    after = _after(project, order, params.get("after", ""), errors)
    if errors or found is None:
        raise BadExport(errors)
    return Export(found, sessions, order, after, limit)


def _asked(project: Project, params: QueryDict, errors: Errors) -> tuple[QuerySet[Session], Order | ScoreOrder]:
    ids = [session_id for session_id in params.getlist("id") if session_id]
    listed = params.copy()
    for name in (*EXPORT_PARAMETERS, *PARAMETERS_NOT_SAVED):
        listed.pop(name, None)
    if params.get("sort", "") in ("", RELEVANCE):
        listed["sort"] = "created_at"
    listing = Listing(project, listed)
    errors.update(listing.errors)
    sessions = listing.matching
    if ids:
        if len(ids) > MOST_IDS or any("\x00" in session_id for session_id in ids):
            errors["id"] = [f"Name at most {MOST_IDS} sessions, without null characters."]
        else:
            sessions = sessions.filter(session_id__in=ids)
    return sessions, listing.order


def _limit(params: QueryDict, errors: Errors) -> int | None:
    text = params.get("limit", "")
    if not text:
        return None
    limit = whole_number(text, 1)
    if limit is None:
        errors["limit"] = ["The limit must be a whole number above 0."]
    return limit


def _after(project: Project, order: Order | ScoreOrder, after: str, errors: Errors) -> str:
    """Return the cursor to continue at.

    The id of the last session in an interrupted export is turned into the cursor behind it."""
    if not after:
        return ""
    try:
        order.position(after)
    except BadCursor as error:
        known = Session.objects.for_project(project).filter(session_id=after).first() if "\x00" not in after else None
        if known is not None:
            return order.cursor(known, is_forward=True)
        errors["after"] = [f"{error} You can also give the id of the last session that you received."]
    return after
