"""What happens to sessions that lose traces: new sums, and a count on the receipt."""

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

from redis import RedisError

from projects.jobs.redis_client import quick_redis
from sessions.models import Erasure, Session
from sessions.rollup.session_rows import recompute
from tracing.models import Score

REMEMBERED_FOR = timedelta(days=1)  # how long Redis knows the sessions of an erasure that does not get on


def recompute_sessions(project_id: int, session_ids: set[str]) -> int:
    """Recompute sessions, and delete the scores of those that have no trace any more. Return the number of scores."""
    recompute(project_id, sorted(session_ids))
    sessions = Session.objects.for_project(project_id).filter(session_id__in=session_ids)
    empty = session_ids - set(sessions.values_list("session_id", flat=True))
    return int(Score.objects.for_project(project_id).filter(session_id__in=empty).delete()[0])


def count_sessions(erasure: Erasure, session_ids: Collection[str]) -> int:
    """Remember that these sessions lost traces, too, and return how many have by now.

    A session may lose traces in several slices, so that the slices share a set in Redis."""
    key = _redis_key(erasure)
    try:
        with quick_redis().pipeline() as pipeline:
            pipeline.sadd(key, "", *session_ids)  # the empty one is not counted
            pipeline.expire(key, REMEMBERED_FOR)
            pipeline.scard(key)
            return int(pipeline.execute()[-1]) - 1
    except RedisError:
        return max(erasure.session_count, len(session_ids))


def forget_sessions(erasure: Erasure) -> None:
    """Forget which sessions were counted."""
    with suppress(RedisError):
        quick_redis().delete(_redis_key(erasure))


def _redis_key(erasure: Erasure) -> str:
    return f"erasure:{erasure.id}"
