"""Work that may take long, in slices that all projects share in turn.

A kind of work is done for one project at a time, half a second long, and what is left goes to the end of the kind's
queue. All kinds together take at most half of the workers' threads or processes (lanes), and one kind at most half of
the lanes, so that sessions are recomputed beside it whatever many projects ask for. The queues are in Redis and may be
lost: rows in PostgreSQL are the truth, and sweeps fill the queues from them."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from celery import current_app
from kombu.exceptions import OperationalError
from redis import RedisError

from projects.work.redis_client import patient_redis, quick_redis
from projects.work.time_limits import at_length

logger = logging.getLogger(__name__)

TASK = "projects.tasks.take_slice"
SLICE_SECONDS = 0.5
SLICE_LEASE_SECONDS = 20  # after which a slice counts as that of a killed worker
MESSAGES = 4  # of one sweep: each brings about the next as long as something waits
ALL_PROJECTS = 0  # in place of a project's id, for work on all of them
WORKERS, RUNNING_SLICES_KEY, WAITING = "slices:workers", "slices:running", "slices:waiting:"

# Members of the sorted sets: projects by the time since when they wait, "kind:project" by the end of their lease, and
# "worker/slots" by the end of what its last sign of life is worth. Looks no further than it must: what is running may
# wait again, so that the first of a kind that is not running is among as many as are running and one.
TAKE = """
local now = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local slots, of_kind = 0, {}
for _, worker in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    slots = slots + tonumber(string.match(worker, '%d+$'))
end
local lanes = math.max(1, math.floor(slots / 2))
local most = math.max(1, math.floor(lanes / 2))
local running = redis.call('ZRANGE', KEYS[2], 0, -1)
if #running >= lanes then return false end
for _, member in ipairs(running) do
    local kind = string.match(member, '^(.*):')
    of_kind[kind] = (of_kind[kind] or 0) + 1
end
local first, since
for place = 3, #KEYS do
    local kind = ARGV[place - 1]
    if (of_kind[kind] or 0) < most then
        local waiting = redis.call('ZRANGE', KEYS[place], 0, #running, 'WITHSCORES')
        for i = 1, #waiting, 2 do
            if not redis.call('ZSCORE', KEYS[2], kind .. ':' .. waiting[i]) then
                if not since or tonumber(waiting[i + 1]) < since then
                    first, since = {place, waiting[i]}, tonumber(waiting[i + 1])
                end
                break
            end
        end
    end
end
if not first then return false end
local kind, lease = ARGV[first[1] - 1], tonumber(ARGV[first[1] - 3 + #KEYS])
redis.call('ZREM', KEYS[first[1]], first[2])
redis.call('ZADD', KEYS[2], now + lease, kind .. ':' .. first[2])
return {kind, first[2]}
"""


@dataclass(frozen=True, kw_only=True)
class WorkKind:
    """A kind of long work.

    `work(project_id, until)` works until that moment of `time.monotonic`, but always makes progress, and returns
    whether something is left that can be continued at once. `waiting()` returns the ids of the projects that have
    work."""

    name: str
    work: Callable[[int, float], bool]
    waiting: Callable[[], Iterable[int]]
    lease_seconds: int

    def wake(self, project_id: int = ALL_PROJECTS) -> None:
        """Have it done soon, or by the next sweep if the broker is away."""
        try:
            if quick_redis().zadd(WAITING + self.name, {str(project_id): time.time()}, nx=True):
                _send()
        except (RedisError, OperationalError):
            logger.warning("the broker is away: the next sweep goes on with %s of project %s", self.name, project_id)

    def sweep(self) -> None:
        """Queue whatever waits, whether its message was lost, its worker killed, or its time has come."""
        name, now = WAITING + self.name, time.time()
        if found := {str(project_id): now for project_id in self.waiting()}:
            patient_redis().zadd(name, found, nx=True)
        for _ in range(min(patient_redis().zcard(name), MESSAGES)):
            _send()

    def drain(self) -> None:
        """Do all of it here and now, for commands and tests."""
        for project_id in self.waiting():
            while self.work(project_id, time.monotonic() + SLICE_SECONDS):
                pass


class OutOfTime(Exception):
    """The time of a slice was up when only the first `seen` things of a batch were done; `changed` counts changes."""

    def __init__(self, seen: Sequence[str], changed: int) -> None:
        self.seen, self.changed = seen, changed


WORK_KINDS: dict[str, WorkKind] = {}


def sliced(
    name: str,
    *,
    waiting: Callable[[], Iterable[int]] = lambda: [ALL_PROJECTS],
    lease_seconds: int = SLICE_LEASE_SECONDS,
) -> Callable[[Callable[[int, float], bool]], WorkKind]:
    """Make a kind of work out of the function that does a slice of it; see `WorkKind`."""

    def declared(work: Callable[[int, float], bool]) -> WorkKind:
        WORK_KINDS[name] = WorkKind(name=name, work=at_length()(work), waiting=waiting, lease_seconds=lease_seconds)
        return WORK_KINDS[name]

    return declared


def announce(worker: str, slots: int, seconds: float) -> None:
    """Count the threads or processes of a worker for the next `seconds`."""
    patient_redis().zadd(WORKERS, {f"{worker}/{slots}": time.time() + seconds})


def work_slice() -> None:
    """Do a slice of what has waited longest among the kinds that may take a lane."""
    if (taken := _take()) is None:
        return  # whoever gives a lane back sends another message
    kind, project_id = taken
    is_left = False
    try:
        is_left = kind.work(project_id, time.monotonic() + SLICE_SECONDS)
    finally:
        if _give_back(kind, project_id, is_left):
            _send()


def _send() -> None:
    """Have a worker do a slice of whatever waits."""
    current_app.send_task(TASK, retry=False)


def _take() -> tuple[WorkKind, int] | None:
    kinds = list(WORK_KINDS.values())
    keys = [WORKERS, RUNNING_SLICES_KEY, *(WAITING + kind.name for kind in kinds)]
    arguments: list[str | float] = [
        time.time(),
        *(kind.name for kind in kinds),
        *(kind.lease_seconds for kind in kinds),
    ]
    taken = patient_redis().eval(TAKE, len(keys), *keys, *arguments)
    return (WORK_KINDS[taken[0].decode()], int(taken[1])) if taken else None


def _give_back(kind: WorkKind, project_id: int, is_left: bool) -> bool:
    """Free the lane and queue again what is left. Return whether anything of any kind waits."""
    pipeline = patient_redis().pipeline()
    pipeline.zrem(RUNNING_SLICES_KEY, f"{kind.name}:{project_id}")
    if is_left:
        pipeline.zadd(WAITING + kind.name, {str(project_id): time.time()}, nx=True)
    for name in WORK_KINDS:
        pipeline.zcard(WAITING + name)
    return any(pipeline.execute()[-len(WORK_KINDS) :])
