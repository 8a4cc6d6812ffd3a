"""Sends stored files. They come from strangers, so no browser may run anything in them."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import content_disposition_header

from projects.downloads.answers import file_answer
from projects.downloads.places import Holder
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
