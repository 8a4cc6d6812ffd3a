"""Sends a finished file to people and programs."""

from base64 import b64encode

from django.http import HttpRequest, HttpResponseBase

from projects.audit import Action, record
from projects.downloads.answers import attachment, file_answer, filename
from projects.downloads.places import Holder
from projects.models import ApiKey, Project, User
from sessions.export.formats import EXPORT_FORMATS
from sessions.export.parts import opened
from sessions.models import ExportFile


def file_sent(request: HttpRequest, file: ExportFile, who: User | ApiKey, project: Project) -> HttpResponseBase:
    """Send the file, or the byte range that the client requests to resume a download.

    Raises Busy."""
    if request.method == "GET" and "Range" not in request.headers:
        target = f"export {file.id}"
        record(Action.EXPORTED, project, actor=who, target=target, request=request, format=file.format)
    chosen = EXPORT_FORMATS[file.format]
    day = f"{file.requested_at:%Y-%m-%d}"
    headers = attachment(filename(f"sessions-of-{project.name}-{day}", chosen.extension))
    headers |= {"Repr-Digest": f"sha-256=:{_base64(file.sha256)}:"}
    return file_answer(
        request,
        opened(file.parts),
        Holder.of(who, project),
        content_type=chosen.content_type,
        headers=headers,
        etag=f'"{file.sha256}"',
    )


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()
