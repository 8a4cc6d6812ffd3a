"""The page of one session, and its fragments.

It is the permanent link that SDKs print; a fragment has the URL of its page."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project, Role
from projects.values import moment_in
from sessions.models import Session
from sessions.replay import turns
from sessions.replay.account import compute_account
from sessions.replay.cursors import Cursor
from sessions.replay.finding import found_in
from sessions.replay.links import kept_query
from sessions.replay.metadata import SESSION_METADATA_TRACES, load_metadata
from sessions.replay.page import SessionPage, facts_of, number_in, timeline_of
from sessions.replay.printing import load_printed
from sessions.replay.state import StateChoices, load_choices, load_saying, load_state
from sessions.rollup.breakdown import find_partial_values
from sessions.rollup.score_types import find_yes_or_no
from tracing.reading.bodies import body_of

ReplayContext = dict[str, Any]


@require_safe
@vary_on_headers("HX-Request")
@project_view
def session(request: PageRequest, project: Project, session_id: str) -> HttpResponse:
    """Show a session.

    `?turn=` and `?at=` open it at a place, `?after=` and `?before=` load more, `?print` shows all of it; FRAGMENTS are
    requested by name."""
    found = Session.objects.for_project(project).filter(session_id=session_id).first()
    if found is None:
        context: ReplayContext = {"project": project, "session_id": session_id, "section": "sessions"}
        return render(request, "sessions/no_session.html", context, status=404)
    if request.htmx:
        context = {"project": project, "session": found, "only": request.GET.get("only", "")}
        context |= {"kept": kept_query(request.GET), "find": request.GET.get("find", "")}
        answer = next((answer for name, answer in FRAGMENTS.items() if name in request.GET), _window)
        return answer(request, found, context)
    if "print" in request.GET:
        context = {"project": project, "session": found, "saying": load_saying(found, project)}
        return render(request, "sessions/replay/print.html", context | {"printed": load_printed(found)})
    page = SessionPage(project=project, session=found, asked=request.GET, window=_asked(request, found))
    return render(request, "sessions/session.html", {"project": project, "section": "sessions", "page": page})


def _asked(request: PageRequest, found: Session) -> turns.TurnPage:
    """Return the window that the address names; a trace that is gone leads to the beginning."""
    only, page = request.GET.get("only", ""), None
    if turn_id := request.GET.get("turn", ""):
        page = turns.turns_around(found, turn_id, only=only)
    elif number := number_in(request.GET.get("at", "").partition(".")[0]):
        page = turns.turns_around(found, turns.turn_at(found, number), only=only)
    elif before := Cursor.read(request.GET.get("before", "")):
        page = turns.turns_before(found, before, only=only)
    return page or turns.turns_after(found, Cursor.read(request.GET.get("after", "")), only=only)


def _window(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    ways = {"is_later": "after" in request.GET, "is_earlier": "before" in request.GET}
    context |= {"page": _asked(request, found), "saying": load_saying(found, context["project"])}
    return render(request, "sessions/_turns.html", context | ways)


def _account_of(found: Session) -> ReplayContext:
    return {
        "account": compute_account(found),
        "sets": find_partial_values(found),
        "scores": found.scores,
        "yes_or_no": find_yes_or_no(found.project_id, [found.scores]),
    }


def _account(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    return render(request, "sessions/_account.html", context | _account_of(found))


def _timeline(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    return render(request, "sessions/replay/_timeline.html", context | {"timeline": timeline_of(request.GET, found)})


def _hits(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    hits = found_in(found, context["find"], only=context["only"])
    return render(request, "sessions/replay/_hits.html", context | {"found": hits})


def _read(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    turn = turns.one_turn(found, request.GET["read"])
    if turn is None:
        raise Http404("The session has no such turn; it may have been deleted.")
    return render(request, "sessions/replay/_reading.html", context | {"turn": turn, "is_reached": True})


def _live(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    """Return what came after `live`, the last turn on the page, and that turn if it grew since `seen`."""
    end = Cursor.read(request.GET["live"])
    seen = moment_in(request.GET.get("seen", "").replace(" ", "+"))
    context |= {"saying": load_saying(found, context["project"])}
    context |= {"page": turns.turns_after(found, end, only=context["only"])}
    grown = turns.one_turn(found, end.turn_id) if end else None
    if grown and seen and grown.trace.updated_at <= seen:
        grown = None
    if not context["page"].turns and grown is None:
        return HttpResponse(status=204)
    context |= {"grown": grown, "end": end, "properties": facts_of(found)[0]}
    return render(request, "sessions/replay/_live.html", context)


def _peek(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    """Return the beginning of the conversation and the facts about it, to be shown beside a list."""
    project, saying = context["project"], load_saying(found, context["project"])
    context |= {"page": turns.turns_after(found, None), "saying": saying}
    context |= {"choices": StateChoices(state=saying.state), "may_edit": project.role.covers(Role.MEMBER)}
    return render(request, "sessions/replay/_peek.html", context)


def _metadata(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    metadata = load_metadata(found)
    context |= {"metadata": metadata and body_of(metadata), "most": SESSION_METADATA_TRACES}
    return render(request, "sessions/replay/_metadata.html", context)


def _choices(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    """Return what can be chosen in the menu that `choices` names."""
    name = "labels" if request.GET["choices"] == "label" else "members"
    context |= {"choices": load_choices(load_state(found))}
    return render(request, f"sessions/replay/_own_{name}.html", context)


FRAGMENTS = {
    "account": _account, "timeline": _timeline, "hits": _hits, "read": _read, "live": _live,
    "peek": _peek, "choices": _choices, "metadata": _metadata,
}  # fmt: skip
