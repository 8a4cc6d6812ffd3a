"""How long the database may take for one part of an export."""

from collections.abc import Iterator
from contextlib import contextmanager

from projects.downloads.making import DownloadTooLarge
from tracing.lists.bounded import TooLong, within

STATEMENT_MS = 15_000  # a part is read through an index; only a filter that finds little takes longer


@contextmanager
def in_time() -> Iterator[None]:
    """Around the statements of one part. Raises DownloadTooLarge."""
    try:
        with within(STATEMENT_MS):
            yield
    except TooLong:
        raise DownloadTooLarge("Finding what to export takes too long. Narrow the filter or the time.") from None
