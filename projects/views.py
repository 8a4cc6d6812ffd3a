"""Pages about who somebody is and what they may open: signing in by a link, and choosing a project."""

from itertools import groupby
from operator import attrgetter

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.access import person, projects_of
from projects.sign_in_links import user_of


@never_cache
@require_safe
def sign_in_link(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Sign in by the link that the operator was given. It works once; a second factor is asked for.

    A HEAD, which mail and chat programs send to preview a link, leaves it as it is."""
    if request.method == "HEAD":
        return HttpResponse()
    user = user_of(uidb64, token)
    if user is None:
        messages.error(request, "This link was used or has expired. Sign in with your password, or get a new link.")
        return redirect("sign-in")
    response: HttpResponse = perform_login(request, user, email_verification="none", redirect_url=reverse("home"))
    return response


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Straight to the only project; otherwise, or when asked by `?choose`, a choice."""
    projects = list(projects_of(person(request)))
    if len(projects) == 1 and "choose" not in request.GET:
        return redirect("project", projects[0].pk)
    organizations = [(owner, list(group)) for owner, group in groupby(projects, key=attrgetter("organization"))]
    return render(request, "projects/home.html", {"organizations": organizations, "section": "projects"})
