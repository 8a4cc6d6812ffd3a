"""Pages on which admins delete a session or a trace, erase a person, and watch the progress.

Everything is audited."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from projects.access import person, project_view, requires
from projects.administration.forms import FIELD_ATTRS
from projects.audit import Action, Actor, record
from projects.models import Project, Role
from sessions.deletion import erasing
from sessions.deletion.tasks import erasures as work
from sessions.models import Erasure
from tracing.store.tombstones import pseudonym_of

Subject = Erasure.Subject
AUDIT_ACTION_BY_SUBJECT = {
    Subject.SESSION: Action.SESSION_DELETED,
    Subject.TRACE: Action.TRACE_DELETED,
    Subject.PERSON: Action.PERSON_ERASED,
}
MAX_SHOWN_ERASURES = 50


class PersonForm(forms.Form):
    """The form that erases a person; the id is typed twice, because nothing brings a person back."""

    user_id = forms.CharField(
        max_length=200, label="User id", strip=False, widget=forms.TextInput(FIELD_ATTRS | {"autocomplete": "off"})
    )
    again = forms.CharField(
        max_length=200,
        label="Type the user id again",
        strip=False,
        widget=forms.TextInput(FIELD_ATTRS | {"autocomplete": "off"}),
    )

    def clean_again(self) -> str:
        """Refuse an id that is not the same both times."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("user_id"):
            raise forms.ValidationError("The two ids differ. Nothing was deleted.")
        return again


def carry_out(
    project: Project, subject: Erasure.Subject, key: str, *, actor: Actor, name: str, request: HttpRequest
) -> Erasure:
    """Erase at once, or leave it to a worker if it is too much for a request."""
    with transaction.atomic():
        erasure = erasing.begin(project.pk, subject, key, by=name)
        target = pseudonym_of(project.pk, key) if subject == Subject.PERSON else key
        expected = erasure.expected_traces
        record(
            AUDIT_ACTION_BY_SUBJECT[subject],
            project,
            actor=actor,
            target=target,
            request=request,
            expected_traces=expected,
        )
    if erasing.is_large(erasure):
        work.wake(project.pk)
        return erasure
    return erasing.proceed(erasure)


@require_http_methods(["GET", "POST"])
@project_view
@requires(Role.ADMIN)
def erasures(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the erasures, and the form that erases a person."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _delete(request, project, Subject.PERSON, form.cleaned_data["user_id"])
    rows = Erasure.objects.for_project(project).order_by("-requested_at")[:MAX_SHOWN_ERASURES]
    context = {"project": project, "erasures": rows, "form": form, "section": "settings", "tab": "erasures"}
    return render(request, "settings/erasures.html", context, status=400 if request.method == "POST" else 200)


@require_POST
@project_view
@requires(Role.ADMIN)
def delete_session(request: HttpRequest, project: Project, session_id: str) -> HttpResponse:
    """Delete a session."""
    return _delete(request, project, Subject.SESSION, session_id)


@require_POST
@project_view
@requires(Role.ADMIN)
def delete_trace(request: HttpRequest, project: Project, trace_id: str) -> HttpResponse:
    """Delete a trace."""
    return _delete(request, project, Subject.TRACE, trace_id)


def _delete(request: HttpRequest, project: Project, subject: Erasure.Subject, key: str) -> HttpResponse:
    if subject != Subject.PERSON and not erasing.exists(project.pk, subject, key):
        raise Http404(f"This project has no such {subject}; it may have been deleted already.")
    user = person(request)
    erasure = carry_out(project, subject, key, actor=user, name=user.email, request=request)
    done = f"Deleted {erasure.trace_count} traces." if erasure.finished_at else "A worker is deleting the data."
    messages.success(request, done)
    return redirect("project-erasures", project.pk)
