"""Files of traces, kept outside the database by Django's storage, once per project, identified by their hash.

All work on a file holds a lock that it shares with files whose ids begin alike, so that a new use and the end of the
last one cannot miss each other. A request takes at most 64 locks, however many files it has. A file is written before
its row says so."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cached_property
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.base import File as StoredFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from projects.deletion import project_rows_deleted
from tracing.models import Media, MediaUse
from tracing.store.erased import check_trace, gone
from tracing.store.statements import WAIT_BRIEFLY

LOCK_MEDIA_SQL = "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))"
REFERENCE = (
    "@@@langfuseMedia:type={type}|id={id}|source=base64_data_uri@@@"  # as the SDKs themselves write it into texts
)


def media_id_of(sha256: bytes) -> str:
    """Return the id of a file. SDKs compute it, too, and cancel the upload if ours differs."""
    return urlsafe_b64encode(sha256).decode()[:22]


def path_of(project_id: int, media_id: str) -> str:
    """Return the file's path in the storage."""
    return f"media/{project_id}/{media_id[:2]}/{media_id}"


class File:
    """A file of a trace, with its content."""

    def __init__(self, trace_id: str, content_type: str, data: bytes) -> None:
        self.trace_id = trace_id
        self.content_type = content_type
        self.data = data

    @cached_property
    def media_id(self) -> str:
        return media_id_of(hashlib.sha256(self.data).digest())

    @property
    def reference(self) -> str:
        """Return the text that replaces the file in a message."""
        return REFERENCE.format(type=self.content_type, id=self.media_id)


@transaction.atomic
def keep(project_id: int, files: Collection[File]) -> int:
    """Store the files of one request with the traces that use them. Return how many are new to the project.

    Files of erased traces are left out. Raises OperationalError if somebody else holds one of them for too long."""
    WAIT_BRIEFLY.run()
    erased = gone(project_id, trace_ids={file.trace_id for file in files})
    files = [file for file in files if file.trace_id not in erased]
    contents = {file.media_id: file for file in files}
    _lock(project_id, contents)
    uses = {(file.trace_id, file.media_id) for file in files}
    MediaUse.objects.bulk_create(
        [MediaUse(project_id=project_id, trace_id=trace_id, media_id=media_id) for trace_id, media_id in sorted(uses)],
        ignore_conflicts=True,
    )
    stored = Media.objects.for_project(project_id).filter(media_id__in=contents, uploaded_at__isnull=False)
    known = set(stored.values_list("media_id", flat=True))
    missing = [file for media_id, file in sorted(contents.items()) if media_id not in known]
    for file in missing:
        _write(project_id, file.media_id, len(file.data), ContentFile(file.data))
    now = timezone.now()
    Media.objects.bulk_create(
        [_row(project_id, file.media_id, file.content_type, len(file.data), uploaded_at=now) for file in missing],
        update_conflicts=True,  # one that was announced, perhaps with another size
        unique_fields=["project_id", "media_id"],
        update_fields=["size", "uploaded_at"],
    )
    return len(missing)


@transaction.atomic
def announce(project_id: int, trace_id: str, *, sha256: bytes, content_type: str, size: int) -> Media:
    """Note a file that an SDK is about to upload, perhaps before its trace arrives. Raises Erased."""
    check_trace(project_id, trace_id)
    media_id = media_id_of(sha256)
    _lock(project_id, [media_id])
    MediaUse.objects.bulk_create(
        [MediaUse(project_id=project_id, trace_id=trace_id, media_id=media_id)], ignore_conflicts=True
    )
    Media.objects.bulk_create([_row(project_id, media_id, content_type, size)], ignore_conflicts=True)
    media: Media = Media.objects.for_project(project_id).get(media_id=media_id)
    return media


@transaction.atomic
def receive(media: Media, content: IO[bytes]) -> None:
    """Store an announced file whose hash was checked, unless its traces were deleted in the meantime."""
    _lock(media.project_id, [media.media_id])
    if Media.objects.for_project(media.project_id).filter(media_id=media.media_id).update(uploaded_at=timezone.now()):
        _write(media.project_id, media.media_id, media.size, StoredFile(content))


@transaction.atomic
def forget(project_id: int, trace_ids: Collection[str]) -> None:
    """End the uses of deleted traces, and delete files that nothing uses any more."""
    uses = MediaUse.objects.for_project(project_id)
    ended = uses.filter(trace_id__in=trace_ids)
    media_ids = sorted(set(ended.values_list("media_id", flat=True)))
    _lock(project_id, media_ids)
    ended.delete()
    used = set(uses.filter(media_id__in=media_ids).values_list("media_id", flat=True))
    unused = [media_id for media_id in media_ids if media_id not in used]
    Media.objects.for_project(project_id).filter(media_id__in=unused).delete()
    for media_id in unused:
        default_storage.delete(path_of(project_id, media_id))


def _row(project_id: int, media_id: str, content_type: str, size: int, *, uploaded_at: datetime | None = None) -> Media:
    return Media(
        project_id=project_id,
        media_id=media_id,
        content_type=content_type,
        size=size,
        created_at=timezone.now(),
        uploaded_at=uploaded_at,
    )


def _write(project_id: int, media_id: str, size: int, content: StoredFile) -> None:  # type: ignore[type-arg]
    """Write the file unless it is complete. A killed process may have left a part of it."""
    path = path_of(project_id, media_id)
    if default_storage.exists(path):
        if default_storage.size(path) == size:
            return
        default_storage.delete(path)
    default_storage.save(path, content)


def _lock(project_id: int, media_ids: Iterable[str]) -> None:
    """Lock the files until the end of the transaction, always in the same order."""
    with connection.cursor() as cursor:
        for first in sorted({media_id[:1] for media_id in media_ids}):
            cursor.execute(LOCK_MEDIA_SQL, {"lock": path_of(project_id, first)})


def delete_files(project_id: int, **_: object) -> None:
    """Delete all files of a deleted project."""
    delete_tree(f"media/{project_id}")


def delete_tree(directory: str) -> None:
    """Delete a directory of the storage with everything in it."""
    try:
        directories, files = default_storage.listdir(directory)
    except FileNotFoundError:
        return
    for name in files:
        default_storage.delete(f"{directory}/{name}")
    for name in directories:
        delete_tree(f"{directory}/{name}")
    default_storage.delete(directory)


project_rows_deleted.connect(delete_files, dispatch_uid="delete the files of a project")
