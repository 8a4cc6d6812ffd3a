"""The actions that can be done to many sessions at once.

Each action works on a batch of session ids and may see a batch twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from projects.access import people_of
from projects.models import Project, Role
from sessions.annotation import queues
from sessions.cohorts import making
from sessions.conversations import states
from sessions.deletion import erasing
from sessions.models import BulkJob, Cohort, ObjectType, ReviewQueue, SessionStatus

Choices = list[tuple[str, str]]  # value and words
UNSET = "none"  # the choice of no status, and of nobody


class BulkRefused(Exception):
    """The action cannot continue. The message tells people why."""


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """An action on a batch of sessions.

    `run(job, session_ids, until)` returns how many sessions it changed, and may raise OutOfTime."""

    label: str
    done: str  # as in "12 sessions bookmarked"
    button: str = ""  # as in "Add 12 sessions", if it is not the label
    role: Role
    run: Callable[[BulkJob, Sequence[str], float], int]
    at_once: int = 500  # sessions of one batch, which a lease must outlast
    argument: str = ""  # the name of what has to be chosen, if anything
    choices: Callable[[Project], Choices] = lambda project: []
    read: Callable[[str], str] | None = None  # reads what is written instead of a choice; raises BulkRefused
    made_at: str = ""  # the route of the page where what is chosen can be made
    is_rare: bool = False  # it stands under More
    is_final: bool = False  # nothing brings back what it takes: ask once more

    def read_choice(self, project: Project, given: str) -> str:
        """Return what a program chose, as a job keeps it. Raise BulkRefused for what cannot be chosen."""
        if self.read is not None:
            return self.read(given)
        if given not in {value for value, _ in self.choices(project)}:
            raise BulkRefused(f"This project has no such {self.argument}.")
        return given

    @property
    def may_be_written(self) -> bool:
        """Whether something else than the choices can be written."""
        return self.read is not None


def _edit(job: BulkJob, session_ids: Sequence[str], edit: states.StateEdit) -> int:
    """Edit what people set of these sessions, and return how many of them were not so already."""
    try:
        return len(states.edit_states(job.project_id, session_ids, edit, by=job.requested_by))
    except states.StateRefused as error:
        raise BulkRefused(str(error)) from error


def _bookmark(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    return _edit(job, session_ids, states.setting(is_bookmarked=True))


def _remove_bookmark(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    return _edit(job, session_ids, states.setting(is_bookmarked=False))


def _labels(project: Project) -> Choices:
    return [(label, label) for label in states.load_labels(project.pk)]


def _read_label(text: str) -> str:
    try:
        return states.read_label(text)
    except states.StateRefused as error:
        raise BulkRefused(str(error)) from error


def _label(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    return _edit(job, session_ids, states.labelling(job.arguments["label"]))


def _remove_label(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    return _edit(job, session_ids, states.unlabelling(job.arguments["label"]))


def _statuses(project: Project) -> Choices:
    return [(value or UNSET, str(label)) for value, label in SessionStatus.choices]


def _set_status(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    return _edit(job, session_ids, states.setting(status=_chosen(job, "status")))


def _assignees(project: Project) -> Choices:
    members = [(person.email, person.name or person.email) for person in people_of(project.pk)]
    return [*members, (UNSET, "Nobody")]


def _assign(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    try:
        assignee_id = states.read_assignee(job.project_id, _chosen(job, "assignee"))
    except states.StateRefused as error:
        raise BulkRefused("The person has left the organization in the meantime.") from error
    return _edit(job, session_ids, states.setting(assignee_id=assignee_id))


def _chosen(job: BulkJob, argument: str) -> str:
    """Return what was chosen, "" for none."""
    chosen = str(job.arguments[argument])
    return "" if chosen == UNSET else chosen


def _queues(project: Project) -> Choices:
    return [(queue.id, queue.name) for queue in queues.load_queues(project)]


def _enqueue(job: BulkJob, session_ids: Sequence[str], until: float) -> int:
    queue = ReviewQueue.objects.for_project(job.project_id).filter(id=job.arguments.get("queue")).first()
    if queue is None:
        raise BulkRefused("The review queue has been deleted in the meantime.")
    items = ((ObjectType.SESSION, session_id) for session_id in session_ids)
    return queues.add_items(queue, items, by=job.requested_by)


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
        label="Remove bookmark", done="without a bookmark", role=Role.MEMBER, run=_remove_bookmark, is_rare=True
    ),
    "label": BulkAction(
        label="Label",
        done="labelled",
        role=Role.MEMBER,
        run=_label,
        argument="label",
        choices=_labels,
        read=_read_label,
    ),
    "remove-label": BulkAction(
        label="Remove label",
        done="without the label",
        button="Remove label from",
        role=Role.MEMBER,
        run=_remove_label,
        argument="label",
        choices=_labels,
        is_rare=True,
    ),
    "status": BulkAction(
        label="Status",
        done="changed",
        button="Set status of",
        role=Role.MEMBER,
        run=_set_status,
        argument="status",
        choices=_statuses,
    ),
    "assign": BulkAction(
        label="Assign",
        done="changed",
        role=Role.MEMBER,
        run=_assign,
        argument="assignee",
        choices=_assignees,
    ),
    "queue": BulkAction(
        label="Add to review queue",
        done="added to the queue",
        button="Add",
        role=Role.MEMBER,
        run=_enqueue,
        argument="queue",
        choices=_queues,
        made_at="review",
    ),
    "cohort": BulkAction(
        label="Add to cohort",
        done="added to the cohort",
        button="Add",
        role=Role.MEMBER,
        run=_add_to_cohort,
        argument="cohort",
        choices=_cohorts,
        made_at="cohorts",
        is_rare=True,
    ),
    "delete": BulkAction(label="Delete", done="deleted", role=Role.ADMIN, run=_delete, at_once=20, is_final=True),
}


def offered_to(role: Role) -> dict[str, BulkAction]:
    """Return the actions that a role may use, by name."""
    return {name: action for name, action in BULK_ACTIONS.items() if role.covers(action.role)}
