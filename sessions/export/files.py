"""Exports that a worker writes into files, from the order until they expire.

A worker may be killed at any point: what is in the parts that a row names is done, everything else is written again.
A worker writes one part in its slice and goes to the end of the queue, so that other projects' exports make
progress, too."""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone

from projects.audit import actor_name, person_of
from projects.downloads.making import encoded
from projects.downloads.places import NoDownload
from projects.models import ApiKey, Project, User
from projects.preferences import day_zone
from sessions.deletion.remains import erased
from sessions.download_time import in_time
from sessions.export import parts
from sessions.export.stream import BadExport, Export, export_of
from sessions.models import ExportFile, Session
from sessions.models.exports import LIFE
from sessions.query.people import naming_me
from sessions.query.values import as_of

logger = logging.getLogger(__name__)

PART_BYTES = 16 * 2**20  # of a part, as soon as a batch exceeds it
EXPORT_MEMORY_BYTES = 4 * 2**20
MAX_EXPORT_BYTES = 2 * 2**30  # of a file
MOST_WAITING = 3  # of a project at once
MOST_KEPT = 20  # of a project
LOCK_EXPORTS_SQL = "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))"
WITHDRAWN = "Data that the file may contain was deleted from this project. Export again."


class TooMany(NoDownload):
    """The project has as many files as it may have."""

    status = 429
    retry_after = 60


@transaction.atomic
def begin(project: Project, params: QueryDict, *, by: User | ApiKey) -> ExportFile:
    """Create the order, or return an equal one that is not finished. Raises BadExport, TooMany."""
    export, person = export_of(project, params), person_of(by)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_EXPORTS_SQL, {"lock": parts.directory_of(project.pk)})
    known = ExportFile.objects.for_project(project)
    zone = str(day_zone())
    query = naming_me(params.urlencode(), person) if person else params.urlencode()
    order = {"format": export.format.name, "query": query, "requested_by": actor_name(by), "time_zone": zone}
    same: ExportFile | None = known.unfinished().filter(**order).first()
    if same is not None:
        return same
    if known.unfinished().count() >= MOST_WAITING:
        raise TooMany(
            f"{MOST_WAITING} exports of this project are already in progress. Wait until one of them is done."
        )
    if known.filter(error="").count() >= MOST_KEPT:
        raise TooMany(f"This project already has {MOST_KEPT} exports. Delete one of them.")
    newest = Session.objects.for_project(project).aggregate(newest=Max("created_at"))["newest"]
    return ExportFile.objects.create(
        project_id=project.pk,
        requested_by_id=person.pk if person else None,
        until=max(filter(None, (newest, timezone.now()))),
        **order,
    )


def work_slice(project_id: int, until: float) -> bool:
    """Write a part of the project's oldest unfinished file.

    Works for as long as there is time, and writes at least one batch. Returns whether something is left for another
    slice."""
    waiting = ExportFile.objects.for_project(project_id).unfinished().order_by("requested_at", "id")
    file = waiting.first()
    return file is not None and proceed(file, until) and waiting.exists()


def proceed(file: ExportFile, until: float) -> bool:
    """Write the next part, or finish the file. Return False while another worker has it."""
    if not file.lease():
        return False
    try:
        project = Project.objects.get(pk=file.project_id, deleted_at=None)
        with timezone.override(ZoneInfo(file.time_zone)), as_of(file.requested_at):
            _work(file, project, until)
    except (NoDownload, BadExport, Project.DoesNotExist) as refusal:
        _fail(file, str(refusal))
    except OperationalError:
        file.release()  # the database is busy or chose a victim: another slice goes on
        raise
    except Exception:
        logger.exception("export %s of project %s failed", file.id, file.project_id)
        _fail(file, "It failed. The server's log has the reason.")
    return True


def remove(file: ExportFile) -> None:
    """Delete the file and its row.

    A worker that is writing it finds no row, and deletes what it has written since."""
    directory = parts.directory_of(file.project_id, file.id)
    parts.delete_parts(directory)
    file.row.delete()
    parts.delete_parts(directory)


def withdraw(project_id: int, **_: object) -> None:
    """End all exports of a project from which something was erased.

    Their files and parameters may still contain it."""
    for file in ExportFile.objects.for_project(project_id).exclude(error=WITHDRAWN):
        file.row.update(error=WITHDRAWN, query="", position="", parts=[], leased_until=None, finished_at=timezone.now())
        parts.delete_parts(parts.directory_of(file.project_id, file.id))


def expire(project_id: int, until: float) -> bool:
    """Delete expired files. Return whether something is left for another slice."""
    expired = ExportFile.objects.for_project(project_id).filter(finished_at__lt=timezone.now() - LIFE)
    for file in expired:
        remove(file)
        if time.monotonic() >= until:
            break
    return expired.exists()


def expired_projects() -> list[int]:
    """Return the ids of the projects that have expired files."""
    project_ids: list[int] = ExportFile.objects.filter(finished_at__lt=timezone.now() - LIFE).project_ids()
    return project_ids


def _work(file: ExportFile, project: Project, until: float) -> None:
    if file.position is None:
        file.finish(sha256=parts.sha256_of(file.parts))
        return
    export = export_of(project, QueryDict(file.query))
    with tempfile.SpooledTemporaryFile(EXPORT_MEMORY_BYTES) as content:
        position, row_count = _write_batches(file, export, content, until)
        size = content.tell()
        if file.size + size > MAX_EXPORT_BYTES:
            raise NoDownload(
                f"The file would be larger than {MAX_EXPORT_BYTES // 2**30} GB. Narrow the filter or the time range."
            )
        with _kept(file, content) as name:
            written = [*file.parts, [name, size]]
            file.release(position=position, row_count=row_count, parts=written)


def _write_batches(file: ExportFile, export: Export, content: IO[bytes], until: float) -> tuple[str | None, int]:
    """Write at least one batch, and more while there is time.

    Returns the cursor behind what is written, None at the end, and the number of sessions that are done."""
    done = file.row_count
    position: str | None = file.position if file.parts else export.after
    sessions = export.sessions.filter(created_at__lte=file.until)
    if not file.parts:
        content.write(export.format.start().encode())
    while position is not None and done != export.limit:
        with in_time():
            page = export.page(position, done, sessions)
            content.writelines(encoded(export.format.rows(page.rows, done == 0)))
        position, done = page.next, done + len(page.rows)
        if position is not None and (time.monotonic() >= until or content.tell() > PART_BYTES):
            return position, done
    content.write(export.format.end(position).encode())
    return None, done


@contextmanager
def _kept(file: ExportFile, content: IO[bytes]) -> Iterator[str]:
    """Keep a part if the block names it in the file's row, and delete it otherwise."""
    name = parts.write_part(parts.directory_of(file.project_id, file.id), content)
    try:
        yield name
    finally:
        if not file.row.filter(parts__contains=[[name]]).exists():
            parts.delete_part(name)


def _fail(file: ExportFile, reason: str) -> None:
    if file.finish(error=reason, parts=[]):
        parts.delete_parts(parts.directory_of(file.project_id, file.id))


erased.connect(withdraw, dispatch_uid="withdraw exports that may hold what was erased")
