"""Serves kept files to people and SDKs. They are strangers' content: no browser may run anything in them."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from projects.access import project_view
from projects.models import Project
from tracing.media import path_of
from tracing.models import Media

# Shown in the browser; everything else is offered for download. No HTML, no SVG: they can carry scripts.
SHOWN = {
    *(f"image/{name}" for name in ("png", "jpeg", "gif", "webp", "avif", "bmp")),
    *(f"audio/{name}" for name in ("mpeg", "mp3", "mp4", "ogg", "opus", "wav", "x-wav", "webm", "aac", "flac")),
    *(f"video/{name}" for name in ("mp4", "webm", "ogg", "quicktime")),
    "application/pdf",
    "text/plain",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=86400, immutable",
}


@require_safe
@project_view
def media(request: HttpRequest, project: Project, media_id: str) -> FileResponse:
    """For signed-in members."""
    found = Media.objects.for_project(project).filter(media_id=media_id, uploaded_at__isnull=False).first()
    if found is None:
        raise Http404("There is no such file.")
    return file_response(found)


def file_response(media: Media) -> FileResponse:
    shown = media.content_type in SHOWN
    response = FileResponse(
        default_storage.open(path_of(media.project_id, media.media_id)),
        as_attachment=not shown,
        filename=media.media_id,
        content_type=media.content_type if shown else "application/octet-stream",
    )
    for name, value in HEADERS.items():
        response[name] = value
    return response
