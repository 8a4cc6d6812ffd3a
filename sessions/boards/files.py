"""A tile as a file: a chart as SVG, and whatever it shows as CSV."""

from collections.abc import Iterator

from django.http import Http404, HttpResponseBase

from projects.access import person
from projects.audit import Action, record
from projects.downloads.answers import filename, refusal
from projects.downloads.making import made_answer
from projects.downloads.places import Holder
from projects.downloads.tables import csv_line, harmless
from projects.htmx import PageRequest
from projects.models import Project
from sessions.boards.content import TileContent
from sessions.charts.files import CHART_FILE_TYPES, file_markup, heat_file
from sessions.dashboard.views import plot_lines


def tile_answer(request: PageRequest, project: Project, content: TileContent, form: str, when: str) -> HttpResponseBase:
    """Send a tile. Raises NoDownload, and Http404 for what is no picture."""
    if content.fault:
        return refusal(content.fault)
    pieces = _drawn(content, when) if form == "svg" else _lines(content)
    if request.method == "GET":
        record(Action.EXPORTED, project, actor=person(request), target="tile", request=request, format=form)
    holder, name = Holder.of(person(request), project), filename(content.spec.file_title, form)
    return made_answer(request, pieces, holder, name=name, content_type=CHART_FILE_TYPES[form])


def _drawn(content: TileContent, when: str) -> Iterator[str]:
    if content.heat:
        return iter([heat_file(content.heat, content.spec.name, f"{content.spec.about}, {when}")])
    if content.file_plot is None:
        raise Http404("This tile has no picture. Save it as CSV.")
    return iter([file_markup(content.file_plot, when)])


def _lines(content: TileContent) -> Iterator[str]:
    """Yield the table of a tile, with plain numbers."""
    if content.file_plot:
        yield from plot_lines(content.file_plot)
    elif content.heat:
        yield csv_line(["Day", "Hour", "Sessions"])
        for cell in content.heat:
            yield csv_line([cell.day_name, cell.hour, cell.count])
    elif content.sessions:
        yield csv_line(["Session", content.spec.measured.label])
        for one in content.sessions:
            yield csv_line([harmless(str(one.session.session_id)), harmless(one.text)])
    else:
        yield csv_line([harmless(content.spec.text)])
