"""Decides when the next backup is due."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from config.backups.making import BACKUP_JOB
from projects.models import JobRun

RETRY_HOURS = 1  # after a backup that failed


def is_due(now: datetime | None = None) -> bool:
    """Return whether CONFAB_BACKUP_EVERY asks for a backup now. One that was cut off is due again after a while."""
    if not settings.BACKUP_EVERY:
        return False
    last = JobRun.objects.filter(name=BACKUP_JOB).first()
    if last is None:
        return True
    is_done = last.finished_at is not None and not last.error
    hours = settings.BACKUP_EVERY if is_done else min(RETRY_HOURS, settings.BACKUP_EVERY)
    return (now or timezone.now()) - last.started_at >= timedelta(hours=hours)
