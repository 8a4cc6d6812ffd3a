"""The export for programs: at once where it can be made while they wait, and as a file otherwise."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase, QueryDict
from rest_framework import status
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import Action, record
from projects.downloads.answers import filename
from projects.downloads.making import DownloadTooLarge, made_answer
from projects.downloads.places import Holder
from projects.models import Scope
from sessions.api.v1.authentication import KeyAuthentication, key_of, project_of
from sessions.api.v1.parameters import BadParameters
from sessions.conversations.representation import plain
from sessions.export import files
from sessions.export.recording import parameters_in
from sessions.export.sending import file_sent
from sessions.export.stream import BadExport, export_of
from sessions.export.tasks import exports as making
from sessions.models import ExportFile

MAX_LISTED_EXPORTS = 50
TOO_LARGE = "Ask for a part with `limit` and go on with `after`, or for a file with POST /api/v1/exports."


class ExportingKey(KeyAuthentication):
    """To have a file made is to read."""

    def scope_for(self, method: str | None) -> Scope:
        return Scope.WRITE if method == "DELETE" else Scope.READ


@api_view(["GET"])
def export(request: Request) -> HttpResponseBase:
    """`?format=` as on the page."""
    project, key = project_of(request), key_of(request)
    try:
        asked = export_of(project, request.query_params)
    except BadExport as error:
        raise BadParameters(error.errors) from None
    _tell_of(request, asked.format.name, request.query_params)
    try:
        return made_answer(
            request._request,
            asked.pieces(),
            Holder.of(key, project),
            name=filename(f"sessions-of-{project.name}", asked.format.extension),
            content_type=asked.format.content_type,
        )
    except DownloadTooLarge as error:
        raise DownloadTooLarge(f"{error} {TOO_LARGE}") from None


@api_view(["GET", "POST"])
@authentication_classes([ExportingKey])
def exports(request: Request) -> Response:
    """The project's files, the newest first. POST with the parameters of an export has one made."""
    project = project_of(request)
    if request.method == "GET":
        found = ExportFile.objects.for_project(project).order_by("-requested_at")[:MAX_LISTED_EXPORTS]
        return Response({"data": [file_json(file) for file in found]})
    try:
        file = files.begin(project, request.query_params, by=key_of(request))
    except BadExport as error:
        raise BadParameters(error.errors) from None
    _tell_of(request, file.format, request.query_params)
    making.wake(project.pk)
    return Response(file_json(file), status.HTTP_202_ACCEPTED)


@api_view(["GET", "DELETE"])
@authentication_classes([ExportingKey])
def one_export(request: Request, export_id: UUID) -> Response:
    """How far a file is; DELETE deletes it before its time."""
    file = _found(request, export_id)
    if request.method == "DELETE":
        files.remove(file)
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(file_json(file))


@api_view(["GET"])
@authentication_classes([ExportingKey])
def content(request: Request, export_id: UUID) -> HttpResponseBase:
    """The file, or a part of it."""
    file = _found(request, export_id)
    if not file.is_ready:
        raise NotFound(f"This export has no file: it is {file.state}. {file.error}".rstrip())
    return file_sent(request._request, file, key_of(request), project_of(request))


def file_json(file: ExportFile) -> dict[str, Any]:
    address = f"{settings.BASE_URL}/api/v1/exports/{file.id}/file"
    return {
        "id": str(file.id),
        "state": file.state,
        "format": file.format,
        "requested_at": plain(file.requested_at),
        "finished_at": plain(file.finished_at),
        "deleted_at": plain(file.deleted_at),
        "row_count": file.row_count,
        "size": file.size,
        "sha256": file.sha256 or None,
        "file": address if file.is_ready else None,
        "error": file.error or None,
    }


def _found(request: Request, export_id: UUID) -> ExportFile:
    found: ExportFile | None = ExportFile.objects.for_project(project_of(request)).filter(id=export_id).first()
    if found is None:
        raise NotFound("This project has no such export; it may be over its day.")
    return found


def _tell_of(request: Request, name: str, params: QueryDict) -> None:
    record(
        Action.EXPORTED,
        project_of(request),
        actor=key_of(request),
        target="sessions",
        request=request._request,
        format=name,
        parameters=parameters_in(params),
    )
