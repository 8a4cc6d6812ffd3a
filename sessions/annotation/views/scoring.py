"""The annotate panel, as a page or as a fragment of the session page: scores, thumbs, corrections, comments."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from projects.access import person, project_view, requires
from projects.htmx import PageRequest
from projects.models import Project, Role, User
from sessions.annotation import comments, configs, scoring
from sessions.annotation.configs import NotAllowed
from sessions.annotation.panels import Mark, Panel, answers_of, load_panel
from sessions.annotation.scoring import ScoreAnswer
from sessions.annotation.targets import Target, find
from sessions.models import Comment, ObjectType
from tracing.models import Score, Trace

OBJECT_TYPES = {"session": ObjectType.SESSION, "trace": ObjectType.TRACE, "span": ObjectType.OBSERVATION}


@dataclass(frozen=True, kw_only=True)
class AnnotationPage:
    """The scores and comments of one session, trace or span."""

    panel: Panel
    kind: str  # session | trace | span
    address: str
    comment_address: str
    error: str
    user_id: int  # of the reader


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
def annotate(request: PageRequest, project: Project, kind: str, key: str) -> HttpResponse:
    """Show the annotations of one target; save the scores that are posted."""
    target = _target(project, kind, key, request.GET.get("trace", ""))
    error = ""
    if request.method == "POST":
        if not project.role.edits:
            raise PermissionDenied("Viewers cannot annotate. Ask an admin for the member role.")
        try:
            _take(project, target, person(request), {name: str(value) for name, value in request.POST.items()})
        except NotAllowed as refused:
            error = str(refused)
        if not error and "thumb" in request.POST and request.htmx:
            return _turn(request, project, target)
        if not error and not request.htmx:
            return redirect(address_of(project, target))
    return show(request, project, target, error=error)


@require_POST
@project_view
@requires(Role.MEMBER)
def withdraw(request: PageRequest, project: Project, score_id: str) -> HttpResponse:
    """Delete a score: a member their own, an admin anybody's."""
    score = Score.objects.for_project(project).filter(id=score_id).first()
    if score is None or not scoring.withdraw(project, score_id, by=person(request)):
        raise Http404("You have no such score.")
    return _shown_again(request, project, Target(score.session_id, score.trace_id, score.span_id))


@require_POST
@project_view
@requires(Role.ADMIN)
def change(request: PageRequest, project: Project, score_id: str) -> HttpResponse:
    """Replace another person's answer with an admin's; for one's own, a new answer is given instead."""
    score = Score.objects.for_project(project).filter(id=score_id).first()
    config = next((c for c in configs.load_configs(project) if score and c.id == score.config_id), None)
    if score is None or config is None:
        raise Http404("There is no such score, or its config is archived.")
    target = Target(score.session_id, score.trace_id, score.span_id)
    try:
        for _, answer in answers_of([config], {name: str(value) for name, value in request.POST.items()}):
            scoring.change(project, score_id, config, answer, by=person(request))
    except NotAllowed as refused:
        return show(request, project, target, error=str(refused))
    return _shown_again(request, project, target)


@require_POST
@project_view
@requires(Role.MEMBER)
def comment(request: PageRequest, project: Project, kind: str, key: str) -> HttpResponse:
    """Add a thread, or with `thread` an answer to one."""
    target = _target(project, kind, key, request.GET.get("trace", ""))
    thread = None
    if thread_id := request.POST.get("thread"):
        thread = _comment(project, thread_id)
    try:
        content = request.POST.get("content", "")
        span_of = target.trace_id if target.span_id else None
        comments.add(project, target.kind, target.key, content, by=person(request), thread=thread, trace_id=span_of)
    except NotAllowed as refused:
        return show(request, project, target, error=str(refused))
    return _shown_again(request, project, target)


