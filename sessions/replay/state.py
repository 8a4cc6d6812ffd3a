"""What people add to a session as a whole, and whether it is active: title, bookmark, note."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.forms import CharField, ModelForm, Textarea
from django.utils import timezone
from django.utils.text import Truncator

from projects.audit import Action, record
from projects.models import Project, User
from sessions.models import Session, SessionState
from sessions.models.state import NOTE_LENGTH
from sessions.replay.turns import traces_of
from tracing.store.erased import gone

# Where SDKs put a title: metadata of any trace of the session, the first of these that is there.
TITLE_KEYS = ("session_title", "session.title", "conversation_title", "title")
TITLE_OF_WORDS_LENGTH = 80  # characters
STATE_TRACES_READ = 20  # of the first traces


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


def load_saying(session: Session, project: Project) -> Saying:
    """Load what people added to a session, in two queries."""
    is_active = timezone.now() - session.updated_at < project.quiet_time
    quiet_minutes = project.quiet_time // timedelta(minutes=1)
    return Saying(
        state=load_state(session),
        given_title=given_title(session),
        first_words=Truncator(" ".join((session.first_input or "").split())).chars(TITLE_OF_WORDS_LENGTH),
        is_active=is_active,
        quiet_minutes=quiet_minutes,
    )


def load_state(session: Session) -> SessionState:
    """Load the state of a session, or a new one that is not stored if there is none."""
    found = SessionState.objects.for_project(session.project_id).filter(session_id=session.session_id).first()
    return found or SessionState(project_id=session.project_id, session_id=session.session_id)


def given_title(session: Session) -> str:
    """Return the title in the metadata of the session's first traces, or ""."""
    names = [f"metadata__{key}" for key in TITLE_KEYS]
    first = traces_of(session).order_by("started_at", "trace_id").values_list(*names)[:STATE_TRACES_READ]
    titles = (title for row in first for title in row if isinstance(title, str) and title.strip())
    return " ".join(next(titles, "").split())[:200]


def say(session: Session, by: User, **changes: object) -> None:
    """Write `changes` and leave everything else.

    Writes nothing for a session that is being deleted."""
    with transaction.atomic():
        if gone(session.project_id, session_ids=[session.session_id]):
            return
        before = load_state(session)
        said = {name.removeprefix("is_"): value for name, value in changes.items() if getattr(before, name) != value}
        if said:
            _say(session, by, changes)
            project = Project.objects.get(pk=session.project_id)
            record(Action.SESSION_CHANGED, project, actor=by, target=f"session {session.session_id}", **_kinds(said))


def _kinds(said: Mapping[str, object]) -> dict[str, Any]:
    """Return which kinds of things changed, without their words."""
    kinds: dict[str, Any] = {name: value for name, value in said.items() if isinstance(value, bool)}
    words = ", ".join(sorted(said.keys() - kinds.keys()))
    return kinds | ({"fields": words} if words else {})


def _say(session: Session, by: User, changes: Mapping[str, object]) -> None:
    written = {**changes, "updated_by": by.email, "updated_at": timezone.now()}
    state = SessionState(project_id=session.project_id, session_id=session.session_id, **written)
    SessionState.objects.for_project(session.project_id).bulk_create(
        [state], update_conflicts=True, unique_fields=["project_id", "session_id"], update_fields=list(written)
    )
