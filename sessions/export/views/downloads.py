"""Pages that download exports: of the list's sessions, and of a single session."""

from collections.abc import Iterator

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from projects.access import person, project_view
from projects.audit import Action, record
from projects.downloads.answers import download, filename
from projects.downloads.making import MAX_MAKING_SECONDS, DownloadTooLarge, made_answer
from projects.downloads.places import Holder
from projects.htmx import PageRequest
from projects.models import Project
from sessions.conversations.conversation import read_conversation
from sessions.conversations.representation import sessions_json
from sessions.export import files
from sessions.export.formats import EXPORT_FORMATS
from sessions.export.markdown import as_markdown
from sessions.export.recording import parameters_in
from sessions.export.stream import BadExport, Export, export_of
from sessions.export.tasks import exports as making
from sessions.models import Session
from sessions.translation.export import translated_conversation
from sessions.translation.languages import tag
from tracing.json_text import dump
from tracing.lists.keyset import Order

PAGE_EXPORT_SECONDS = 2.0  # of somebody at a page, for an export that a worker could make
BY_ID = Order("id", "session_id", "session_id", Session._meta.get_field("session_id"))
# What the names mean for a single session.
OF_ONE = {"markdown": "markdown", "jsonl": "messages", "messages": "messages", "json": "json"}
TRANSLATED = {  # content type and extension
    True: ("text/markdown; charset=utf-8", "md"),
    False: ("application/x-ndjson; charset=utf-8", "jsonl"),
}


@require_safe
@project_view
@download
def exported(request: PageRequest, project: Project) -> HttpResponseBase:
    """Send an export, or its form.

    Takes `format`, the parameters of the list, `id` for named sessions, and `after` to continue."""
    try:
        export = export_of(project, request.GET)
    except BadExport as error:
        query = request.GET.copy()
        is_asked = bool(query.pop("format", None)) or len(error.errors) > 1
        context = {
            "project": project,
            "section": "sessions",
            "formats": EXPORT_FORMATS.values(),
            "query": query.urlencode(),
        }
        context["errors"] = error.errors if is_asked else {}
        return render(request, "sessions/export.html", context, status=400 if is_asked else 200)
    tell_of(request, project, export.format.name, "sessions", parameters=parameters_in(request.GET))
    name = filename(f"sessions-of-{project.name}", export.format.extension)
    try:
        return _sent(request, project, export.pieces(), name, export.format.content_type, seconds=PAGE_EXPORT_SECONDS)
    except DownloadTooLarge:
        return _left_to_worker(request, project, request.GET)


@require_safe
@project_view
@download
def one_exported(request: PageRequest, project: Project, session_id: str) -> HttpResponseBase:
    """Send one conversation: as chat messages, as Markdown, or with all that is known of the session."""
    sessions = Session.objects.for_project(project).filter(session_id=session_id)
    found = sessions.first()
    if found is None:
        raise Http404("This project has no such session; it may have been deleted.")
    name = OF_ONE.get(request.GET.get("format", "markdown"))
    if name is None:
        return HttpResponse(f"The format must be one of {', '.join(OF_ONE)}.", status=400, content_type="text/plain")
    tell_of(request, project, name, f"session {session_id}")
    if lang := tag(request.GET.get("lang", "")):
        content_type, extension = TRANSLATED[name == "markdown"]
        pieces = translated(found, lang, is_text=name == "markdown")
        return _sent(request, project, pieces, filename(f"session-{session_id}-{lang}", extension), content_type)
    chosen, file_name = EXPORT_FORMATS[name], filename(f"session-{session_id}", EXPORT_FORMATS[name].extension)
    if name == "json":
        return _sent(request, project, everything(found), file_name, chosen.content_type)
    try:
        pieces = Export(chosen, sessions, BY_ID).pieces()
        return _sent(request, project, pieces, file_name, chosen.content_type, seconds=PAGE_EXPORT_SECONDS)
    except DownloadTooLarge:
        alone = QueryDict(mutable=True)
        alone.update({"format": name, "id": session_id})
        return _left_to_worker(request, project, alone)


def translated(session: Session, lang: str, *, is_text: bool) -> Iterator[str]:
    """Yield the session's messages with the translations that exist.

    The originals are beside them, except in Markdown."""
    messages = translated_conversation(session, lang)
    yield from as_markdown(session, messages) if is_text else (dump(message) + "\n" for message in messages)


def everything(session: Session) -> Iterator[str]:
    """Yield every property of the session, what people set and its messages, as one object."""
    [row] = sessions_json([session])
    yield dump(row)[:-1] + ',"messages":['
    for number, message in enumerate(read_conversation(session)):
        yield ("," if number else "") + dump(message)
    yield "]}\n"


def tell_of(request: PageRequest, project: Project, name: str, target: str, **details: str) -> None:
    """Record the export in the audit log, unless the request is a HEAD, which exports nothing."""
    if request.method == "GET":
        with transaction.atomic():
            record(
                Action.EXPORTED, project, actor=person(request), target=target, request=request, format=name, **details
            )


def _sent(
    request: PageRequest,
    project: Project,
    pieces: Iterator[str],
    name: str,
    content_type: str,
    *,
    seconds: float = MAX_MAKING_SECONDS,
) -> HttpResponseBase:
    holder = Holder.of(person(request), project)
    return made_answer(request, pieces, holder, name=name, content_type=content_type, seconds=seconds)


def _left_to_worker(request: PageRequest, project: Project, params: QueryDict) -> HttpResponse:
    file = files.begin(project, params, by=person(request))
    making.wake(project.pk)
    return redirect("export-file", project.pk, file.id)
