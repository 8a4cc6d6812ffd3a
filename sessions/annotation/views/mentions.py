"""The names that complete a mention."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import people_of, project_view, requires
from projects.models import Project, Role
from sessions.annotation.mentions import shortest_handles

OFFERED_NAMES = 8


@require_safe
@project_view
@requires(Role.MEMBER)
def mention_names(request: HttpRequest, project: Project) -> HttpResponse:
    """Offer the members whose name or address begins with `?q=`."""
    begun = request.GET.get("q", "").lower()
    found = [
        (handle, one)
        for handle, one in shortest_handles(people_of(project.pk))
        if handle.startswith(begun) or any(word.startswith(begun) for word in one.name.lower().split())
    ]
    return render(request, "sessions/annotation/_names.html", {"found": found[:OFFERED_NAMES]})
