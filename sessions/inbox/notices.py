"""Notices as they are shown: who did what, the beginning of what was said, and where it leads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from projects.access import people_of
from projects.models import NoticeKind, Project, User
from sessions.alerts.wording import firing_words
from sessions.models import Alert, AlertFiring, Comment, Notice, ObjectType, ReviewQueue, Session
from tracing.formatting import counted
from tracing.models import Trace
from tracing.reading.exchanges import turn_id_of

SOMEBODY = "Somebody"
NOTICE_ICONS = {NoticeKind.QUEUE: "review", NoticeKind.ALERT: "alerts"}
# What the filters of the page leave, by their names.
FILTERS = {
    "": ("All", Q()),
    "unread": ("Unread", Q(read_at=None)),
    "mentions": ("Mentions", Q(kind__in=[NoticeKind.MENTION, NoticeKind.ANSWER])),
    "assigned": ("Assigned", Q(kind__in=[NoticeKind.ASSIGNED, NoticeKind.QUEUE])),
    "alerts": ("Alerts", Q(kind=NoticeKind.ALERT)),
}


@dataclass(frozen=True, kw_only=True)
class ShownNotice:
    """A notice as a row of the inbox or a line of a mail; `lead` is in bold, and `who` has the face beside it."""

    notice: Notice
    who: User | str
    lead: str
    rest: str
    excerpt: str
    address: str  # of what it is about, without the host

    @property
    def icon(self) -> str:
        return NOTICE_ICONS.get(NoticeKind(self.notice.kind), "")

    @property
    def day(self) -> str:
        """Return the day in words, in the reader's zone."""
        day, today = timezone.localtime(self.notice.created_at).date(), timezone.localdate()
        near: dict[date, str] = {today: "Today", today - timedelta(days=1): "Yesterday"}
        return near.get(day, f"{day:%A %-d %B}" if day.year == today.year else f"{day:%-d %B %Y}")


def notices_of(project: Project, user: User) -> QuerySet[Notice]:
    """Return what a person was told in a project, the newest first."""
    found: QuerySet[Notice] = Notice.objects.for_project(project).filter(recipient_id=user.pk)
    return found.order_by("-created_at", "id")


def shown(project: Project, notices: Sequence[Notice]) -> list[ShownNotice]:
    """Return notices with what they are about, in a few queries for all of them."""
    return _Loaded(project, notices).shown()


class _Loaded:
    """What some notices are about, by ids."""

    def __init__(self, project: Project, notices: Sequence[Notice]) -> None:
        self.project, self.notices = project, notices
        self.people = {one.email: one for one in people_of(project.pk).filter(email__in={n.actor for n in notices})}
        self.comments = self._by_id(Comment, "id", (n.comment_id for n in notices))
        self.queues = self._by_id(ReviewQueue, "id", (n.queue_id for n in notices))
        self.firings = self._by_id(AlertFiring, "id", (n.firing_id for n in notices))
        self.alerts = self._by_id(Alert, "id", (one.alert_id for one in self.firings.values()))
        about = ObjectType.SESSION
        self.sessions = self._by_id(Session, "session_id", (n.object_id for n in notices if n.object_type == about))
        traces = (n.trace_id or n.object_id for n in notices if n.object_type in (ObjectType.TRACE, "OBSERVATION"))
        self.traces = self._by_id(Trace, "trace_id", traces)

    def _by_id(self, model: Any, name: str, keys: Iterable[str | UUID | None]) -> dict[Any, Any]:
        wanted = {key for key in keys if key}
        if not wanted:
            return {}
        return {
            getattr(one, name): one for one in model.objects.for_project(self.project).filter(**{f"{name}__in": wanted})
        }

    def shown(self) -> list[ShownNotice]:
        return [self._shown(notice) for notice in self.notices]

    def _shown(self, notice: Notice) -> ShownNotice:
        match NoticeKind(notice.kind):
            case NoticeKind.QUEUE:
                return self._queue(notice)
            case NoticeKind.ALERT:
                return self._alert(notice)
            case NoticeKind.ASSIGNED:
                return self._assigned(notice)
        said = {NoticeKind.MENTION: "mentioned you"}.get(NoticeKind(notice.kind), "replied in your thread")
        comment = self.comments.get(notice.comment_id)
        return self._by_somebody(notice, said, comment.content if comment else "", self._place(notice))

    def _by_somebody(self, notice: Notice, rest: str, excerpt: str, address: str) -> ShownNotice:
        who = self.people.get(notice.actor, notice.actor or SOMEBODY)
        lead = who.shown_name if isinstance(who, User) else who
        return ShownNotice(notice=notice, who=who, lead=lead, rest=rest, excerpt=excerpt, address=address)

    def _assigned(self, notice: Notice) -> ShownNotice:
        if notice.object_id:
            session = self.sessions.get(notice.object_id)
            said = session.first_input or "" if session else ""
            return self._by_somebody(notice, "assigned you a session", said, self._place(notice))
        mine = f"{reverse('sessions', args=[self.project.pk])}?{urlencode({'q': 'assignee:me'})}"
        count = counted(notice.session_count, "session")
        return self._by_somebody(notice, f"assigned you {count}", "", mine)

    def _queue(self, notice: Notice) -> ShownNotice:
        queue = self.queues.get(notice.queue_id)
        address = reverse("review-queue", args=[self.project.pk, notice.queue_id])
        more = f"has {counted(notice.session_count, 'session')} for you"
        name, about = (queue.name, queue.description) if queue else ("A review queue", "")
        return ShownNotice(notice=notice, who="", lead=name, rest=more, excerpt=about, address=address)

    def _alert(self, notice: Notice) -> ShownNotice:
        firing = self.firings.get(notice.firing_id)
        alert = self.alerts.get(firing.alert_id) if firing else None
        address = f"{reverse('sessions', args=[self.project.pk])}?firing={notice.firing_id}"
        name, words = (alert.name, firing_words(alert, firing)) if alert and firing else ("An alert", "")
        return ShownNotice(notice=notice, who="", lead=name, rest="fired", excerpt=words, address=address)

    def _place(self, notice: Notice) -> str:
        """Return the address of the session, turn or trace that is commented or assigned."""
        if notice.object_type == ObjectType.SESSION:
            return reverse("session", args=[self.project.pk, notice.object_id])
        trace = self.traces.get(notice.trace_id or notice.object_id)
        if trace is None:
            return reverse("inbox", args=[self.project.pk])
        is_turn = notice.object_type == ObjectType.TRACE or trace.turn_count > 1
        if trace.session_id is None or not is_turn:
            return reverse("trace", args=[self.project.pk, trace.trace_id])
        is_part = notice.object_type == ObjectType.OBSERVATION
        turn_id = turn_id_of(trace.trace_id, notice.object_id) if is_part else trace.trace_id
        session = reverse("session", args=[self.project.pk, trace.session_id])
        return f"{session}?{urlencode({'turn': turn_id})}#trace-{turn_id}"
