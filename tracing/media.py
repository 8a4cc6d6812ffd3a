"""Files that traces show, kept outside the database by Django's storage: once for a project, known by their hash.

Everything about one file happens under a lock of its own, so that a new use and the end of the last one cannot miss
each other. A file stands before its row says so."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection
from typing import IO

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from projects.deletion import emptied
from tracing.models import Media, MediaUse

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
REFERENCE = "@@@langfuseMedia:type={type}|id={id}|source=base64_data_uri@@@"  # what the SDKs themselves put into texts


def media_id_of(sha256: bytes) -> str:
    """SDKs compute it, too, and cancel an upload when we disagree."""
    return urlsafe_b64encode(sha256).decode()[:22]


def path_of(project_id: int, media_id: str) -> str:
    return f"media/{project_id}/{media_id[:2]}/{media_id}"


def keep(project_id: int, trace_id: str, data: bytes, content_type: str) -> str:
    """Keeps `data` and gives the reference that stands for it in a text."""
    media_id = media_id_of(hashlib.sha256(data).digest())
    with transaction.atomic():
        media = _announced(project_id, trace_id, media_id, content_type, len(data))
        if media.uploaded_at is None:
            _store(media, ContentFile(data))
    return REFERENCE.format(type=content_type, id=media_id)


@transaction.atomic
def announce(project_id: int, trace_id: str, *, sha256: bytes, content_type: str, size: int) -> Media:
    """What an SDK is about to upload, perhaps before its trace is here."""
    return _announced(project_id, trace_id, media_id_of(sha256), content_type, size)


@transaction.atomic
def receive(media: Media, content: IO[bytes]) -> None:
    """Keeps an announced file whose hash was checked."""
    _lock(media.project_id, media.media_id)
    _store(media, File(content))


@transaction.atomic
def forget(project_id: int, trace_ids: Collection[str]) -> None:
    """Ends the uses of deleted traces, and deletes what nothing uses any more."""
    uses = MediaUse.objects.for_project(project_id)
    ended = uses.filter(trace_id__in=trace_ids)
    media_ids = sorted(set(ended.values_list("media_id", flat=True)))
    for media_id in media_ids:
        _lock(project_id, media_id)
    ended.delete()
    used = set(uses.filter(media_id__in=media_ids).values_list("media_id", flat=True))
    unused = [media_id for media_id in media_ids if media_id not in used]
    Media.objects.for_project(project_id).filter(media_id__in=unused).delete()
    for media_id in unused:
        default_storage.delete(path_of(project_id, media_id))


def _announced(project_id: int, trace_id: str, media_id: str, content_type: str, size: int) -> Media:
    _lock(project_id, media_id)
    MediaUse.objects.bulk_create(
        [MediaUse(project_id=project_id, trace_id=trace_id, media_id=media_id)], ignore_conflicts=True
    )
    media: Media = Media.objects.for_project(project_id).get_or_create(
        project_id=project_id,
        media_id=media_id,
        defaults={"content_type": content_type, "size": size, "created_at": timezone.now()},
    )[0]
    return media


def _store(media: Media, content: File) -> None:  # type: ignore[type-arg]
    path = path_of(media.project_id, media.media_id)
    if not default_storage.exists(path):
        default_storage.save(path, content)
    media.uploaded_at = timezone.now()
    Media.objects.for_project(media.project_id).filter(media_id=media.media_id).update(uploaded_at=media.uploaded_at)


def _lock(project_id: int, media_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [path_of(project_id, media_id)])


def delete_files(project_id: int, **_: object) -> None:
    """All files of a deleted project."""
    _delete_tree(f"media/{project_id}")


def _delete_tree(directory: str) -> None:
    try:
        directories, files = default_storage.listdir(directory)
    except FileNotFoundError:
        return
    for name in files:
        default_storage.delete(f"{directory}/{name}")
    for name in directories:
        _delete_tree(f"{directory}/{name}")
    default_storage.delete(directory)


emptied.connect(delete_files, dispatch_uid="delete the files of a project")
