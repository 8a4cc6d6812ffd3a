"""The actions that can be done to many sessions at once.

Each action works on a batch of session ids and may see a batch twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from projects.models import Project, Role
from sessions.annotation import queues
from sessions.cohorts import making
from sessions.deletion import erasing
from sessions.models import BulkJob, Cohort, ObjectType, ReviewQueue, SessionState
from tracing.store.erased import gone

Choices = list[tuple[str, str]]  # value and words


class BulkRefused(Exception):
    """The action cannot continue. The message tells people why."""


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """An action on a batch of sessions.

    `run(job, session_ids, until)` returns how many sessions it changed, and may raise OutOfTime."""

    label: str
    done: str  # as in "12 sessions bookmarked"
    role: Role
    run: Callable[[BulkJob, Sequence[str], float], int]
    at_once: int = 500  # sessions of one batch, which a lease must outlast
    argument: str = ""  # the name of what has to be chosen, if anything
    choices: Callable[[Project], Choices] = lambda project: []
    made_at: str = ""  # the route of the page where what is chosen can be made
    is_final: bool = False  # nothing brings back what it takes: ask once more


@transaction.atomic
def _bookmark(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    session_ids = sorted(set(session_ids) - gone(job.project_id, session_ids=session_ids))
    states = SessionState.objects.for_project(job.project_id).filter(session_id__in=session_ids)
    before: int = states.filter(is_bookmarked=True).count()
    rows = [
        SessionState(
            project_id=job.project_id,
            session_id=session_id,
            is_bookmarked=True,
            updated_by=job.requested_by,
            updated_at=timezone.now(),
        )
        for session_id in session_ids
    ]
    SessionState.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["project_id", "session_id"],
        update_fields=["is_bookmarked", "updated_by", "updated_at"],
    )
    return len(rows) - before


def _remove_bookmark(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    states = SessionState.objects.for_project(job.project_id).filter(session_id__in=session_ids, is_bookmarked=True)
    return int(states.update(is_bookmarked=False, updated_by=job.requested_by, updated_at=timezone.now()))


def _queues(project: Project) -> Choices:
    return [(queue.id, queue.name) for queue in queues.load_queues(project)]


def _enqueue(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    queue = ReviewQueue.objects.for_project(job.project_id).filter(id=job.arguments.get("queue")).first()
    if queue is None:
        raise BulkRefused("The review queue has been deleted in the meantime.")
    return queues.add_items(queue, ((ObjectType.SESSION, session_id) for session_id in session_ids))


def _cohorts(project: Project) -> Choices:
    fixed = Cohort.objects.for_project(project).filter(is_fixed=True).order_by("name", "id")
    return [(str(cohort.id), cohort.name) for cohort in fixed]


def _add_to_cohort(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    cohort = Cohort.objects.for_project(job.project_id).filter(id=job.arguments.get("cohort")).first()
    if cohort is None:
        raise BulkRefused("The cohort has been deleted in the meantime.")
    try:
        return making.add_sessions(cohort, session_ids)
    except making.CohortError as error:
        raise BulkRefused(str(error)) from error


def _delete(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    return erasing.delete_sessions(job.project_id, session_ids, until)


# In the order of the buttons: what is asked for most first, what cannot be undone last.
BULK_ACTIONS = {
    "bookmark": BulkAction(label="Bookmark", done="bookmarked", role=Role.MEMBER, run=_bookmark),
    "remove-bookmark": BulkAction(
        label="Remove bookmark", done="without a bookmark", role=Role.MEMBER, run=_remove_bookmark
    ),
    "queue": BulkAction(
        label="Add to review queue",
        done="added to the queue",
        role=Role.MEMBER,
        run=_enqueue,
        argument="queue",
        choices=_queues,
        made_at="review",
    ),
    "cohort": BulkAction(
        label="Add to cohort",
        done="added to the cohort",
        role=Role.MEMBER,
        run=_add_to_cohort,
        argument="cohort",
        choices=_cohorts,
        made_at="cohorts",
    ),
    "delete": BulkAction(label="Delete", done="deleted", role=Role.ADMIN, run=_delete, at_once=20, is_final=True),
}


def offered_to(role: Role) -> dict[str, BulkAction]:
    """Return the actions that a role may use, by name."""
    return {name: action for name, action in BULK_ACTIONS.items() if role.covers(action.role)}
