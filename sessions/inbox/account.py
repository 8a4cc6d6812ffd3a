"""What reaches a person by mail: kinds of notices, and summaries of projects, which also end without signing in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from projects.access import person, projects_of
from projects.accounts.mail import has_mail_server
from projects.accounts.own_forms import NoticesForm
from sessions.inbox.ordering import order, orders_with, pace_of
from sessions.models import SummaryPace

MAX_SUMMED_PROJECTS = 100


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Show which kinds of notices are mailed, and of which projects there are summaries, and change it."""
    user = person(request)
    form = NoticesForm(user, request.POST if request.method == "POST" else None)
    projects = list(projects_of(user)[:MAX_SUMMED_PROJECTS])
    if form.is_bound and form.is_valid():
        form.save()
        for project in projects:
            order(project, user, request.POST.get(f"summary-{project.pk}", ""))
        messages.success(request, "Saved.")
        return redirect("account-notices")
    context = {
        "form": form, "section": "account", "tab": "notices", "has_mail": has_mail_server(),
        "paces": SummaryPace.choices, "summaries": [(project, pace_of(project, user)) for project in projects],
    }  # fmt: skip
    return render(request, "account/notices.html", context, status=400 if form.errors else 200)


@csrf_exempt  # mail programs post to it by themselves; the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether summaries are to end, and end them: a link alone is followed by programs that look for viruses."""
    try:
        found = orders_with(token)
    except BadSignature:
        raise Http404("This link is not whole. Copy it from the mail again.") from None
    if request.method == "POST":
        for wanted in found:
            wanted.row.delete()
    context = {"is_ended": request.method == "POST" or not found}
    return render(request, "account/unsubscribe.html", context)
