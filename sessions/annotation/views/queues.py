"""Pages on which admins create, change and delete review queues."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from projects.access import person, project_view, requires
from projects.administration.forms import FIELD_ATTRS
from projects.models import Project, Role
from sessions.annotation import queues as queueing
from sessions.annotation.configs import MAX_CONFIG_NAME_CHARACTERS, NotAllowed, load_configs
from sessions.annotation.queues import MOST_REVIEWERS
from sessions.models import ReviewQueue


class QueueForm(forms.Form):
    """The fields of a review queue."""

    name = forms.CharField(max_length=MAX_CONFIG_NAME_CHARACTERS, widget=forms.TextInput(FIELD_ATTRS))
    description = forms.CharField(
        required=False,
        max_length=2000,
        help_text="Shown to reviewers.",
        widget=forms.Textarea(FIELD_ATTRS | {"rows": 2}),
    )
    score_config_ids = forms.MultipleChoiceField(
        required=False, label="Scores to give", widget=forms.CheckboxSelectMultiple
    )
    user_ids = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        label="Reviewers",
        help_text="Leave empty for all members: then nobody is notified of new sessions.",
        widget=forms.CheckboxSelectMultiple,
    )
    reviewers_per_item = forms.IntegerField(
        min_value=1,
        max_value=MOST_REVIEWERS,
        initial=1,
        label="Reviewers per session",
        help_text="How many people review each session, independently of each other.",
        widget=forms.NumberInput(FIELD_ATTRS),
    )

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        configs, members = load_configs(project), project.organization.memberships.select_related("user")
        editing = [member for member in members.order_by("user__email") if member.role != "viewer"]
        self.fields["score_config_ids"].choices = [(c.id, c.name) for c in configs]  # type: ignore[attr-defined]
        people = [(member.user_id, member.user.name or member.user.email) for member in editing]
        self.fields["user_ids"].choices = people  # type: ignore[attr-defined]

    def fields_of(self) -> dict[str, Any]:
        """Return the fields of the queue in a valid form."""
        return dict(self.cleaned_data)

    @staticmethod
    def initial_of(queue: ReviewQueue) -> dict[str, Any]:
        """Return the fields of a queue for its form."""
        names = ("name", "description", "score_config_ids", "user_ids", "reviewers_per_item")
        return {name: getattr(queue, name) for name in names}


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def new(request: HttpRequest, project: Project) -> HttpResponse:
    """Create a queue."""
    form = QueueForm(project, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = queueing.create(project, form.fields_of(), by=person(request))
            return redirect("review-queue", project.pk, made.id)
        except NotAllowed as refused:
            form.add_error(None, str(refused))
    status = 400 if form.errors else 200
    return render(request, "sessions/annotation/queue_form.html", context_of(project, form=form), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def change(request: HttpRequest, project: Project, queue_id: str) -> HttpResponse:
    """Change a queue."""
    found = find_queue(project, queue_id)
    form = QueueForm(project, request.POST or None, initial=QueueForm.initial_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            queueing.change(project, found, form.fields_of(), by=person(request))
            return redirect("review-queue", project.pk, found.id)
        except NotAllowed as refused:
            form.add_error(None, str(refused))
    status = 400 if form.errors else 200
    context = context_of(project, form=form, queue=found)
    return render(request, "sessions/annotation/queue_form.html", context, status=status)


@require_POST
@project_view
@requires(Role.ADMIN)
def delete(request: HttpRequest, project: Project, queue_id: str) -> HttpResponse:
    """Delete a queue."""
    queueing.delete(project, find_queue(project, queue_id), person(request))
    return redirect("review", project.pk)


def find_queue(project: Project, queue_id: str) -> ReviewQueue:
    """Load a queue, or raise Http404."""
    found = ReviewQueue.objects.for_project(project).filter(id=queue_id).first()
    if found is None:
        raise Http404("There is no such review queue; it may have been deleted.")
    return found  # type: ignore[no-any-return]


def context_of(project: Project, **more: Any) -> dict[str, Any]:
    """Return what every page of queues needs."""
    return {"project": project, "section": "review", **more}
