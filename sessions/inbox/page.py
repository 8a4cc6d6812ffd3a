"""The inbox of one person in one project: the list of notices, and the one that is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from projects.models import Project, User
from sessions.annotation.comments import Thread, threads_on
from sessions.inbox.notices import FILTERS, ShownNotice, notices_of, shown
from sessions.models import Notice, ObjectType, Session
from sessions.replay.state import Saying, load_saying
from tracing.models import Trace

BUTTONS = {"queue": "Open queue", "alert": "Open sessions"}
WORDS_OF_KINDS = {ObjectType.SESSION: "session", ObjectType.TRACE: "trace", ObjectType.OBSERVATION: "span"}


@dataclass(frozen=True)
class InboxPage:
    """What a person was told, as the filter `only` leaves it."""

    project: Project
    user: User
    only: str
    item: UUID | None = None

    @property
    def filters(self) -> list[tuple[str, str, bool]]:
        """Return name and label of each filter, and whether it is chosen."""
        return [(name, label, name == self.only) for name, (label, _) in FILTERS.items()]

    @cached_property
    def unread_count(self) -> int:
        return unread(self.project, self.user).count()

    @cached_property
    def rows(self) -> list[ShownNotice]:
        wanted = FILTERS.get(self.only, FILTERS[""])[1]
        if self.item and wanted:
            wanted |= Q(id=self.item)  # which reading has taken out of the unread ones
        return shown(self.project, list(notices_of(self.project, self.user).filter(wanted)))

    @property
    def days(self) -> list[tuple[str, list[ShownNotice]]]:
        """Return the rows by their days."""
        return [(day, list(rows)) for day, rows in groupby(self.rows, key=lambda row: row.day)]

    @cached_property
    def open(self) -> "OpenNotice | None":
        """Return the notice that is read, if the address names one."""
        found = next((row for row in self.rows if row.notice.id == self.item), None)
        return OpenNotice(self.project, found, self.user.pk) if found else None


@dataclass(frozen=True)
class OpenNotice:
    """A notice that is read, with what it is about."""

    project: Project
    row: ShownNotice
    user_id: int  # of the reader

    @property
    def meant_id(self) -> str | None:
        """Return the id of the comment that the notice is about."""
        comment_id: str | None = self.notice.comment_id
        return comment_id

    @property
    def notice(self) -> Notice:
        return self.row.notice

    @property
    def button(self) -> str:
        is_trace = "/sessions/" not in self.row.address
        return BUTTONS.get(self.notice.kind) or ("Open trace" if is_trace and self.notice.object_id else "Open session")

    @cached_property
    def trace(self) -> Trace | None:
        """The trace that is commented, for the beginning of what was said."""
        if self.notice.object_type not in (ObjectType.TRACE, ObjectType.OBSERVATION):
            return None
        found = Trace.objects.for_project(self.project).filter(trace_id=self.notice.trace_id or self.notice.object_id)
        return found.first()

    @cached_property
    def session(self) -> Session | None:
        is_session = self.notice.object_type == ObjectType.SESSION
        session_id = self.notice.object_id if is_session else self.trace.session_id if self.trace else None
        if not session_id:
            return None
        return Session.objects.for_project(self.project).filter(session_id=session_id).first()

    @cached_property
    def saying(self) -> Saying | None:
        """Return the title of the session, and what people set of it."""
        return load_saying(self.session, self.project) if self.session else None

    @property
    def title(self) -> str:
        """Return the heading: of a session, or of what the notice says itself."""
        return (
            (self.saying.title or self.saying.state.session_id) if self.saying else f"{self.row.lead} {self.row.rest}"
        )

    @cached_property
    def thread(self) -> Thread | None:
        """Return the thread of the comment."""
        if self.notice.comment_id is None:
            return None
        where = Q(object_type=self.notice.object_type, object_id=self.notice.object_id)
        threads: Sequence[Thread] = threads_on(self.project, where)
        mine = (one for one in threads if self.notice.comment_id in {c.id for c in (one.first, *one.answers)})
        return next(mine, None)

    @property
    def comment_address(self) -> str:
        """Return where an answer is posted."""
        kind = WORDS_OF_KINDS.get(ObjectType(self.notice.object_type), "session")
        address = reverse("comment-new", args=[self.project.pk, kind, self.notice.object_id])
        return f"{address}?{urlencode({'trace': self.notice.trace_id})}" if self.notice.trace_id else address


def unread(project: Project, user: User) -> QuerySet[Notice]:
    """Return what a person was told and has not read."""
    return notices_of(project, user).filter(read_at=None)


def read(notices: QuerySet[Notice]) -> int:
    """Mark notices as read, and return how many were not."""
    return notices.order_by().filter(read_at=None).update(read_at=timezone.now())
