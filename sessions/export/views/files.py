"""Pages on which people watch large exports, download them, and delete them early."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.downloads.answers import download
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.export import files
from sessions.export.formats import EXPORT_FORMATS
from sessions.export.sending import file_sent
from sessions.models import ExportFile

MAX_SHOWN_EXPORTS = 50


@require_safe
@project_view
def export_files(request: PageRequest, project: Project) -> HttpResponse:
    """Show the project's files, the newest first."""
    found = ExportFile.objects.for_project(project).order_by("-requested_at")[:MAX_SHOWN_EXPORTS]
    context = {"project": project, "section": "sessions", "files": [_shown(request, project, file) for file in found]}
    return render(request, "sessions/export_files.html", context)


@require_safe
@vary_on_headers("HX-Request")
@project_view
def export_file(request: PageRequest, project: Project, export_id: UUID) -> HttpResponse:
    """Show one file; to htmx, the fragment that updates itself."""
    file = _found(project, export_id)
    context = {"project": project, "section": "sessions", **_shown(request, project, file)}
    return render(request, "sessions/_export_file.html" if request.htmx else "sessions/export_file.html", context)


@require_safe
@project_view
@download
def export_content(request: PageRequest, project: Project, export_id: UUID) -> HttpResponseBase:
    """Send the file, or redirect to its page while it is not ready."""
    file = _found(project, export_id)
    if not file.is_ready:
        return redirect("export-file", project.pk, file.id)
    return file_sent(request, file, person(request), project)


@require_POST
@project_view
def delete_export(request: PageRequest, project: Project, export_id: UUID) -> HttpResponse:
    """Delete a file, for the person who ordered it and for admins."""
    file = _found(project, export_id)
    if not _may_delete(request, project, file):
        raise PermissionDenied("Only the person who requested it, or an admin, can delete it.")
    files.remove(file)
    messages.success(request, "The export has been deleted.")
    return redirect("export-files", project.pk)


def _shown(request: PageRequest, project: Project, file: ExportFile) -> dict[str, object]:
    label = EXPORT_FORMATS[file.format].label
    return {"job": file, "label": label, "may_delete": _may_delete(request, project, file)}


def _may_delete(request: PageRequest, project: Project, file: ExportFile) -> bool:
    return file.requested_by_id == person(request).pk or project.role.covers(Role.ADMIN)


def _found(project: Project, export_id: UUID) -> ExportFile:
    found: ExportFile | None = ExportFile.objects.for_project(project).filter(id=export_id).first()
    if found is None:
        raise Http404("There is no such export. It may have expired.")
    return found
