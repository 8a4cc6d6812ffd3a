"""The path of a report after decoding: fit and store."""

from collections.abc import Sequence

from django.utils import timezone

from tracing.limits.fitting import Record, fit
from tracing.records import Issue, Sdk
from tracing.store.writing import store

UNKNOWN_SDK = Sdk()


def ingest(
    project_id: int, records: Sequence[Record], *, sdk: Sdk = UNKNOWN_SDK, issues: Sequence[Issue] = ()
) -> list[Issue]:
    """Store what fits of `records` in one transaction. Return what was rejected, cut or dropped.

    The result includes the `issues` that the caller found before. When this returns, everything it took is committed.
    Raises OperationalError or InterfaceError if the database is away; then nothing was stored."""
    now = timezone.now()
    found = list(issues)
    fitting = [record for record in records if fit(record, found, now)]
    if fitting or found:
        store(project_id, fitting, sdk=sdk, found=found, now=now)
    return found
