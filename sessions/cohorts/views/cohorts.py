"""Pages on which people create, change and delete cohorts."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.models import Project, Role, User
from sessions.cohorts import making
from sessions.cohorts.making import CohortError, create_cohort
from sessions.listing.wording import ConditionWords, conditions_in_words
from sessions.models import Cohort
from sessions.models.cohorts import DESCRIPTION_LENGTH, MAX_COHORT_NAME_CHARACTERS
from tracing.lists.bounded import TooLong, within

NEW_COHORT_TIMEOUT_MS = 3_000  # ms for counting what a new cohort would hold


class CohortForm(forms.Form):
    """Name, description and colour of a cohort."""

    name = forms.CharField(max_length=MAX_COHORT_NAME_CHARACTERS)
    description = forms.CharField(max_length=DESCRIPTION_LENGTH, required=False)
    colour = forms.ChoiceField(choices=Cohort.Colour.choices, required=False)


@dataclass(frozen=True, kw_only=True)
class NewCohortPage:
    """The form of a cohort of the sessions that `query` matches, or why there can be none.

    `count` is None if counting them takes too long."""

    form: CohortForm
    query: str
    error: str
    count: int | None

    colours = Cohort.Colour.choices

    @property
    def conditions(self) -> list[ConditionWords]:
        """Return the query in words."""
        return conditions_in_words(QueryDict(self.query))


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
def cohorts(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Show every cohort of the project; create the one that is posted."""
    if request.method == "POST":
        return _create(request, project)
    user = person(request)
    found = Cohort.objects.for_project(project).order_by("name")
    rows = [
        {
            "cohort": cohort,
            "conditions": conditions_in_words(making.params_of(cohort)),
            "may_change": may_change(user, project.role, cohort),
        }
        for cohort in found
    ]
    context = {"project": project, "section": "compare", "cohorts": rows, "colours": Cohort.Colour.choices}
    return render(request, "sessions/cohorts/cohorts.html", context)


@require_safe
@project_view
@requires(Role.MEMBER)
def new_cohort(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the form for a cohort of the sessions that the list shows for this address's query."""
    return _ask(request, project, request.GET.urlencode(), CohortForm())


@requires(Role.MEMBER)
def _create(request: HttpRequest, project: Project) -> HttpResponse:
    form, query = CohortForm(request.POST), request.POST.get("query", "")
    if form.is_valid():
        try:
            cohort = create_cohort(project, by=person(request), query_string=query, request=request, **_said(form))
        except CohortError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"“{cohort.name}” has {cohort.session_count:,} sessions.")
            return redirect("cohorts", project.pk)
    return _ask(request, project, query, form, status=400)


def _ask(request: HttpRequest, project: Project, query: str, form: CohortForm, status: int = 200) -> HttpResponse:
    error, kept, count = "", "", None
    try:
        kept = making.kept_of(project, query)
        sessions = making.matching(project, QueryDict(kept))
        with suppress(TooLong), within(NEW_COHORT_TIMEOUT_MS):
            count = sessions.count()
    except CohortError as problem:
        error = str(problem)
    page = NewCohortPage(form=form, query=kept, error=error, count=count)
    context = {"project": project, "section": "compare", "page": page}
    return render(request, "sessions/cohorts/new.html", context, status=status)


@require_POST
@project_view
@requires(Role.MEMBER)
def change_cohort(request: HttpRequest, project: Project, cohort_id: UUID) -> HttpResponse:
    """Change a cohort's name, description and colour."""
    user, form = person(request), CohortForm(request.POST)
    cohort = _changeable(user, project, cohort_id)
    if not form.is_valid():
        return _refused(request, project, f"A cohort needs a name of at most {MAX_COHORT_NAME_CHARACTERS} characters.")
    said = _said(form)
    said["colour"] = said["colour"] or cohort.colour
    try:
        with transaction.atomic():
            Cohort.objects.for_project(project).filter(id=cohort.id).update(**said, updated_at=timezone.now())
            record(Action.COHORT_CHANGED, project, actor=user, target=cohort.audited, request=request)
    except IntegrityError:
        return _refused(request, project, f"There is already a cohort “{said['name']}”.")
    return redirect("cohorts", project.pk)


@require_POST
@project_view
@requires(Role.MEMBER)
def delete_cohort(request: HttpRequest, project: Project, cohort_id: UUID) -> HttpResponse:
    """Delete a cohort."""
    user = person(request)
    cohort = _changeable(user, project, cohort_id)
    with transaction.atomic():
        making.delete(cohort)
        record(Action.COHORT_DELETED, project, actor=user, target=cohort.audited, request=request)
    messages.success(request, f"The cohort “{cohort.name}” has been deleted. Its sessions stay.")
    return redirect("cohorts", project.pk)


def may_change(user: User, role: Role, cohort: Cohort) -> bool:
    """Return whether a person may change a cohort: an admin any, a member their own."""
    return role.edits and (cohort.owner_id == user.pk or role.administers)


def _said(form: CohortForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "description", "colour")}


def _changeable(user: User, project: Project, cohort_id: UUID) -> Cohort:
    cohort: Cohort | None = Cohort.objects.for_project(project).filter(id=cohort_id).first()
    if cohort is None:
        raise Http404("There is no such cohort.")
    if not may_change(user, project.role, cohort):
        raise PermissionDenied("Only its owner or an admin may change a cohort.")
    return cohort


def _refused(request: HttpRequest, project: Project, reason: str) -> HttpResponse:
    messages.error(request, reason)
    return redirect("cohorts", project.pk)
