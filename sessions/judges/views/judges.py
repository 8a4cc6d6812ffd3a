"""The list of judges, one judge with its verdicts, and creating, changing and switching one."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.access import person, project_view, requires
from projects.htmx import PageRequest
from projects.models import Project, Role, User
from sessions.annotation import configs
from sessions.annotation.configs import NotAllowed
from sessions.judges import making
from sessions.judges.forms import NEW_SCORE, JudgeForm, initial_of
from sessions.judges.gallery import GALLERY, GalleryJudge
from sessions.judges.loading import load_judge
from sessions.judges.overview import overview_of
from sessions.judges.page import JUDGE_TABS, JudgePage
from sessions.judges.tasks import judges as judging
from sessions.models import DataType, Judge, JudgeVersion, Verdict

DEFAULT_QUIET_MINUTES = {JudgeVersion.Kind.RULE: 0, JudgeVersion.Kind.PROMPT: 15}


@require_safe
@project_view
def judges(request: PageRequest, project: Project) -> HttpResponse:
    """Show all judges that are not archived, with what they said and spent."""
    context = {"project": project, "section": "judges", "overview": overview_of(project), "gallery": GALLERY.items()}
    return render(request, "sessions/judges/judges.html", context)


@require_safe
@project_view
def judge(request: PageRequest, project: Project, judge_id: UUID) -> HttpResponse:
    """Show one judge: how it decides, and how far people agree, its backfills, versions or last verdicts."""
    tab = request.GET.get("tab", "")
    if tab not in dict(JUDGE_TABS):
        tab = "verdicts" if "only" in request.GET else JUDGE_TABS[0][0]
    page = JudgePage(project, judge_of(project, judge_id), tab, request.GET.dict())
    context = {"project": project, "section": "judges", "page": page}
    if project.role.administers:
        context["form"] = JudgeForm(project, page.version.kind, initial=initial_of(page.judge, page.version))
    return render(request, "sessions/judges/judge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def new_judge(request: PageRequest, project: Project) -> HttpResponse:
    """Ask for a new judge, perhaps like one of the gallery, and make the one that is posted."""
    like = GALLERY.get(request.GET.get("like", ""))
    kind = like.kind if like else request.GET.get("kind", JudgeVersion.Kind.PROMPT)
    if kind not in JudgeVersion.Kind.values:
        raise Http404("There is no such kind of judge.")
    initial = {"quiet_minutes": DEFAULT_QUIET_MINUTES[JudgeVersion.Kind(kind)], "sample_percent": 100}
    if like:
        initial |= {"name": like.label, "prompt": like.prompt, "rule": like.rule}  # type: ignore[dict-item]
    form = JudgeForm(project, kind, request.POST or None, initial=initial, new_score=like.score if like else "")
    if request.method == "POST" and form.is_valid():
        try:
            made = _made(project, form, like, by=person(request))
            return redirect("judge", project.pk, made.id)
        except NotAllowed as refused:
            form.add_error(None, str(refused))
    context = {"kinds": JudgeVersion.Kind.choices, "like": like}
    return _form(request, project, form, context)


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def change_judge(request: PageRequest, project: Project, judge_id: UUID) -> HttpResponse:
    """Show the form of a judge, and change it. A new way to decide is a draft until it is switched on."""
    found = judge_of(project, judge_id)
    latest = making.latest_version(found)
    form = JudgeForm(project, latest.kind, request.POST or None, initial=initial_of(found, latest))
    if request.method == "POST" and form.is_valid():
        try:
            making.change(project, found, form.judge_fields, form.decision, by=person(request))
            return redirect("judge", project.pk, found.id)
        except NotAllowed as refused:
            form.add_error(None, str(refused))
            found = judge_of(project, judge_id)
    return _form(request, project, form, {"judge": found})


@require_POST
@project_view
@requires(Role.ADMIN)
def switch_judge(request: PageRequest, project: Project, judge_id: UUID) -> HttpResponse:
    """Switch the latest version on, or the judge off, or archive it."""
    found, to = judge_of(project, judge_id), request.POST.get("to", "")
    try:
        if to == "on":
            making.switch_on(project, found, making.latest_version(found).number, by=person(request))
            judging.wake(project.pk)
        else:
            making.switch_off(project, found, by=person(request), is_archived=to == "archive")
    except NotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("judges", project.pk) if to == "archive" else redirect("judge", project.pk, found.id)


@require_POST
@project_view
@requires(Role.ADMIN)
def retry_judge(request: PageRequest, project: Project, judge_id: UUID) -> HttpResponse:
    """Try again what failed so often that it was given up."""
    failed = Verdict.objects.for_project(project).filter(judge_id=judge_id, state=Verdict.State.FAILED)
    changed = {"state": Verdict.State.WAITING, "attempt_count": 0, "finished_at": None, "due_at": timezone.now()}
    messages.success(request, f"{failed.update(**changed):,} to be tried again.")
    judging.wake(project.pk)
    return redirect("judge", project.pk, judge_id)


@transaction.atomic
def _made(project: Project, form: JudgeForm, like: GalleryJudge | None, *, by: User) -> Judge:
    """Create the judge of a valid form, with its score type if that is new. Raises NotAllowed."""
    fields = form.judge_fields
    if like and fields["config_id"] == NEW_SCORE:
        answers = {"name": like.score, "data_type": DataType.BOOLEAN, "description": like.about}
        fields["config_id"] = configs.create(project, answers, by=by).id
    return making.create(project, fields, form.decision, by=by)


def judge_of(project: Project, judge_id: UUID) -> Judge:
    """Load a judge, or raise Http404."""
    found = load_judge(project, judge_id)
    if found is None:
        raise Http404("There is no such judge; it may have been deleted.")
    return found


def _form(request: PageRequest, project: Project, form: JudgeForm, more: Mapping[str, object]) -> HttpResponse:
    context = {"project": project, "section": "judges", "form": form, **more}
    return render(request, "sessions/judges/form.html", context, status=400 if form.errors else 200)
