"""Where exports are downloaded: of the list's sessions, and of a single one."""

from collections.abc import Iterator

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.audit import Action, record
from projects.htmx import PageRequest
from projects.models import Project
from sessions.api.representation import session_json
from sessions.export.conversations import conversation_of
from sessions.export.formats import FORMATS
from sessions.export.markdown import as_markdown
from sessions.export.stream import BadExport, Export, answer, export_of
from sessions.models import Session
from sessions.translation.export import translated_conversation
from sessions.translation.languages import tag
from tracing.fields import dump
from tracing.keyset import Order

BY_ID = Order("id", "session_id", "session_id", Session._meta.get_field("session_id"))
# What the names mean for a single session.
OF_ONE = {"markdown": "markdown", "jsonl": "messages", "messages": "messages", "json": "json"}


@require_safe
@project_view
def exported(request: PageRequest, project: Project) -> HttpResponseBase:
    """`?format=`, the parameters of the list, `?id=` for some sessions alone; `?after=` goes on."""
    try:
        export = export_of(project, request.GET)
    except BadExport as error:
        query = request.GET.copy()
        is_asked = bool(query.pop("format", None)) or len(error.errors) > 1
        context = {"project": project, "section": "sessions", "formats": FORMATS.values(), "query": query.urlencode()}
        context["errors"] = error.errors if is_asked else {}
        return render(request, "sessions/export.html", context, status=400 if is_asked else 200)
    if request.method == "GET":
        tell_of(request, project, export.format.name, request.GET.urlencode())
    return answer(export, f"sessions-of-{project.name}")


@require_safe
@project_view
def one_exported(request: PageRequest, project: Project, session_id: str) -> HttpResponseBase:
    """One conversation: as chat messages, as Markdown, or with all that is known of the session."""
    found = Session.objects.for_project(project).filter(session_id=session_id).first()
    if found is None:
        raise Http404("This project has no such session; it may have been deleted.")
    name = OF_ONE.get(request.GET.get("format", "markdown"))
    if name is None:
        return HttpResponse(f"The format is one of {', '.join(OF_ONE)}.", status=400, content_type="text/plain")
    if request.method == "GET":
        tell_of(request, project, name, session_id)
    if lang := tag(request.GET.get("lang", "")):
        return in_words(found, name, lang)
    sessions = Session.objects.for_project(project).filter(session_id=session_id)
    response = answer(Export(FORMATS[name], sessions, BY_ID), f"session-{session_id}")
    if name == "json":
        response.streaming_content = everything(found)
    return response


def in_words(session: Session, name: str, lang: str) -> HttpResponseBase:
    """With what was translated of it; the originals stand beside it, except in Markdown."""
    messages = translated_conversation(session, lang)
    is_text = name == "markdown"
    parts = as_markdown(session, messages) if is_text else (dump(message) + "\n" for message in messages)
    kind, ending = ("text/markdown", "md") if is_text else ("application/x-ndjson", "jsonl")
    response = StreamingHttpResponse(parts, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"session-{session.session_id}-{lang}.{ending}")
    return response


def everything(session: Session) -> Iterator[bytes]:
    """Every property of the session and its messages, in one object."""
    yield (dump(session_json(session))[:-1] + ',"messages":[').encode()
    for number, message in enumerate(conversation_of(session)):
        yield (("," if number else "") + dump(message)).encode()
    yield b"]}\n"


def tell_of(request: PageRequest, project: Project, name: str, asked: str) -> None:
    with transaction.atomic():
        record(Action.EXPORTED, project, actor=person(request), target=asked[:200], request=request, format=name)
