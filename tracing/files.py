"""Serves kept files to people and SDKs. They are strangers' content: no browser may run anything in them."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.downloads.answers import download, file_answer
from projects.downloads.places import Holder
from projects.models import Project
from tracing.media import path_of
from tracing.models import Media

# Shown in the browser; everything else is offered for download. No HTML, no SVG: they can carry scripts.
INLINE_MEDIA_TYPES = {
    *(f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "avif", "bmp")),
    *(f"audio/{name}" for name in ("mpeg", "mp3", "mp4", "ogg", "opus", "wav", "x-wav", "webm", "aac", "flac")),
    *(f"video/{name}" for name in ("mp4", "webm", "ogg", "quicktime")),
    "application/pdf",
    "text/plain",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_safe
@project_view
@download
def media(request: HttpRequest, project: Project, media_id: str) -> HttpResponseBase:
    """For signed-in members."""
    found = Media.objects.for_project(project).filter(media_id=media_id, uploaded_at__isnull=False).first()
    if found is None:
        raise Http404("There is no such file.")
    return media_answer(request, found, Holder.of(person(request), project))


def media_answer(request: HttpRequest, media: Media, holder: Holder) -> HttpResponseBase:
    """The file itself. Raises Busy."""
    shown = media.content_type in INLINE_MEDIA_TYPES
    disposition = content_disposition_header(as_attachment=not shown, filename=media.media_id)
    return file_answer(
        request,
        default_storage.open(path_of(media.project_id, media.media_id)),
        holder,
        content_type=media.content_type if shown else "application/octet-stream",
        headers={**HEADERS, "Content-Disposition": disposition or "inline"},
        etag=f'"{media.media_id}"',
    )
