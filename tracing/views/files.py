"""Files of traces."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.downloads.answers import download
from projects.downloads.places import Holder
from projects.models import Project
from tracing.reading.files import find_stored_media, media_answer


@require_safe
@project_view
@download
def media(request: HttpRequest, project: Project, media_id: str) -> HttpResponseBase:
    """Send a file of a trace to a member of the project, or say why there is none."""
    return media_answer(request, find_stored_media(project.pk, media_id), Holder.of(person(request), project))
