"""Leases of review items, so that two people never get the same item by accident.

An item row is locked while it is given out, and its reviewers are counted again under the lock. A lease that expires
gives the item back; a review that arrives later is kept all the same."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from sessions.models import Review, ReviewItem, ReviewQueue

REVIEW_LEASE = timedelta(minutes=30)  # as long as reading a long conversation may take
TRIES = 5  # items that somebody else took in the same moment

# Pending, neither done nor skipped by this person, and with room for one more reviewer.
CANDIDATE = """
SELECT i.id FROM review_item i
WHERE i.project_id = %(project)s AND i.queue_id = %(queue)s AND i.status = 'PENDING' AND i.id <> ALL(%(but)s::text[])
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.project_id = %(project)s AND r.item_id = i.id
        AND r.user_id = %(user)s AND r.state <> 'leased')
    AND (SELECT count(*) FROM review r WHERE r.project_id = %(project)s AND r.item_id = i.id AND r.user_id <> %(user)s
        AND (r.state = 'done' OR r.state = 'leased' AND r.leased_until > %(now)s)) < %(reviewers)s
ORDER BY EXISTS (SELECT 1 FROM review r WHERE r.project_id = %(project)s AND r.item_id = i.id
        AND r.user_id = %(user)s) DESC, i.created_at, i.id
LIMIT 1 FOR UPDATE OF i SKIP LOCKED
"""

OTHER_REVIEWERS_SQL = """
SELECT count(*) FROM review r WHERE r.project_id = %(project)s AND r.item_id = %(item)s AND r.user_id <> %(user)s
    AND (r.state = 'done' OR r.state = 'leased' AND r.leased_until > %(now)s)
"""


def claim(queue: ReviewQueue, user_id: int, *, but: tuple[str, ...] = ()) -> ReviewItem | None:
    """Lease the next item to a person and return it: one that they have already, else the oldest that is free.

    Never returns one of `but`."""
    passed_over = list(but)
    for _ in range(TRIES):
        with transaction.atomic():
            item_id = _candidate(queue, user_id, passed_over)
            if item_id is None:
                return None
            if _lease(queue, item_id, user_id):
                found: ReviewItem = ReviewItem.objects.for_project(queue.project_id).get(id=item_id)
                return found
        passed_over.append(item_id)
    return None


def finish(queue: ReviewQueue, item: ReviewItem, user_id: int, state: Review.State) -> None:
    """Record that a person has done or skipped an item.

    The item is complete when it has as many reviews as the queue wants."""
    now = timezone.now()
    with transaction.atomic():
        items = ReviewItem.objects.for_project(queue.project_id).filter(id=item.id)
        items.select_for_update().get()
        _write(queue, item.id, user_id, state=state, finished_at=now)
        done = Review.objects.for_project(queue.project_id).filter(item_id=item.id, state=Review.State.DONE).count()
        if done >= queue.reviewers_per_item:
            items.filter(status=ReviewItem.Status.PENDING).update(
                status=ReviewItem.Status.COMPLETED, completed_at=now, updated_at=now
            )


def offer_skipped(queue: ReviewQueue, user_id: int) -> int:
    """Offer a person the items again that they skipped, and return how many."""
    skipped = Review.objects.for_project(queue.project_id).filter(
        queue_id=queue.id, user_id=user_id, state=Review.State.SKIPPED
    )
    return int(skipped.delete()[0])


def _candidate(queue: ReviewQueue, user_id: int, passed_over: list[str]) -> str | None:
    params = _params(queue, user_id) | {"but": passed_over, "reviewers": queue.reviewers_per_item}
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATE, params)
        found = cursor.fetchone()
    return found[0] if found else None


def _lease(queue: ReviewQueue, item_id: str, user_id: int) -> bool:
    """Lease an item while it is locked.

    Somebody may have leased it just before us; a new statement sees that."""
    params = _params(queue, user_id) | {"item": item_id}
    with connection.cursor() as cursor:
        cursor.execute(OTHER_REVIEWERS_SQL, params)
        (others,) = cursor.fetchone()
    if others >= queue.reviewers_per_item:
        return False
    _write(queue, item_id, user_id, state=Review.State.LEASED, leased_until=params["now"] + REVIEW_LEASE)
    return True


def _write(
    queue: ReviewQueue,
    item_id: str,
    user_id: int,
    *,
    state: Review.State,
    leased_until: datetime | None = None,
    finished_at: datetime | None = None,
) -> None:
    review = Review(
        project_id=queue.project_id,
        item_id=item_id,
        user_id=user_id,
        queue_id=queue.id,
        state=state,
        leased_until=leased_until,
        finished_at=finished_at,
    )
    Review.objects.bulk_create(
        [review],
        update_conflicts=True,
        unique_fields=["project_id", "item_id", "user_id"],
        update_fields=["state", "leased_until", "finished_at"],
    )


def _params(queue: ReviewQueue, user_id: int) -> dict[str, Any]:
    return {"project": queue.project_id, "queue": queue.id, "user": user_id, "now": timezone.now()}
