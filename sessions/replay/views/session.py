"""The page of one session, and its fragments.

It is the permanent link that SDKs print; a fragment has the URL of its page."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import project_view
from projects.htmx import PageRequest
from projects.models import Project, Role
from projects.values import moment_in, whole_number
from sessions.models import Session
from sessions.models.properties import Property, PropertyKind, properties_of
from sessions.replay import turns
from sessions.replay.account import SessionTotals, compute_account
from sessions.replay.finding import TurnMatches, found_in
from sessions.replay.links import kept_query
from sessions.replay.neighbours import Neighbours, find_neighbours
from sessions.replay.state import Saying, StateChoices, load_choices, load_saying, load_state
from sessions.replay.timeline import Timeline, compute_timeline
from sessions.replay.usage import ModelUsage, usage_rows
from sessions.rollup.breakdown import find_partial_values

ReplayContext = dict[str, Any]
# Shown in places of their own: the id as the title, the texts as the conversation, the usage as a table.
EMPTY_IS_NOTHING = {PropertyKind.SET, PropertyKind.SCORES}
PLACED = {PropertyKind.ID, PropertyKind.TEXT, PropertyKind.USAGE}
# What a glance asks for; the other properties stand folded below.
FIRST_SESSION_PROPERTIES = (
    "created_at", "updated_at", "turn_count", "duration_ms", "active_ms", "total_tokens", "total_cost", "error_count",
    "user_ids", "environments", "tags", "scores",
)  # fmt: skip
SESSION_EXPORT_FORMATS = (("markdown", "Markdown"), ("jsonl", "Chat messages (JSONL)"), ("json", "Everything (JSON)"))
# What stands beside the conversation: the name in the address (`?tab=`) and of the element, and the word on the tab.
TABS = (("overview", "Overview"), ("annotation", "Scores and comments"), ("step", "Step"), ("counted", "How counted"))


@dataclass(frozen=True, kw_only=True)
class SessionPage:
    """One session with the window of turns that the address asks for. What it does not ask for is None."""

    project: Project
    session: Session
    asked: QueryDict
    window: turns.TurnPage

    filters = turns.ONLY
    exports = SESSION_EXPORT_FORMATS
    tabs = TABS

    @cached_property
    def saying(self) -> Saying:
        return load_saying(self.session, self.project)

    @cached_property
    def choices(self) -> StateChoices:
        state = self.saying.state
        return load_choices(state) if "choices" in self.asked else StateChoices(state=state)

    @cached_property
    def _facts(self) -> tuple[list[Property], list[Property]]:
        return _facts(self.session)

    @property
    def properties(self) -> list[Property]:
        return self._facts[0]

    @property
    def other_properties(self) -> list[Property]:
        return self._facts[1]

    @cached_property
    def usage(self) -> list[ModelUsage]:
        return usage_rows(self.session.usage_by_model)

    @property
    def export_url(self) -> str:
        return reverse("export-session", args=[self.project.pk, self.session.session_id])

    @property
    def may_edit(self) -> bool:
        return self.project.role.covers(Role.MEMBER)

    @property
    def only(self) -> str:
        return self.asked.get("only", "")

    @property
    def find(self) -> str:
        return self.asked.get("find", "")

    @property
    def kept(self) -> str:
        return kept_query(self.asked)

    @cached_property
    def neighbours(self) -> Neighbours | None:
        return find_neighbours(self.project, self.session, str(self.asked["in"])) if "in" in self.asked else None

    @property
    def tab(self) -> str:
        asked = "counted" if "account" in self.asked else self.asked.get("tab", "")
        return asked if asked in dict(TABS) else TABS[0][0]

    @cached_property
    def account(self) -> SessionTotals | None:
        return compute_account(self.session) if self.tab == "counted" else None

    @property
    def sets(self) -> list[tuple[str, list[tuple[str, int]]]]:
        return find_partial_values(self.session)

    @cached_property
    def timeline(self) -> Timeline | None:
        return _timeline_of(self.asked, self.session) if "timeline" in self.asked else None

    @cached_property
    def found(self) -> TurnMatches | None:
        return found_in(self.session, self.find, only=self.only) if self.find else None


@require_safe
@vary_on_headers("HX-Request")
@project_view
def session(request: PageRequest, project: Project, session_id: str) -> HttpResponse:
    """Show a session.

    `?turn=` and `?at=` open it at a place, `?after=` and `?before=` load more; FRAGMENTS are requested by name."""
    found = Session.objects.for_project(project).filter(session_id=session_id).first()
    if found is None:
        context: ReplayContext = {"project": project, "session_id": session_id, "section": "sessions"}
        return render(request, "sessions/no_session.html", context, status=404)
    if request.htmx:
        context = {"project": project, "session": found, "only": request.GET.get("only", "")}
        context |= {"kept": kept_query(request.GET), "find": request.GET.get("find", "")}
        answer = next((answer for name, answer in FRAGMENTS.items() if name in request.GET), _window)
        return answer(request, found, context)
    page = SessionPage(project=project, session=found, asked=request.GET, window=_asked(request, found))
    return render(request, "sessions/session.html", {"project": project, "section": "sessions", "page": page})


def _facts(found: Session) -> tuple[list[Property], list[Property]]:
    """Return the properties in the head, and the others; an empty set is not in the head."""
    shown = [declared for declared in properties_of(Session).values() if declared.kind not in PLACED]
    first = [
        p
        for p in shown
        if p.name in FIRST_SESSION_PROPERTIES and (p.kind not in EMPTY_IS_NOTHING or getattr(found, p.field))
    ]
    first.sort(key=lambda declared: FIRST_SESSION_PROPERTIES.index(declared.name))
    return first, [declared for declared in shown if declared not in first]


def _asked(request: PageRequest, found: Session) -> turns.TurnPage:
    """Return the window that the address names; a trace that is gone leads to the beginning."""
    only, page = request.GET.get("only", ""), None
    if turn_id := request.GET.get("turn", ""):
        page = turns.turns_around(found, turn_id, only=only)
    elif number := number_in(request.GET.get("at", "").partition(".")[0]):
        page = turns.turns_around(found, turns.turn_at(found, number, only=only), only=only)
    elif before := turns.Cursor.read(request.GET.get("before", "")):
        page = turns.turns_before(found, before, only=only)
    return page or turns.turns_after(found, turns.Cursor.read(request.GET.get("after", "")), only=only)


def _window(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    ways = {"is_later": "after" in request.GET, "is_earlier": "before" in request.GET}
    context |= {"page": _asked(request, found), "saying": load_saying(found, context["project"])}
    return render(request, "sessions/_turns.html", context | ways)


def _account_of(found: Session) -> ReplayContext:
    return {"account": compute_account(found), "sets": find_partial_values(found), "scores": found.scores}


def _account(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    return render(request, "sessions/_account.html", context | _account_of(found))


def _timeline_of(asked: QueryDict, found: Session) -> Timeline:
    return compute_timeline(found, *_range(asked))


def _timeline(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    return render(request, "sessions/replay/_timeline.html", context | {"timeline": _timeline_of(request.GET, found)})


def _range(asked: QueryDict) -> list[int]:
    numbers = [number_in(asked.get(name, "")) for name in ("from", "to")]
    return numbers if all(numbers) else []


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
    end = turns.Cursor.read(request.GET["live"])
    seen = moment_in(request.GET.get("seen", "").replace(" ", "+"))
    context |= {"saying": load_saying(found, context["project"])}
    context |= {"page": turns.turns_after(found, end, only=context["only"])}
    grown = turns.one_turn(found, end.turn_id) if end else None
    if grown and seen and grown.trace.updated_at <= seen:
        grown = None
    if not context["page"].turns and grown is None:
        return HttpResponse(status=204)
    context |= {"grown": grown, "end": end, "properties": _facts(found)[0]}
    return render(request, "sessions/replay/_live.html", context)


def _peek(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    """Return the beginning of the conversation and the facts about it, to be shown beside a list."""
    context |= {"page": turns.turns_after(found, None), "saying": load_saying(found, context["project"])}
    return render(request, "sessions/replay/_peek.html", context)


def _choices(request: PageRequest, found: Session, context: ReplayContext) -> HttpResponse:
    """Return what can be chosen in the menu that `choices` names."""
    name = "labels" if request.GET["choices"] == "label" else "members"
    context |= {"choices": load_choices(load_state(found))}
    return render(request, f"sessions/replay/_own_{name}.html", context)


FRAGMENTS = {
    "account": _account, "timeline": _timeline, "hits": _hits, "read": _read, "live": _live,
    "peek": _peek, "choices": _choices,
}  # fmt: skip


def number_in(text: str) -> int:
    """Return a count of the query string, or zero if it is none."""
    return whole_number(text, highest=10**9) or 0
