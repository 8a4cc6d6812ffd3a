"""What the templates of boards ask."""

from django import template
from django.http import QueryDict

from projects.access import person
from projects.downloads.answers import filename
from projects.models import Project
from sessions.boards.content import TileContent
from sessions.boards.sharing import visible_to
from sessions.models import Alert, Board, TileChart
from sessions.query.rewrite import parts_of
from sessions.query.writing import write

register = template.Library()
TILE_TEMPLATES = {
    TileChart.NUMBER: "_number",
    TileChart.LINE: "_chart",
    TileChart.BARS: "_chart",
    TileChart.RANKING: "_ranking",
    TileChart.SHARES: "_shares",
    TileChart.HEAT: "_heat",
    TileChart.SESSIONS: "_sessions",
    TileChart.TEXT: "_text",
}


@register.simple_tag(takes_context=True)
def boards_for(context: template.Context, project: Project) -> list[Board]:
    """Return the boards that the reader sees."""
    return list(visible_to(person(context["request"]), project))


@register.filter
def template_of(content: TileContent) -> str:
    """Return the template that draws a tile."""
    return f"sessions/boards/{TILE_TEMPLATES[TileChart(content.spec.chart)]}.html"


@register.filter
def pairs(query_string: str) -> list[tuple[str, str]]:
    """Return the names and values of a query string."""
    return [(name, value) for name, values in QueryDict(query_string).lists() for value in map(str, values)]


@register.filter
def conditions(board: Board | Alert) -> list[str]:
    """Return the conditions of the query of a board or an alert, each by itself."""
    return [write(part) for part in parts_of(board.query_text)]


@register.filter
def picture_name(name: str) -> str:
    """Return the name of the file in which a tile of this name is saved as PNG."""
    return filename(name, "png")
