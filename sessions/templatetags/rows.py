"""The rows of the list. They are drawn in one go: a template of its own for each makes a page three times as slow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import blake2s
from typing import Any
from urllib.parse import quote

from django import template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import RFC3986_SUBDELIMS
from django.utils.safestring import SafeString

from projects.templatetags.assets import icon
from projects.templatetags.people import avatar
from sessions.listing.listing import Listing
from sessions.listing.table import SessionColumn
from sessions.models import Session, SessionState
from sessions.models.properties import PropertyKind
from sessions.rollup.score_types import find_yes_or_no
from sessions.templatetags.cells import cell, score_cell, score_chips
from sessions.templatetags.states import first_pill, state_marks
from tracing.formatting import counted, unit_word
from tracing.markup import format_html
from tracing.templatetags.values import preview

register = template.Library()

ROW_HTML = (
    '<tr id="{}" data-version="{}"><td class="pick-cell"><label class="pick">'
    '<input type="checkbox" name="session" value="{}" form="bulk"><span class="visually-hidden">Select {}</span>'
    '</label></td><th scope="row" class="said-cell"><div class="said-grid">{}<a class="said-link" data-stop href="{}">'
    '<span class="said" dir="auto">{}{}</span>{}</a>{}</div>{}</th>{}</tr>'
)
BOOKMARK_HTML = '<span class="mark-kept" title="Bookmarked">{}<span class="visually-hidden">bookmarked</span></span>'
ERROR_MARK_HTML = '<span class="mark-error" title="{0}">{1}<span class="visually-hidden">{0}</span></span>'
ANSWER_HTML = '<span class="said answer" dir="auto">{}</span>'
SECOND_LINE_HTML = '<span class="said-second">{}{}</span>'
PEEK_HTML = (
    '<span class="said-acts js-only"><button class="iconbtn small" type="button" data-peek aria-label="Preview"'
    ' data-tip="Preview">{}</button></span>'
)
COPY = '{} <button class="btn small quiet copy" type="button" data-copy="{}">Copy</button>'
NONE = SafeString("")


@dataclass(frozen=True)
class Drawing:
    """What the rows of one page have in common. An id put between `before` and `after` is the address of its page."""

    columns: list[SessionColumn]
    rooms: Mapping[str, int]
    states: Mapping[str, SessionState]
    before: str
    after: str
    yes_or_no: set[str]  # names of scores
    context: dict[str, Any]  # of what was found in the rows by the words that were looked for


@register.simple_tag(takes_context=True)
def rows(context: template.Context, sessions: Iterable[Session]) -> SafeString:
    """Of the list in the context, whether they are a page of it or what has changed in it."""
    listing: Listing = context["listing"]
    found = list(sessions)
    project_id = listing.project.pk
    is_one_of_many = listing.conditions or listing.params.get("sort")
    drawing = Drawing(
        columns=context["table"].columns,
        rooms=context["table"].rooms,
        states=context.get("states") or {},
        before=reverse("session", args=[project_id, "-"]).removesuffix("-"),
        after=f"?in={quote(listing.query_string()[1:], safe='')}" if is_one_of_many else "",
        yes_or_no=_yes_or_no(project_id, context["table"].columns, found),
        context={name: context.get(name) for name in ("project", "snippets", "sought")},
    )
    return SafeString("\n".join(map(partial(_row, drawing), found)))


def _yes_or_no(project_id: int, columns: list[SessionColumn], sessions: list[Session]) -> set[str]:
    """Return which of the scores in the columns are answered with yes or no."""
    shown = {column.key for column in columns if column.field == "scores"}
    several = (session.scores.items() for session in sessions if shown)
    return find_yes_or_no(project_id, ({n: s for n, s in scores if "" in shown or n in shown} for scores in several))


def row_id(key: str) -> str:
    """Return an element id for the row of a session, whatever its session id is."""
    return "row-" + blake2s(key.encode(), digest_size=8).hexdigest()


def _row(drawing: Drawing, session: Session) -> SafeString:
    session_id = session.session_id
    state = drawing.states.get(session_id)
    return format_html(
        ROW_HTML,
        row_id(session_id),
        _version(session.computed_at),
        session_id,
        session_id,
        avatar(session.user_ids[0] if session.user_ids else ""),
        drawing.before + quote(session_id, safe=RFC3986_SUBDELIMS + "/~:@") + drawing.after,
        format_html("<b>{}</b> ", state.title) if state and state.title else NONE,
        preview(session.first_input or session_id),
        _second_line(session, state),
        _marks(session, state),
        _snippets(drawing, session),
        SafeString("".join(_cell(drawing, column, session) for column in drawing.columns)),
    )


def _version(at: datetime) -> str:
    return f"{int(at.timestamp())}.{at.microsecond:06}"


def _second_line(session: Session, state: SessionState | None) -> SafeString:
    """Write the last answer, behind a label of people if there is one."""
    answer = format_html(ANSWER_HTML, preview(session.last_output)) if session.last_output else NONE
    return format_html(SECOND_LINE_HTML, first_pill(state.labels), answer) if state and state.labels else answer


def _marks(session: Session, state: SessionState | None) -> SafeString:
    """Write what a glance shall see at the end of the words, and the button of the preview.

    That is a bookmark, failures, the status and the assignee."""
    kept = format_html(BOOKMARK_HTML, icon("bookmark", "fill")) if state and state.is_bookmarked else NONE
    errors = counted(session.error_count, "error") if session.error_count else ""
    failed = format_html(ERROR_MARK_HTML, errors, icon("error")) if errors else NONE
    return SafeString(kept + failed + state_marks(state) + format_html(PEEK_HTML, icon("panel")))


def _cell(drawing: Drawing, column: SessionColumn, session: Session) -> str:
    shown = _shown(drawing, column, session)
    if column.kind == PropertyKind.ID:
        shown = format_html(COPY, shown, session.session_id)
    room = drawing.rooms.get(column.name)
    gives_way = f' data-room="{room}"' if room else ""
    return f'<td data-kind="{column.kind}"{gives_way}{_unit(column, session)}>{shown}</td>'


def _shown(drawing: Drawing, column: SessionColumn, session: Session) -> SafeString:
    if column.field != "scores":
        return cell(column, session, "relative")
    if not column.key:
        return score_chips(session.scores, drawing.yes_or_no)
    return score_cell(session.scores.get(column.key), is_yes_or_no=column.key in drawing.yes_or_no)


def _unit(column: SessionColumn, session: Session) -> str:
    """Write the word that follows a number where rows are cards: `2 turns`, `1 turn`."""
    if column.kind != PropertyKind.NUMBER:
        return ""
    return f' data-label="{escape(unit_word(column.label, getattr(session, column.field)))}"'


def _snippets(drawing: Drawing, session: Session) -> SafeString:
    found = (drawing.context["snippets"] or {}).get(session.session_id)
    if not found:
        return NONE
    context = {**drawing.context, "session": session, "found": found}
    return SafeString(get_template("sessions/_snippets.html").render(context))
