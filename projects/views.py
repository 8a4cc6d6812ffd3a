"""Pages and files without a tenant: the choice of a project, and bundles of stylesheets and scripts."""

from itertools import groupby
from operator import attrgetter

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from projects.access import person, projects_of
from projects.accounts.joining import invitations_of
from projects.assets import ASSET_CONTENT_TYPES, FOREVER, bundle_text


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Open the project that a person chose, or their only one. Otherwise, and for `?choose`, show all of them.

    Who has none, and is invited to none, starts by creating an organization."""
    projects = list(projects_of(person(request)))
    wanted = projects if len(projects) == 1 else [one for one in projects if one.pk == person(request).landing_id]
    if wanted and "choose" not in request.GET:
        return redirect("project", wanted[0].pk)
    invitations = invitations_of(person(request))
    if not projects and not invitations:
        return redirect("organizations")
    organizations = [(owner, list(group)) for owner, group in groupby(projects, key=attrgetter("organization"))]
    context = {"organizations": organizations, "invitations": invitations, "section": "projects"}
    return render(request, "projects/home.html", context)


@require_safe
def bundle(request: HttpRequest, kind: str, names: str) -> HttpResponse:
    """Answer with several stylesheets or scripts as one file. Browsers may keep it for ever."""
    text = bundle_text(kind, names)
    if text is None:
        raise Http404("There is no such file.")
    return HttpResponse(text, content_type=ASSET_CONTENT_TYPES[kind], headers={"Cache-Control": FOREVER})
