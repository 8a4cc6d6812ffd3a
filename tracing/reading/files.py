"""Sends stored files. They come from strangers, so no browser may run anything in them."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.http import content_disposition_header

from projects.downloads.answers import file_answer
from projects.downloads.places import Holder, NoDownload
from tracing.limits.table import MEDIA_LIMIT
from tracing.models import Media
from tracing.store.media import path_of

# Shown in the browser; other types are downloaded. HTML and SVG are left out because they can contain scripts.
INLINE_MEDIA_TYPES = {
    *(f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "avif", "bmp")),
    *(f"audio/{name}" for name in ("mpeg", "mp3", "mp4", "ogg", "opus", "wav", "x-wav", "webm", "aac", "flac")),
    *(f"video/{name}" for name in ("mp4", "webm", "ogg", "quicktime")),
    "application/pdf",
    "text/plain",
}
ISOLATION_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class NotStored(NoDownload):
    """A message names the file, but Confab has no content of it."""

    status = 404
    title = "This file is not here."


def find_stored_media(project_id: int, media_id: str) -> Media:
    """Return a file of the project. Raises NotStored with what is known of the reason."""
    found: Media | None = Media.objects.for_project(project_id).filter(media_id=media_id).first()
    if found is None:
        raise NotStored(
            "It was never stored: it was not uploaded, had more than"
            f" {filesizeformat(MEDIA_LIMIT.value)}, or went with a deleted trace."
        )
    if found.uploaded_at is None:
        size = filesizeformat(found.size)
        raise NotStored(f"The SDK announced it ({size}), but its upload has not arrived. Try again in a moment.")
    if not default_storage.exists(path_of(project_id, media_id)):
        raise NotStored("It was stored, but is gone from the storage of this server. Ask your operator for a backup.")
    return found


def media_answer(request: HttpRequest, media: Media, holder: Holder) -> HttpResponseBase:
    """Send the file. Raises Busy."""
    shown = media.content_type in INLINE_MEDIA_TYPES
    disposition = content_disposition_header(as_attachment=not shown, filename=media.media_id)
    return file_answer(
        request,
        default_storage.open(path_of(media.project_id, media.media_id)),
        holder,
        content_type=media.content_type if shown else "application/octet-stream",
        headers={**ISOLATION_HEADERS, "Content-Disposition": disposition or "inline"},
        etag=f'"{media.media_id}"',
    )
