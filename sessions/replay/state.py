"""What people set of one session, and whether it is active."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.forms import CharField, ModelForm, Textarea
from django.utils import timezone
from django.utils.text import Truncator

from projects.access import people_of
from projects.audit import Action, Actor, actor_name, record
from projects.models import Project, User
from sessions.conversations.states import StateEdit, edit_states, load_labels, load_states, setting
from sessions.models import Session, SessionState, SessionStatus
from sessions.models.state import NOTE_LENGTH
from sessions.replay.narrowing import counts_of, traces_of
from tracing.models import Trace
from tracing.reading.markdown import without_signs

# Where SDKs put a title: metadata of any trace of the session, the first of these that is there.
TITLE_KEYS = ("session_title", "session.title", "conversation_title", "title")
TITLES = [f"metadata__{key}" for key in TITLE_KEYS]
TITLE_OF_WORDS_LENGTH = 80  # characters
STATE_TRACES_READ = 20  # of the first traces
# How the audit log calls what changed, and of what it tells the new value: the rest are people's words.
KIND_NAMES = {"is_bookmarked": "bookmarked", "assignee_id": "assignee"}
TOLD_KINDS = ("bookmarked", "status")


class StateForm(ModelForm):  # type: ignore[type-arg]
    """Title and note as a member types them; without a title, the one of the traces is shown."""

    note = CharField(required=False, max_length=NOTE_LENGTH, widget=Textarea(attrs={"rows": 4}))

    class Meta:
        model = SessionState
        fields = ("title", "note")


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What people added to a session; `given_title` is the title in its traces, `first_words` what was said first."""

    state: SessionState
    given_title: str
    first_words: str
    is_active: bool
    quiet_minutes: int

    @property
    def title(self) -> str:
        """Return the title to show: the one that people gave, that of the traces, or the first words said; or ""."""
        return self.state.title or self.given_title or self.first_words


def load_saying(session: Session, project: Project, title: str | None = None) -> Saying:
    """Load what people added to a session, in at most two queries. `title` is the one of its traces, if known."""
    is_active = timezone.now() - session.updated_at < project.quiet_time
    said = session.first_input or ""
    quiet_minutes = project.quiet_time // timedelta(minutes=1)
    return Saying(
        state=load_state(session),
        given_title=given_title(session) if title is None else title,
        first_words=Truncator(without_signs(" ".join(said.split()))).chars(TITLE_OF_WORDS_LENGTH),
        is_active=is_active,
        quiet_minutes=quiet_minutes,
    )


@dataclass(frozen=True, kw_only=True)
class StateChoices:
    """What stands in the menus of a session's status, assignee and labels.

    The members and the labels of others are loaded when a menu is opened."""

    state: SessionState
    members: Sequence[User] = ()
    known_labels: Sequence[str] = ()
    is_whole: bool = False
    refusal: str = ""  # why a label was refused just now
    changed: str = ""  # what was changed just now, whose menu gets the focus

    statuses = SessionStatus.choices

    @property
    def labels(self) -> list[tuple[str, bool]]:
        """The labels to choose from, those of the session first, and whether it has them."""
        others = [label for label in self.known_labels if label not in self.state.labels]
        return [*((label, True) for label in self.state.labels), *((label, False) for label in others)]


def load_choices(state: SessionState, *, changed: str = "", refusal: str = "") -> StateChoices:
    """Load what can be set of a session instead of its present state, in two queries."""
    return StateChoices(
        state=state,
        members=list(people_of(state.project_id)),
        known_labels=load_labels(state.project_id),
        is_whole=True,
        changed=changed,
        refusal=refusal,
    )


def load_state(session: Session) -> SessionState:
    """Load the state of a session, or a new one that is not stored if there is none."""
    found = load_states(session.project_id, [session.session_id]).get(session.session_id)
    return found or SessionState(project_id=session.project_id, session_id=session.session_id)


def given_title(session: Session) -> str:
    """Return the title in the metadata of the session's first traces, or ""."""
    return _title_in(_first_traces(session).values_list(*TITLES)[:STATE_TRACES_READ])


def title_and_counts(session: Session, only: str) -> tuple[str, dict[str, int]]:
    """Return the title in the traces, and how many turns each filter leaves, in one query."""
    first = _first_traces(session).annotate(counts=counts_of(session, only))
    rows = list(first[:STATE_TRACES_READ].values_list("counts", *TITLES))
    return _title_in(row[1:] for row in rows), rows[0][0] if rows else {}


def _first_traces(session: Session) -> QuerySet[Trace]:
    return traces_of(session).order_by("started_at", "trace_id")


def _title_in(rows: Iterable[tuple[Any, ...]]) -> str:
    titles = (title for row in rows for title in row if isinstance(title, str) and title.strip())
    return " ".join(next(titles, "").split())[:200]


def say(session: Session, by: Actor, **changes: object) -> None:
    """Write `changes` and leave everything else."""
    change(session, setting(**changes), by=by)


def change(session: Session, edit: StateEdit, *, by: Actor) -> None:
    """Edit what people set of one session, and record which kinds of things changed. Raise what `edit` raises.

    Writes nothing for a session that is being deleted."""
    with transaction.atomic():
        changed = edit_states(session.project_id, [session.session_id], edit, by=actor_name(by))
        if said := changed.get(session.session_id):
            project = Project.objects.get(pk=session.project_id)
            record(Action.SESSION_CHANGED, project, actor=by, target=f"session {session.session_id}", **_kinds(said))


def _kinds(said: Mapping[str, object]) -> dict[str, Any]:
    """Return which kinds of things changed, without people's words."""
    told = {KIND_NAMES.get(name, name): value for name, value in said.items()}
    kinds: dict[str, Any] = {name: value for name, value in told.items() if name in TOLD_KINDS}
    words = ", ".join(sorted(told.keys() - kinds.keys()))
    return kinds | ({"fields": words} if words else {})
