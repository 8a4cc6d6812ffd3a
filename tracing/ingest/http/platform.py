"""InteractiveAI's platform face: organization and project stand in the path, and must be those of the key."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from projects.models import Project
from tracing.wire.refusals import NotFound


def platform(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Takes both ids out of the path and calls `view(request, project, ...)`."""

    @wraps(view)
    def wrapped(
        request: HttpRequest, project: Project, organization_id: str, project_id: str, **kwargs: Any
    ) -> HttpResponse:
        if (organization_id, project_id) != (str(project.organization_id), str(project.pk)):
            raise NotFound("The path names another project than the API key's.")
        return view(request, project, **kwargs)

    return wrapped
