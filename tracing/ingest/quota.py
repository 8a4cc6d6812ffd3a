"""Monthly quota of spans (UTC) of a project, each file counted as one span. Redis counts them, starting from metering.

The count starts again from metering every day, so that repeats and deletions cannot distort it much. Without Redis,
everything is accepted."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Sum
from django.utils import timezone

from projects.models import Project
from projects.rate_limits import ask
from tracing.models import Media, Metering
from tracing.store.partitions import month_of, next_month
from tracing.wire.refusals import IngestQuotaExceeded

WARN_PERCENT = 80
MAX_QUOTA_WAIT = timedelta(hours=1)  # the quota may be raised at any time
COUNTED_SECONDS = 86_400
READ_USE_SCRIPT = "return redis.call('GET', KEYS[1]) or -1"
START_USE_SCRIPT = "redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2], 'NX') return redis.call('GET', KEYS[1])"
ADD_TO_QUOTA_SCRIPT = (
    "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end return 0"
)


class Use(NamedTuple):
    """Part of its quota that a project has used this month."""

    used: int
    quota: int

    @property
    def percent(self) -> int:
        return 100 * self.used // self.quota if self.quota else 100

    @property
    def is_exceeded(self) -> bool:
        return self.used >= self.quota

    @property
    def is_near(self) -> bool:
        return self.percent >= WARN_PERCENT


def admit(project: Project) -> None:
    """Raise IngestQuotaExceeded if the project has used its quota."""
    if project.monthly_span_quota is None:
        return
    now = timezone.now()
    use = _counted(project, project.monthly_span_quota, now.date())
    if use and use.is_exceeded:
        raise IngestQuotaExceeded(
            f"The project has used its monthly quota of {use.quota:,} spans. An admin can raise it in the settings.",
            retry_after=_wait(now),
        )


def count(project: Project, spans: int) -> None:
    """Count spans that `admit` has let in."""
    if project.monthly_span_quota is not None and spans:
        ask(ADD_TO_QUOTA_SCRIPT, _name(project, timezone.now().date()), spans)


def use_of(project: Project) -> Use | None:
    """Return the use that the usage page shows, from metering, or None without a quota."""
    if project.monthly_span_quota is None:
        return None
    return Use(_metered(project, timezone.now().date()), project.monthly_span_quota)


def _counted(project: Project, quota: int, today: date) -> Use | None:
    name = _name(project, today)
    used = ask(READ_USE_SCRIPT, name)
    if used is not None and int(used) < 0:
        used = ask(START_USE_SCRIPT, name, _metered(project, today), COUNTED_SECONDS)
    return None if used is None else Use(int(used), quota)


def _metered(project: Project, today: date) -> int:
    begin = month_of(today)
    month = Metering.objects.for_project(project).filter(day__gte=begin, day__lte=today)
    files = Media.objects.for_project(project).filter(created_at__gte=_midnight(begin))
    return (month.aggregate(sum=Sum("span_count"))["sum"] or 0) + files.count()


def _name(project: Project, today: date) -> str:
    return f"confab:quota:{project.pk}:{today:%Y-%m}"


def _wait(now: datetime) -> int:
    """Return the seconds until the next month, or until it is worth trying again."""
    ends = _midnight(next_month(month_of(now.date())))
    return max(1, math.ceil(min(ends - now, MAX_QUOTA_WAIT).total_seconds()))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC)
