"""The export for programs: at once where it can be made while they wait, and as a file otherwise."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from projects.audit import Action, record
from projects.downloads.answers import filename
from projects.downloads.making import DownloadTooLarge, made_answer
from projects.downloads.places import Holder
from projects.models import Scope
from sessions.api.v1.shapes.lists import ExportParameters
from sessions.api.v1.shapes.operations import Operation, list_of
from sessions.api.v1.shapes.work import ExportFileShape
from sessions.api.v1.views import Endpoint
from sessions.conversations.representation import plain
from sessions.export import files
from sessions.export.recording import parameters_in
from sessions.export.sending import file_sent
from sessions.export.stream import export_of
from sessions.export.tasks import exports as making
from sessions.models import ExportFile

MAX_LISTED_EXPORTS = 50
TOO_LARGE = "Ask for a part with `limit` and go on with `after`, or for a file with POST /api/v1/exports."


class ExportingEndpoint(Endpoint):
    """A view that makes files, or finds them. To have a file made is to read."""

    scopes = {**Endpoint.scopes, "POST": Scope.READ}

    def tell_of(self, name: str) -> None:
        """Note in the audit log what was exported."""
        record(
            Action.EXPORTED,
            self.project,
            actor=self.key,
            target="sessions",
            request=self.request._request,
            format=name,
            parameters=parameters_in(self.request.query_params),
        )

    def find_file(self, export_id: UUID) -> ExportFile:
        """Return a file of the project, made or not. Raise NotFound."""
        found: ExportFile | None = ExportFile.objects.for_project(self.project).filter(id=export_id).first()
        if found is None:
            raise NotFound("This project has no such export; it may be over its day.")
        return found


class ExportEndpoint(ExportingEndpoint):
    """The export at once."""

    operations = {
        "GET": Operation(says="Export sessions", parameters=ExportParameters, answers={200: "application/octet-stream"})
    }

    def get(self, request: Request) -> HttpResponseBase:
        """Answer with a file, by `?format=` as on the page."""
        asked = export_of(self.project, request.query_params)
        self.tell_of(asked.format.name)
        try:
            return made_answer(
                request._request,
                asked.pieces(),
                Holder.of(self.key, self.project),
                name=filename(f"sessions-of-{self.project.name}", asked.format.extension),
                content_type=asked.format.content_type,
            )
        except DownloadTooLarge as error:
            raise DownloadTooLarge(f"{error} {TOO_LARGE}") from None


class ExportFilesEndpoint(ExportingEndpoint):
    """The project's files."""

    operations = {
        "GET": Operation(says="List export files", answers={200: list_of(ExportFileShape)}),
        "POST": Operation(says="Request an export file", parameters=ExportParameters, answers={202: ExportFileShape}),
    }

    def get(self, request: Request) -> Response:
        """Answer with the newest files."""
        found = ExportFile.objects.for_project(self.project).order_by("-requested_at")[:MAX_LISTED_EXPORTS]
        return Response({"data": [file_json(file) for file in found]})

    def post(self, request: Request) -> Response:
        """Have a file made, by the parameters of an export."""
        file = files.begin(self.project, request.query_params, by=self.key)
        self.tell_of(file.format)
        making.wake(self.project.pk)
        return Response(file_json(file), status.HTTP_202_ACCEPTED)


class ExportFileEndpoint(ExportingEndpoint):
    """One file."""

    operations = {
        "GET": Operation(says="Show the progress of an export file", answers={200: ExportFileShape}),
        "DELETE": Operation(says="Delete an export file", answers={204: None}),
    }

    def get(self, request: Request, export_id: UUID) -> Response:
        """Answer with how far the file is."""
        return Response(file_json(self.find_file(export_id)))

    def delete(self, request: Request, export_id: UUID) -> Response:
        """Delete the file before its time."""
        files.remove(self.find_file(export_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportContentEndpoint(ExportingEndpoint):
    """What stands in a file."""

    operations = {
        "GET": Operation(
            says="Download an export file",
            answers={200: "application/octet-stream", 206: "application/octet-stream"},
        )
    }

    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """Answer with the file, or a part of it."""
        file = self.find_file(export_id)
        if not file.is_ready:
            raise NotFound(f"This export has no file: it is {file.state}. {file.error}".rstrip())
        return file_sent(request._request, file, self.key, self.project)


def file_json(file: ExportFile) -> dict[str, Any]:
    """Return a file as programs read it, with its address once there is something to read."""
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