@require_POST
@project_view
@requires(Role.MEMBER)
def change_comment(request: PageRequest, project: Project, comment_id: str, action: str) -> HttpResponse:
    """Edit, delete, resolve or open a comment.

    `edit` and `delete` are for the author and admins, `resolve` and `open` for every member."""
    found, user, error = _comment(project, comment_id), person(request), ""
    target = _target(project, *_named(found))
    if action in ("resolve", "open"):
        comments.resolve(project, found, by=user, is_resolved=action == "resolve")
    elif action not in ("edit", "delete") or not scoring.may_edit(project, found.author_id, user):
        raise Http404("You have no such comment.")
    elif action == "delete":
        comments.delete(project, found, by=user)
    else:
        try:
            comments.change(project, found, request.POST.get("content", ""), by=user)
        except NotAllowed as refused:
            error = str(refused)
    return show(request, project, target, error=error) if error else _shown_again(request, project, target)


def show(request: PageRequest, project: Project, target: Target, *, error: str = "") -> HttpResponse:
    """Show the panel with an error.

    htmx swaps only successful answers, so that a fragment has its error in the text alone."""
    kind = next(word for word, kind in OBJECT_TYPES.items() if kind == target.kind)
    page = AnnotationPage(
        panel=load_panel(project, target, person(request)),
        kind=kind,
        address=address_of(project, target),
        comment_address=_address("comment-new", project, target),
        error=error,
        user_id=person(request).pk,
    )
    context = {"project": project, "section": "sessions", "page": page}
    if request.htmx:
        return render(request, "sessions/annotation/_annotate.html", context)
    return render(request, "sessions/annotation/annotate.html", context, status=400 if error else 200)


def address_of(project: Project, target: Target) -> str:
    """Return the address of the panel of a target."""
    return _address("annotate", project, target)


@transaction.atomic
def _take(project: Project, target: Target, user: User, posted: Mapping[str, str]) -> None:
    """Save all of the form or nothing. Raises NotAllowed."""
    if "thumb" in posted:
        thumbs = configs.thumbs(project, by=user)
        own = scoring.own_id(target, thumbs.name, user)
        before = Score.objects.for_project(project).filter(id=own, is_unsure=False).first()
        if before is not None and before.value == configs.read_value(thumbs, posted["thumb"]).number:
            scoring.withdraw(project, own, by=user)  # the same thumb once more takes it back
        else:
            scoring.give(project, target, thumbs, ScoreAnswer(posted["thumb"]), by=user)
    elif "correction" in posted:
        scoring.correct(project, target, posted["correction"], by=user)
    else:
        for config, answer in answers_of(configs.load_configs(project), posted):
            scoring.give(project, target, config, answer, by=user)


def _turn(request: PageRequest, project: Project, target: Target) -> HttpResponse:
    """Show the line below a turn, after a thumb."""
    own = Score.objects.for_project(project).filter(id=scoring.own_id(target, configs.THUMBS, person(request))).first()
    turn = Trace(project_id=project.pk, trace_id=target.trace_id or "")
    turn.exchange_span_id = target.span_id or ""
    mark = Mark(turn_id=turn.trace_id, thumb=None if own is None else bool(own.value))
    context = {"project": project, "trace": turn, "mark": mark}
    return render(request, "sessions/annotation/_bar.html", context)


def _shown_again(request: PageRequest, project: Project, target: Target) -> HttpResponse:
    return show(request, project, target) if request.htmx else redirect(address_of(project, target))


def _target(project: Project, kind: str, key: str, trace_id: str) -> Target:
    found = find(project.pk, OBJECT_TYPES.get(kind, ""), key, trace_id=trace_id)
    if found is None:
        raise Http404("This project has nothing with that id; it may have been deleted.")
    return found


def _comment(project: Project, comment_id: str) -> Comment:
    found = Comment.objects.for_project(project).filter(id=comment_id).first()
    if found is None:
        raise Http404("There is no such comment.")
    return found  # type: ignore[no-any-return]


def _named(found: Comment) -> tuple[str, str, str]:
    kind = next((word for word, kind in OBJECT_TYPES.items() if kind == found.object_type), "")
    return kind, found.object_id, found.trace_id or ""


def _address(name: str, project: Project, target: Target) -> str:
    kind = next(word for word, kind in OBJECT_TYPES.items() if kind == target.kind)
    address = reverse(name, args=[project.pk, kind, target.key])
    return f"{address}?{urlencode({'trace': target.trace_id or ''})}" if target.span_id else address
