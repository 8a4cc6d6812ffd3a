"""Review queues: their items, their reviewers, and their progress."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from projects.audit import Action, Actor, actor_name, record
from projects.models import NoticeKind, Project, User
from sessions.annotation.configs import MAX_CONFIG_NAME_CHARACTERS, NotAllowed
from sessions.annotation.targets import gone
from sessions.models import Notice, ObjectType, Review, ReviewItem, ReviewQueue, ScoreConfig, Session
from sessions.noticing import tell_of_sessions
from tracing.models import Trace

QUEUE_BATCH_ITEMS = 1_000
MOST_REVIEWERS = 20
MOST_NAMED = 10  # ids in one refusal


class Progress(NamedTuple):
    """How many items of a queue are complete, and how many reviews one person has finished."""

    completed: int
    total: int
    mine: int = 0

    @property
    def percent(self) -> int:
        return 100 * self.completed // self.total if self.total else 0


def load_queues(project: Project) -> list[ReviewQueue]:
    """Load the queues of a project, the newest first."""
    return list(ReviewQueue.objects.for_project(project).order_by("-created_at", "id"))


def enqueue(queue: ReviewQueue, session_ids: Iterable[str], by: Actor) -> int:
    """Add sessions in this order, and return how many are new; the queue keeps those it has."""
    added, left = 0, iter(session_ids)
    with transaction.atomic():
        while some := list(islice(left, QUEUE_BATCH_ITEMS)):
            added += add_items(queue, ((ObjectType.SESSION, session_id) for session_id in some), by=actor_name(by))
        if added:
            project = Project.objects.get(pk=queue.project_id)
            record(Action.QUEUE_FILLED, project, actor=by, target=queue.audited, sessions=added)
    return added


def check_sessions(project: Project, session_ids: Collection[str]) -> None:
    """Raise NotAllowed, which names them, for sessions that do not exist: nobody could review those."""
    named, there = sorted(set(session_ids)), set[str]()
    for start in range(0, len(named), QUEUE_BATCH_ITEMS):
        for rows in (Session.objects.for_project(project), Trace.objects.for_project(project)):  # or soon to be summed
            there.update(
                rows.filter(session_id__in=named[start : start + QUEUE_BATCH_ITEMS]).values_list(
                    "session_id", flat=True
                )
            )
    if missing := [session_id for session_id in named if session_id not in there]:
        more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
        raise NotAllowed(f"session_ids: there is no session {', '.join(missing[:MOST_NAMED])}{more}")


@transaction.atomic
def add_items(queue: ReviewQueue, objects: Iterable[tuple[str, str]], *, by: str) -> int:
    """Add (type, id) pairs that were not erased, and tell who is to review them; a completed item stays completed."""
    now, wanted = timezone.now(), dict.fromkeys(objects)
    for kind in {kind for kind, _ in wanted}:
        for key in gone(queue.project_id, kind, [key for of, key in wanted if of == kind]):
            del wanted[kind, key]
    items = ReviewItem.objects.for_project(queue.project_id).filter(queue_id=queue.id)
    there = set(items.filter(object_id__in=[key for _, key in wanted]).values_list("object_type", "object_id"))
    new = [pair for pair in wanted if pair not in there]
    ReviewItem.objects.bulk_create(
        [
            ReviewItem(
                project_id=queue.project_id,
                queue_id=queue.id,
                object_type=kind,
                object_id=key,
                created_at=now + timedelta(microseconds=place),  # keeps the order in which they were given
            )
            for place, (kind, key) in enumerate(new)
        ],
        ignore_conflicts=True,
    )
    if new:
        _tell_reviewers(queue, queue.user_ids, len(new), by)
    return len(new)


def _tell_reviewers(queue: ReviewQueue, user_ids: Collection[int], count: int, by: str) -> None:
    """Tell assigned people how much more there is to review. Where every member may, nobody is told."""
    tell_of_sessions(queue.project_id, NoticeKind.QUEUE, user_ids, count, by=by, queue_id=queue.id)


def may_review(queue: ReviewQueue, project: Project, user: User) -> bool:
    """Return whether a person may review: all members if nobody is assigned, otherwise those assigned, and admins."""
    if not project.role.edits:
        return False
    return not queue.user_ids or user.pk in queue.user_ids or project.role.administers


def count_progress(project_id: int, user_id: int = 0) -> dict[str, Progress]:
    """Return the progress by queue id, for queues that have items. Two queries, however many queues there are."""
    items = ReviewItem.objects.for_project(project_id).order_by().values_list("queue_id")
    counted = items.annotate(Count("id"), done=Count("id", filter=Q(status=ReviewItem.Status.COMPLETED)))
    reviews = Review.objects.for_project(project_id).filter(user_id=user_id, state=Review.State.DONE).order_by()
    mine = dict(reviews.values_list("queue_id").annotate(Count("item_id")))
    return {queue_id: Progress(done, total, mine.get(queue_id, 0)) for queue_id, total, done in counted}


def delete(project: Project, queue: ReviewQueue, by: Actor) -> None:
    """Delete a queue with its items and reviews; the scores that were given in it stay."""
    with transaction.atomic():
        Review.objects.for_project(project).filter(queue_id=queue.id).delete()
        ReviewItem.objects.for_project(project).filter(queue_id=queue.id).delete()
        ReviewQueue.objects.for_project(project).filter(id=queue.id).delete()
        Notice.objects.for_project(project).filter(queue_id=queue.id).delete()
        record(Action.QUEUE_DELETED, project, actor=by, target=queue.audited)


def create(project: Project, fields: Mapping[str, Any], *, by: Actor) -> ReviewQueue:
    """Create a queue and audit it. Raises NotAllowed."""
    queue = ReviewQueue(project_id=project.pk, **fields)
    _check(project, queue)
    with transaction.atomic():
        queue.save(force_insert=True)
        record(Action.QUEUE_CREATED, project, actor=by, target=queue.audited)
    return queue


def change(project: Project, queue: ReviewQueue, fields: Mapping[str, Any], *, by: Actor) -> None:
    """Change a queue and audit it; who reviews it from now on is told what waits. Raises NotAllowed."""
    before = set(queue.user_ids)
    for name, value in fields.items():
        setattr(queue, name, value)
    _check(project, queue)
    with transaction.atomic():
        named = ReviewQueue.objects.for_project(project).filter(id=queue.id)
        named.update(**fields, updated_at=timezone.now())
        pending = ReviewItem.objects.for_project(project).filter(queue_id=queue.id, status=ReviewItem.Status.PENDING)
        if (new := set(queue.user_ids) - before) and (waiting := pending.count()):
            _tell_reviewers(queue, new, waiting, actor_name(by))
        record(Action.QUEUE_CHANGED, project, actor=by, target=queue.audited, fields=", ".join(sorted(fields)))


def _check(project: Project, queue: ReviewQueue) -> None:
    if not 1 <= len(queue.name) <= MAX_CONFIG_NAME_CHARACTERS or "\x00" in queue.name + queue.description:
        raise NotAllowed(f"name: 1 to {MAX_CONFIG_NAME_CHARACTERS} characters")
    if not 1 <= queue.reviewers_per_item <= MOST_REVIEWERS:
        raise NotAllowed(f"reviewers per item: 1 to {MOST_REVIEWERS}")
    known = ScoreConfig.objects.for_project(project).filter(id__in=queue.score_config_ids).values_list("id", flat=True)
    if unknown := sorted(set(queue.score_config_ids) - set(known)):
        raise NotAllowed(f"scoreConfigIds: the project has no score config {unknown[0]}")
    members = project.organization.memberships.filter(user_id__in=queue.user_ids).values_list("user_id", flat=True)
    if set(queue.user_ids) - set(members):
        raise NotAllowed("assigned people: only members of the organization")
