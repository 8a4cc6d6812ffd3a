"""Pages and files without a tenant: the choice of a project, and bundles of stylesheets and scripts."""

from itertools import groupby
from operator import attrgetter

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from projects.access import person, projects_of
from projects.assets import ASSET_CONTENT_TYPES, FOREVER, bundle_text


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Open the only project of a person. Show a choice if there are several, or if `?choose` is in the address."""
    projects = list(projects_of(person(request)))
    if len(projects) == 1 and "choose" not in request.GET:
        return redirect("project", projects[0].pk)
    organizations = [(owner, list(group)) for owner, group in groupby(projects, key=attrgetter("organization"))]
    return render(request, "projects/home.html", {"organizations": organizations, "section": "projects"})


@require_safe
def bundle(request: HttpRequest, kind: str, names: str) -> HttpResponse:
    """Answer with several stylesheets or scripts as one file. Browsers may keep it for ever."""
    text = bundle_text(kind, names)
    if text is None:
        raise Http404("There is no such file.")
    return HttpResponse(text, content_type=ASSET_CONTENT_TYPES[kind], headers={"Cache-Control": FOREVER})
