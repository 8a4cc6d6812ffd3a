"""Pages of review queues: members fill and review them, everybody sees the progress."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.access import person, project_view, requires
from projects.audit import Action, record
from projects.downloads.answers import download
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.htmx import PageRequest, is_ahead
from projects.models import Project, Role, User
from sessions.annotation import leases, scoring
from sessions.annotation import queues as queueing
from sessions.annotation import results as outcome
from sessions.annotation.configs import NotAllowed, load_configs
from sessions.annotation.panels import answers_of, load_names, load_panel
from sessions.annotation.targets import Target, find_queued
from sessions.annotation.views.queues import context_of, find_queue
from sessions.annotation.views.scoring import address_of
from sessions.listing.listing import Listing
from sessions.models import Review, ReviewItem, ReviewQueue, ScoreConfig, Session
from sessions.replay import turns
from sessions.replay.cursors import Cursor
from sessions.replay.state import load_saying
from tracing.lists.bounded import within
from tracing.models import Trace

MAX_SHOWN_REVIEWS = 100
MOST_FILLED = 10_000
REVIEW_TIMEOUT_MS = 15_000  # ms for finding them
RESULTS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
KEPT_AHEAD = 20 * 60  # seconds that a page waits in the browser; its lease lasts longer


@require_safe
@project_view
def queues(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the queues of a project with their progress."""
    progress = queueing.count_progress(project.pk, person(request).pk)
    rows = [(found, progress.get(found.id, queueing.Progress(0, 0))) for found in queueing.load_queues(project)]
    return render(request, "sessions/annotation/queues.html", context_of(project, rows=rows))


@require_safe
@project_view
def queue(request: HttpRequest, project: Project, queue_id: str) -> HttpResponse:
    """Show the progress of a queue, its reviewers, and its first items."""
    found, user = find_queue(project, queue_id), person(request)
    reviews = Review.objects.for_project(project).filter(queue_id=found.id)
    states = [(r.user_id, r.state) for r in reviews.only("user_id", "state", "project_id", "item_id")]
    names = load_names([*found.user_ids, *(user_id for user_id, _ in states)])
    people = [
        (names.get(user_id, "a former member"), states.count((user_id, "done")), states.count((user_id, "skipped")))
        for user_id in sorted({*found.user_ids, *(user_id for user_id, _ in states)})
    ]
    items = ReviewItem.objects.for_project(project).filter(queue_id=found.id).order_by("-status", "created_at", "id")
    configs = ScoreConfig.objects.for_project(project).filter(id__in=found.score_config_ids).order_by("name")
    context = context_of(
        project,
        queue=found,
        progress=queueing.count_progress(project.pk, user.pk).get(found.id, queueing.Progress(0, 0)),
        people=people,
        items=items[:MAX_SHOWN_REVIEWS],
        configs=configs,
        may_review=queueing.may_review(found, project, user),
        skipped=states.count((user.pk, "skipped")),
    )
    return render(request, "sessions/annotation/queue.html", context)


@require_POST
@project_view
@requires(Role.MEMBER)
def fill(request: HttpRequest, project: Project, queue_id: str) -> HttpResponse:
    """Add the sessions of a filter: the address of a list of sessions, or its query."""
    found = find_queue(project, queue_id)
    listing = Listing(project, QueryDict(request.POST.get("filter", "").strip().rpartition("?")[2]))
    if listing.errors:
        faults = "; ".join(f"{name}: {' '.join(reasons)}" for name, reasons in listing.errors.items())
        messages.error(request, f"Nothing was added. {faults}")
        return redirect("review-queue", project.pk, found.id)
    with within(REVIEW_TIMEOUT_MS):
        ids = list(
            listing.matching.order_by("-updated_at", "-session_id").values_list("session_id", flat=True)[:MOST_FILLED]
        )
    added = queueing.enqueue(found, ids, person(request))
    messages.success(request, f"Added {added:,} sessions." if added else "The queue already has all of these.")
    return redirect("review-queue", project.pk, found.id)


@require_safe
@project_view
@requires(Role.MEMBER)
def next_item(request: HttpRequest, project: Project, queue_id: str) -> HttpResponse:
    """Lease an item to this person and redirect to it, or back if nothing is left.

    `?after=` is the item before it, which is not done yet if a browser prefetches the page."""
    found, after = _reviewable(request, project, queue_id), request.GET.get("after", "")
    leased = leases.claim(found, person(request).pk, but=(after,) if "\x00" not in after else ())
    if leased is None and is_ahead(request):
        return HttpResponse(status=204)
    if leased is None:
        messages.success(request, "Nothing is left for you in this queue right now.")
        return redirect("review-queue", project.pk, found.id)
    return redirect("review-item", project.pk, found.id, leased.id)


