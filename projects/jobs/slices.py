"""Work that may take long, done in slices, for which projects take turns.

A kind of work is done for one project at a time, half a second long, and the rest goes to the end of the kind's queue.
All kinds together use at most half of the workers' threads or processes (lanes), and one kind at most half of the
lanes, so that sessions are recomputed beside it, however many projects have work. The queues are in Redis and may be
lost: rows in PostgreSQL are the truth, and sweeps fill the queues from them."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from celery import current_app
from kombu.exceptions import OperationalError
from redis import RedisError

from projects.jobs.redis_client import patient_redis, quick_redis
from projects.jobs.time_limits import at_length

logger = logging.getLogger(__name__)

SLICE_TASK = "projects.tasks.take_slice"
SLICE_SECONDS = 0.5
SLICE_LEASE_SECONDS = 20  # after this time, the worker of a slice counts as killed
SWEEP_MESSAGES = 4  # of one sweep; each leads to the next as long as work waits
ALL_PROJECTS = 0  # in place of a project's id, for work on all of them
WORKERS_KEY, RUNNING_SLICES_KEY, WAITING_KEY_PREFIX = "slices:workers", "slices:running", "slices:waiting:"

# Members of the sorted sets: projects by the time since when they wait, "kind:project" by the end of their lease, and
# "worker/slots" by the time at which its last sign of life expires. A running project may wait again, so the first of a
# kind that is not running is among the first n + 1, where n is the number of running slices.
TAKE_SCRIPT = """
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
    """A kind of sliced work.

    `work(project_id, until)` works until that moment of `time.monotonic`, always makes progress, and returns whether
    there is more to do at once. `waiting()` returns the ids of the projects with work."""

    name: str
    work: Callable[[int, float], bool]
    waiting: Callable[[], Iterable[int]]
    lease_seconds: int

    def wake(self, project_id: int = ALL_PROJECTS) -> None:
        """Have the work done soon, or by the next sweep if Redis is away."""
        wake(self.name, project_id)

    def sweep(self) -> None:
        """Queue everything that waits: its message was lost, its worker was killed, or its time has come."""
        name, now = WAITING_KEY_PREFIX + self.name, time.time()
        if found := {str(project_id): now for project_id in self.waiting()}:
            patient_redis().zadd(name, found, nx=True)
        for _ in range(min(patient_redis().zcard(name), SWEEP_MESSAGES)):
            _send()

    def drain(self) -> None:
        """Do all of the work now, in this process. For commands and tests."""
        for project_id in self.waiting():
            while self.work(project_id, time.monotonic() + SLICE_SECONDS):
                pass


class OutOfTime(Exception):
    """The time of a slice is over. The first `seen` things of a batch are done, and `changed` of them were changed."""

    def __init__(self, seen: Sequence[str], changed: int) -> None:
        self.seen, self.changed = seen, changed


WORK_KINDS: dict[str, WorkKind] = {}
SWEEPS: dict[str, Callable[[], None]] = {}  # by the name of the work: queue everything of it that waits


def sliced(
    name: str,
    *,
    waiting: Callable[[], Iterable[int]] = lambda: [ALL_PROJECTS],
    lease_seconds: int = SLICE_LEASE_SECONDS,
) -> Callable[[Callable[[int, float], bool]], WorkKind]:
    """Return a decorator that makes a kind of work out of the function for one slice; see `WorkKind`."""

    def declared(work: Callable[[int, float], bool]) -> WorkKind:
        WORK_KINDS[name] = WorkKind(name=name, work=at_length()(work), waiting=waiting, lease_seconds=lease_seconds)
        SWEEPS[name] = WORK_KINDS[name].sweep
        return WORK_KINDS[name]

    return declared


def wake(name: str, project_id: int) -> None:
    """Have work of this kind done soon, where the module that does it cannot be imported."""
    try:
        if quick_redis().zadd(WAITING_KEY_PREFIX + name, {str(project_id): time.time()}, nx=True):
            _send()
    except (RedisError, OperationalError):
        logger.warning("the broker is away: the next sweep continues with %s of project %s", name, project_id)


def announce(worker: str, slots: int, seconds: float) -> None:
    """Add the threads or processes of a worker to the lanes for the next `seconds`."""
    patient_redis().zadd(WORKERS_KEY, {f"{worker}/{slots}": time.time() + seconds})


def work_slice() -> None:
    """Do slices of the work that has waited longest, among the kinds that may use a lane, until SLICE_SECONDS are over.

    Projects with little work share a message, which costs more than a short slice."""
    until = time.monotonic() + SLICE_SECONDS
    while (taken := _take()) is not None:  # if no lane is free, the slice that frees one sends another message
        if not _work(*taken):
            return
        if time.monotonic() >= until:
            _send()
            return


def _work(kind: WorkKind, project_id: int) -> bool:
    """Do one slice. Return whether work of any kind waits."""
    try:
        is_left = kind.work(project_id, time.monotonic() + SLICE_SECONDS)
    except BaseException:
        if _give_back(kind, project_id, is_left=False):
            _send()
        raise
    return _give_back(kind, project_id, is_left)


def _send() -> None:
    """Wake a worker to do a slice of any work that waits."""
    current_app.send_task(SLICE_TASK, retry=False)


def _take() -> tuple[WorkKind, int] | None:
    kinds = list(WORK_KINDS.values())
    keys = [WORKERS_KEY, RUNNING_SLICES_KEY, *(WAITING_KEY_PREFIX + kind.name for kind in kinds)]
    arguments: list[str | float] = [
        time.time(),
        *(kind.name for kind in kinds),
        *(kind.lease_seconds for kind in kinds),
    ]
    taken = patient_redis().eval(TAKE_SCRIPT, len(keys), *keys, *arguments)
    return (WORK_KINDS[taken[0].decode()], int(taken[1])) if taken else None


def _give_back(kind: WorkKind, project_id: int, is_left: bool) -> bool:
    """Free the lane, and queue the rest of the work. Return whether work of any kind waits."""
    pipeline = patient_redis().pipeline()
    pipeline.zrem(RUNNING_SLICES_KEY, f"{kind.name}:{project_id}")
    if is_left:
        pipeline.zadd(WAITING_KEY_PREFIX + kind.name, {str(project_id): time.time()}, nx=True)
    for name in WORK_KINDS:
        pipeline.zcard(WAITING_KEY_PREFIX + name)
    return any(pipeline.execute()[-len(WORK_KINDS) :])
