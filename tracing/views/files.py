"""Files of traces."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.downloads.answers import download
from projects.downloads.places import Holder
from projects.models import Project
from tracing.models import Media
from tracing.reading.files import media_answer


@require_safe
@project_view
@download
def media(request: HttpRequest, project: Project, media_id: str) -> HttpResponseBase:
    """Send a file of a trace to a member of the project."""
    found = Media.objects.for_project(project).filter(media_id=media_id, uploaded_at__isnull=False).first()
    if found is None:
        raise Http404("There is no such file.")
    return media_answer(request, found, Holder.of(person(request), project))