@require_POST
@project_view
@requires(Role.MEMBER)
def offer_skipped(request: HttpRequest, project: Project, queue_id: str) -> HttpResponse:
    """Offer this person the items again that they skipped."""
    found = _reviewable(request, project, queue_id)
    leases.offer_skipped(found, person(request).pk)
    return redirect("review-next", project.pk, found.id)


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.MEMBER)
def item(request: PageRequest, project: Project, queue_id: str, item_id: str) -> HttpResponse:
    """Show the conversation beside the questions.

    `done` saves the answers, `skip` does not; both lead to the next item."""
    found = _reviewable(request, project, queue_id)
    shown = ReviewItem.objects.for_project(project).filter(queue_id=found.id, id=item_id).first()
    if shown is None:
        raise Http404("This item has been removed from the queue.")
    target = find_queued(project.pk, shown.object_type, shown.object_id)
    session = _session(project, target)
    if request.htmx and "after" in request.GET and session is not None:
        page = turns.turns_after(session, Cursor.read(request.GET["after"]), only="")
        return render(request, "sessions/_turns.html", _reading(project, session, page) | {"is_later": True})
    error = ""
    if request.method == "POST":
        try:
            _finish(request, project, found, shown, target)
            return redirect("review-next", project.pk, found.id)
        except NotAllowed as refused:
            error = str(refused)
    context = context_of(project, queue=found, item=shown, target=target, error=error)
    context |= _asked(project, found, target, person(request))
    if session is not None:
        context |= _reading(project, session, turns.turns_after(session, None, only=""))
        context |= {"title": load_saying(session, project).title}
    answer = render(request, "sessions/annotation/item.html", context, status=400 if error else 200)
    if request.method == "GET" and is_ahead(request):
        answer["Cache-Control"] = f"private, max-age={KEPT_AHEAD}"  # a POST to this address forgets it
    return answer


@require_safe
@project_view
@download
def results(request: HttpRequest, project: Project, queue_id: str, form: str) -> HttpResponseBase:
    """Send `results.csv` or `results.json`."""
    found = find_queue(project, queue_id)
    if form not in RESULTS:
        raise Http404("Results are available as csv or json.")
    if request.method == "GET":
        target = found.audited
        record(Action.EXPORTED, project, actor=person(request), target=target, request=request, format=form)
    pieces = outcome.as_csv(project, found)
    if form == "json":
        pieces = outcome.json_pieces(project, found, {"queue": found.name}, DjangoJSONEncoder)
    holder, name = Holder.of(person(request), project), f"review-{found.id}.{form}"
    return made_answer(request, pieces, holder, name=name, content_type=RESULTS[form])


@transaction.atomic
def _finish(
    request: HttpRequest, project: Project, queue: ReviewQueue, item: ReviewItem, target: Target | None
) -> None:
    """Save the answers and finish the review. Raises NotAllowed."""
    user = person(request)
    if "skip" in request.POST:
        leases.finish(queue, item, user.pk, Review.State.SKIPPED)
        return
    if target is not None:
        answers = answers_of(_configs(project, queue), {name: str(value) for name, value in request.POST.items()})
        if not answers and queue.score_config_ids:
            raise NotAllowed("Answer at least one question, or skip this one.")
        for config, answer in answers:
            scoring.give(project, target, config, answer, by=user, queue_id=queue.id)
    leases.finish(queue, item, user.pk, Review.State.DONE)


def _asked(project: Project, queue: ReviewQueue, target: Target | None, user: User) -> dict[str, Any]:
    """Return the questions, with this person's answers so far."""
    progress = queueing.count_progress(project.pk, user.pk).get(queue.id)
    if target is None:
        return {"progress": progress}
    panel = load_panel(project, target, user, configs=_configs(project, queue))
    return {"panel": panel, "progress": progress, "user_id": user.pk, "others": address_of(project, target)}


def _configs(project: Project, queue: ReviewQueue) -> list[ScoreConfig]:
    """Load the configs in the order of the queue, without archived ones."""
    known = {config.id: config for config in load_configs(project)}
    return [known[config_id] for config_id in queue.score_config_ids if config_id in known]


def _session(project: Project, target: Target | None) -> Session | None:
    """Return the session to read: the target, or the session of the target's trace."""
    if target is None:
        return None
    session_id = target.session_id
    if session_id is None:
        traces = Trace.objects.for_project(project).filter(trace_id=target.trace_id)
        session_id = traces.values_list("session_id", flat=True).first()
    return Session.objects.for_project(project).filter(session_id=session_id).first() if session_id else None


def _reading(project: Project, session: Session, page: turns.TurnPage) -> dict[str, Any]:
    return {"session": session, "session_id": session.session_id, "page": page, "project": project, "only": "review"}


def _reviewable(request: HttpRequest, project: Project, queue_id: str) -> ReviewQueue:
    found = find_queue(project, queue_id)
    if not queueing.may_review(found, project, person(request)):
        raise PermissionDenied("This queue is assigned to other people.")
    return found
