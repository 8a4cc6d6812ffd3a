"""The path of a report: fit, store; when `ingest` returns, everything it took is committed."""

from collections.abc import Sequence

from django.utils import timezone

from tracing.limits.fitting import Record, fit
from tracing.records import Issue, Sdk
from tracing.store.writing import store

UNNAMED = Sdk()


def ingest(
    project_id: int, records: Sequence[Record], *, sdk: Sdk = UNNAMED, issues: Sequence[Issue] = ()
) -> list[Issue]:
    """Stores what fits of `records` in one transaction and returns everything that was rejected, cut or dropped: the
    `issues` that the caller found before, and ours. Raises OperationalError or InterfaceError when the database is
    away; then nothing was stored."""
    now = timezone.now()
    found = list(issues)
    fitting = [record for record in records if fit(record, found, now)]
    if fitting or found:
        store(project_id, fitting, sdk=sdk, found=found, now=now)
    return found
