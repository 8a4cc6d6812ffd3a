"""The page of alerts, and making, changing, muting and deleting one."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.access import person, project_view, requires
from projects.htmx import PageRequest
from projects.models import Project, Role
from sessions.alerts import making
from sessions.alerts.forms import AlertForm, action_choices, action_rows, actions_in, argument_choices, initial_of
from sessions.alerts.page import page_of
from sessions.alerts.refusals import AlertRefused
from sessions.alerts.rehearsing import TOO_SLOW_TO_REHEARSE, rehearse
from sessions.models import Alert, AlertKind
from tracing.lists.bounded import TooLong

REHEARSE = "rehearse"  # the name of the button that only tries an alert
UNNAMED = "An alert"
MUTES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


@require_safe
@project_view
def alerts(request: PageRequest, project: Project) -> HttpResponse:
    """Show how all alerts stand, and what fired."""
    context = {"project": project, "section": "alerts", "page": page_of(project, request.GET.get("only", ""))}
    return render(request, "sessions/alerts/alerts.html", context)


@require_safe
@project_view
def alerts_count(request: PageRequest, project: Project) -> HttpResponse:
    """Show the number of firing alerts in the navigation bar."""
    firing = Alert.objects.for_project(project).filter(is_on=True, state="firing").count()
    return render(request, "sessions/alerts/_count.html", {"count": firing})


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.MEMBER)
def new_alert(request: PageRequest, project: Project) -> HttpResponse:
    """Ask for a new alert, of the query and the kind in the address, and make the one that is posted."""
    kind = request.GET.get("kind", AlertKind.ENTERS)
    if kind not in AlertKind.values:
        raise Http404("There is no such kind of alert.")
    given = request.POST if request.method == "POST" else None
    form = AlertForm(project, kind, given, initial={"query": request.GET.get("q", ""), "measure": "share"})
    if given is not None and REHEARSE in given:
        return _rehearsed(request, project, form, None)
    if given is not None and form.is_valid():
        try:
            alert = making.create(project, form.given, by=person(request))
        except AlertRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"“{alert.name}” is on.")
            return redirect("alerts", project.pk)
    return _form(request, project, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.MEMBER)
def change_alert(request: PageRequest, project: Project, alert_id: UUID) -> HttpResponse:
    """Show the form of an alert, and change it."""
    alert = alert_of(project, alert_id)
    given = request.POST if request.method == "POST" else None
    form = AlertForm(project, alert.kind, given, initial=initial_of(alert))
    if given is not None and REHEARSE in given:
        return _rehearsed(request, project, form, alert)
    if given is not None and form.is_valid():
        try:
            making.change(project, alert, form.given, by=person(request))
        except AlertRefused as refusal:
            form.refuse(refusal)
            alert = alert_of(project, alert_id)
        else:
            messages.success(request, f"“{alert.name}” is saved.")
            return redirect("alerts", project.pk)
    return _form(request, project, form, alert)


@require_POST
@project_view
@requires(Role.MEMBER)
def mute_alert(request: PageRequest, project: Project, alert_id: UUID) -> HttpResponse:
    """Mute an alert for a time, until it is over, or no longer."""
    alert, wanted = alert_of(project, alert_id), request.POST.get("for", "")
    until = timezone.now() + MUTES[wanted] if wanted in MUTES else None
    making.mute(project, alert, by=person(request), until=until, until_over=wanted == "over")
    return redirect("alerts", project.pk)


@require_POST
@project_view
@requires(Role.MEMBER)
def delete_alert(request: PageRequest, project: Project, alert_id: UUID) -> HttpResponse:
    """Delete an alert."""
    alert = alert_of(project, alert_id)
    making.delete(project, alert, by=person(request))
    messages.success(request, f"The alert “{alert.name}” is deleted.")
    return redirect("alerts", project.pk)


def alert_of(project: Project, alert_id: UUID) -> Alert:
    """Return an alert of the project. Raise Http404."""
    alert: Alert | None = Alert.objects.for_project(project).filter(id=alert_id).first()
    if alert is None:
        raise Http404("There is no such alert.")
    return alert


def _rehearsed(request: PageRequest, project: Project, form: AlertForm, alert: Alert | None) -> HttpResponse:
    """Show what the alert of a form would have done, beside the form or as a part of it."""
    form.fields["name"].required = False
    rehearsal, fault = None, ""
    if form.is_valid():
        try:
            drafted = making.draft(
                project, {**form.given, "name": form.cleaned_data["name"] or UNNAMED}, by=person(request)
            )
            rehearsal = rehearse(project, drafted)
        except TooLong:
            fault = TOO_SLOW_TO_REHEARSE
        except AlertRefused as refusal:
            form.refuse(refusal)
            fault = str(refusal)
    if request.htmx:
        context = {"project": project, "rehearsal": rehearsal, "fault": fault}
        return render(request, "sessions/alerts/_rehearsal.html", context)
    return _form(request, project, form, alert, rehearsal=rehearsal, fault=fault)


def _form(request: PageRequest, project: Project, form: AlertForm, alert: Alert | None, **more: object) -> HttpResponse:
    actions = actions_in(request.POST) if form.is_bound else alert.actions if alert else []
    context = {
        "project": project, "section": "alerts", "form": form, "alert": alert, "rows": action_rows(project, actions),
        "actions": action_choices(project), "arguments": argument_choices(project), "kinds": AlertKind.choices,
        "is_number": form.kind == AlertKind.CROSSES, **more,
    }  # fmt: skip
    return render(request, "sessions/alerts/form.html", context, status=400 if form.errors else 200)
