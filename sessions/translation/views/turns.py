"""The language switch of the session page, and the translation of each turn when a reader reaches it.

The state is in the URL: with `?lang=en` the turns of a session request their translations here, without it nothing
does."""

from typing import Any
from urllib.parse import parse_qsl

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from projects.access import person, project_view
from projects.htmx import PageRequest
from projects.models import Project
from projects.preferences import load_preferences, prefer
from projects.values import whole_number
from sessions.models import Session, TranslationJob
from sessions.replay.turns import Turn, one_turn
from sessions.translation import orders
from sessions.translation.choices import load_choice
from sessions.translation.languages import direction, name_of, tag
from sessions.translation.offers import TranslationOffer, load_offer
from sessions.translation.planning import PLAN_BUDGET_CHARACTERS
from sessions.translation.provider import ProviderRefused
from sessions.translation.reading import in_other_words
from sessions.translation.registry import TRANSLATION_PROVIDERS_BY_SLUG
from tracing.models import Trace
from tracing.reading.exchanges import find_turn, trace_ids_of
from tracing.reading.turns import load_readings
from tracing.store.previews import preview

TRANSLATION_PREFERENCE_PAGE = "translation"  # of a person's preferences
BRIEF_SIDES = {"input": "user", "output": "assistant"}  # of a turn in a preview, and who says them


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@project_view
def translation(request: PageRequest, project: Project, turn_id: str) -> HttpResponse:
    """Show one turn in the language `to`.

    A request of htmx, or a form, begins the work. A plain page only looks, so that no link from elsewhere can spend
    a project's quota."""
    trace = find_turn(Trace.objects.for_project(project).filter(trace_id__in=trace_ids_of(turn_id)), turn_id)
    target = tag(request.GET.get("to", ""))
    if trace is None or not target:
        raise Http404("There is no such turn, or no such language.")
    budget = PLAN_BUDGET_CHARACTERS * _number(request.GET.get("more", "1"))
    context: dict[str, Any] = {"project": project, "trace": trace, "target": target, "section": "sessions"}
    context |= {
        "target_name": name_of(target),
        "direction": direction(target),
        "more": budget // PLAN_BUDGET_CHARACTERS,
    }
    begins = request.method == "POST" or bool(request.htmx)
    try:
        job = _job(request, project, trace, target, budget, begins=begins)
        context |= {"job": job, **_told(job)}
    except ProviderRefused as error:
        job, context = None, {**context, "refusal": str(error), "job": None}
    if request.method == "POST" and not request.htmx:
        return redirect(request.get_full_path())
    if (side := request.GET.get("brief")) in BRIEF_SIDES and request.htmx:
        context |= {"side": side, "words": _brief(job, side), "preview": getattr(trace, f"{side}_preview")}
        return render(request, "sessions/translation/_brief.html", context)
    if request.htmx and job and job.is_open:
        return render(request, "sessions/translation/_turn.html", context)
    turn = _turn(project, trace)
    texts = (job.result or {}).get("texts", {}) if job and not job.is_open else {}
    read = Turn(trace=trace, number=0, idle_ms=None, reading=in_other_words(turn.reading, texts))
    context |= {"turn": read, "original": turn, "is_translated": bool(texts and context.get("sources"))}
    template = "sessions/translation/_turn.html" if request.htmx else "sessions/translation/page.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@project_view
def language(request: PageRequest, project: Project) -> HttpResponse:
    """Redirect `back` to a page in the reader's language, one in which `session` can be read if that is given.

    That is the posted one, which is remembered; else the remembered one; else the browser's. With `choose`, show the
    languages to choose from instead."""
    own = f"/project/{project.pk}/"
    back = request.GET.get("back", "")
    if not back.startswith(own) or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = f"{own}sessions"
    named = request.GET.get("session", "")
    session = Session.objects.for_project(project).filter(session_id=named).first() if named else None
    if "choose" in request.GET and session:
        context = {"project": project, "session": session, "back": back, "offer": load_offer(project, session)}
        template = "_choices" if request.htmx else "choose"
        context |= {"lang": dict(parse_qsl(back.partition("?")[2])).get("lang", ""), "section": "sessions"}
        return render(request, f"sessions/translation/{template}.html", context)
    chosen = tag(request.POST.get("lang", ""))
    if chosen:
        prefer(person(request), project, TRANSLATION_PREFERENCE_PAGE, language=chosen)
    else:
        chosen = _best(request, project, session)
    path, _, query = back.partition("?")
    kept = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "lang"]
    return redirect(f"{path}?{urlencode([*kept, ('lang', chosen)])}")


def _best(request: HttpRequest, project: Project, session: Session | None) -> str:
    kept = load_preferences(person(request), project, TRANSLATION_PREFERENCE_PAGE)
    offer = load_offer(project, session) if session else TranslationOffer()
    return offer.best(tag(str(kept.get("language", ""))), request.headers.get("Accept-Language", ""))


def _job(
    request: PageRequest, project: Project, trace: Trace, target: str, budget: int, *, begins: bool
) -> TranslationJob | None:
    if not begins:
        if refusal := load_choice(project).refusal:
            raise ProviderRefused(refusal)
        return orders.find(project, trace, target, budget=budget)
    again = "again" in request.GET
    return orders.order(project, trace, target, actor=person(request), budget=budget, again=again)


def _brief(job: TranslationJob | None, side: str) -> str:
    """Return the first words of one side of a turn in the other language, or "" while there are none."""
    text = (job.result or {}).get("texts", {}).get(side, "") if job and not job.is_open else ""
    return preview(text, role=BRIEF_SIDES[side]) if text else ""


def _told(job: TranslationJob | None) -> dict[str, Any]:
    """Return what the page says about a finished job, including everything that was left out."""
    result = (job.result or {}) if job and not job.is_open else {}
    sources = [name_of(code) for code in result.get("sources", [])]
    said = {"sources": sources, "kept": result.get("kept", 0), "left_out": result.get("left_out", 0)}
    return said | ({"engine": TRANSLATION_PROVIDERS_BY_SLUG[job.provider].label} if job else {})


def _turn(project: Project, trace: Trace) -> Turn:
    """Return the turn as its session shows it, without what it repeats of the turn before."""
    own = Session(project_id=project.pk, session_id=trace.session_id)
    found = one_turn(own, trace.turn_id) if trace.session_id else None
    return found or Turn(trace=trace, number=0, idle_ms=None, reading=load_readings([trace])[0])


def _number(text: str) -> int:
    return max(1, min(whole_number(text) or 1, 10))
