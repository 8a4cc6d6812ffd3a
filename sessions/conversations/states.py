"""What people set of sessions: read with the member whom it names, and written in one way by pages, jobs and programs.

Sessions are changed one by one under a lock, so that two people who label one session at once are both heard."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from projects.access import people_of
from projects.models import NoticeKind
from sessions.models import ObjectType, Session, SessionState, SessionStatus
from sessions.models.alerts import mark_watched
from sessions.models.state import MAX_LABEL_CHARACTERS, MAX_LABELS, NOTE_LENGTH, TITLE_LENGTH, label_of
from sessions.noticing import tell, tell_of_sessions
from tracing.store.erased import gone

STATE_FIELDS = ("title", "is_bookmarked", "note", "status", "assignee_id", "labels")
LABELLED_SESSIONS_READ = 1_000  # the latest ones, whose labels are offered
OFFERED_LABELS = 30

StateEdit = Callable[[SessionState], None]
StateChanges = dict[str, Any]  # what was changed, by the names of the fields


class StateRefused(ValueError):
    """People cannot set this. The message tells them why."""


def load_states(project_id: int, session_ids: Iterable[str]) -> dict[str, SessionState]:
    """Load the states of those sessions that have one, with their assignees, by id. At most two queries."""
    found = SessionState.objects.for_project(project_id).filter(session_id__in=list(session_ids))
    states: dict[str, SessionState] = {state.session_id: state for state in found}
    assigned = {state.assignee_id for state in states.values() if state.assignee_id is not None}
    members = people_of(project_id).in_bulk(assigned) if assigned else {}
    for state in states.values():
        state.assignee = members.get(state.assignee_id or 0)
    return states


@transaction.atomic
def edit_states(project_id: int, session_ids: Collection[str], edit: StateEdit, *, by: str) -> dict[str, StateChanges]:
    """Edit the states of sessions, and return what has changed by the id of the session. Raise what `edit` raises.

    Writes nothing for a session that does not exist or is being deleted."""
    sessions = Session.objects.for_project(project_id).filter(session_id__in=session_ids)
    known = sorted(set(sessions.values_list("session_id", flat=True)) - gone(project_id, session_ids=session_ids))
    if _edited(SessionState(project_id=project_id), edit):
        new = [SessionState(project_id=project_id, session_id=session_id) for session_id in known]
        SessionState.objects.bulk_create(new, ignore_conflicts=True)
    rows = SessionState.objects.for_project(project_id).filter(session_id__in=known).order_by("session_id")
    states: list[SessionState] = list(rows.select_for_update())
    changes = {state.session_id: changed for state in states if (changed := _edited(state, edit))}
    written = [state for state in states if state.session_id in changes]
    for state in written:
        state.updated_by, state.updated_at = by, timezone.now()
    SessionState.objects.bulk_create(
        written,
        update_conflicts=True,
        unique_fields=["project_id", "session_id"],
        update_fields=[*STATE_FIELDS, "updated_by", "updated_at"],
    )
    mark_watched(project_id, changes, timezone.now())
    _tell_assigned(project_id, changes, by)
    return changes


def setting(**values: Any) -> StateEdit:
    """Return the edit that sets fields to these values."""

    def edit(state: SessionState) -> None:
        for name, value in values.items():
            setattr(state, name, value)

    return edit


def labelling(text: str) -> StateEdit:
    """Return the edit that adds a label. It raises StateRefused where a session has too many. Raise StateRefused."""
    label = read_label(text)

    def edit(state: SessionState) -> None:
        state.labels = read_labels([*state.labels, label])

    return edit


def unlabelling(text: str) -> StateEdit:
    """Return the edit that removes a label."""
    label = label_of(text)

    def edit(state: SessionState) -> None:
        state.labels = [other for other in state.labels if other != label]

    return edit


def read_label(text: str) -> str:
    """Return the label that somebody wrote, in the form in which it is stored. Raise StateRefused."""
    label = label_of(text)
    if not 1 <= len(label) <= MAX_LABEL_CHARACTERS or not label.isprintable():
        raise StateRefused(f"A label has 1 to {MAX_LABEL_CHARACTERS} characters that can be seen.")
    return label


def read_labels(texts: Iterable[str]) -> list[str]:
    """Return all labels of one session, sorted. Raise StateRefused."""
    labels = sorted({read_label(text) for text in texts})
    if len(labels) > MAX_LABELS:
        raise StateRefused(f"A session has at most {MAX_LABELS} labels. Remove one first.")
    return labels


def read_title(text: str) -> str:
    """Return the title that somebody wrote, "" for none. Raise StateRefused."""
    title = " ".join(text.split())
    if len(title) > TITLE_LENGTH or "\x00" in title:
        raise StateRefused(f"A title has at most {TITLE_LENGTH} characters.")
    return title


def read_note(text: str) -> str:
    """Return the note that somebody wrote, "" for none. Raise StateRefused."""
    if len(text) > NOTE_LENGTH or "\x00" in text:
        raise StateRefused(f"A note has at most {NOTE_LENGTH:,} characters.")
    return text


def read_status(text: str) -> str:
    """Return the status of this name, "" for none. Raise StateRefused."""
    if text not in SessionStatus.values:
        raise StateRefused("The status is open, resolved, or none.")
    return text


def read_assignee(project_id: int, email: str) -> int | None:
    """Return the id of the member with this address, None for "". Raise StateRefused."""
    person = people_of(project_id).filter(email=email.lower()).first() if email else None
    if email and person is None:
        raise StateRefused("Only a member of the organization can be assigned.")
    return person.pk if person else None


def load_labels(project_id: int) -> list[str]:
    """Load the labels that people of the project use, the most frequent of the latest first. One query."""
    latest = SessionState.objects.for_project(project_id).exclude(labels=[]).order_by("-updated_at")
    counts = Counter(
        label for labels in latest.values_list("labels", flat=True)[:LABELLED_SESSIONS_READ] for label in labels
    )
    return [label for label, _ in counts.most_common(OFFERED_LABELS)]


def _tell_assigned(project_id: int, changes: dict[str, StateChanges], by: str) -> None:
    """Tell members which sessions are theirs now: one by its id, several by their number."""
    assigned: dict[int, list[str]] = {}
    for session_id, changed in changes.items():
        if user_id := changed.get("assignee_id"):
            assigned.setdefault(user_id, []).append(session_id)
    for user_id, [first, *others] in assigned.items():
        if others:
            tell_of_sessions(project_id, NoticeKind.ASSIGNED, [user_id], 1 + len(others), by=by)
        else:
            tell(project_id, NoticeKind.ASSIGNED, [user_id], by=by, object_type=ObjectType.SESSION, object_id=first)


def _edited(state: SessionState, edit: StateEdit) -> StateChanges:
    before = {name: getattr(state, name) for name in STATE_FIELDS}
    edit(state)
    return {name: value for name in STATE_FIELDS if (value := getattr(state, name)) != before[name]}
