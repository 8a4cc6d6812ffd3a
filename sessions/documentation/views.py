"""The documentation for everybody, signed in or not. Who is signed in can try its queries in a project."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from projects.access import person, projects_of
from projects.htmx import PageRequest
from projects.models import Project
from sessions.documentation.articles import DOCS_ADDRESS
from sessions.documentation.contents import DOCS_FOLDER, find_article, group_of, neighbours, read_groups
from sessions.documentation.finding import search_docs

TRY = re.compile(r'<a class="try" href="(\?q=[^"]{0,1000})">(.{0,300}?)</a>')
LINK_TO_DOCS = re.compile(rf'href="({DOCS_ADDRESS}/[a-z-]+)(#[^"]*)?"')


@require_safe
@vary_on_headers("HX-Request")
def docs(request: PageRequest) -> HttpResponse:
    """Show all pages, or the sections with the words in `?q=`."""
    context = _page(request)
    if request.htmx:
        return render(request, "docs/_hits.html", context)
    return render(request, "docs/contents.html", context)


@require_safe
def article(request: HttpRequest, name: str) -> HttpResponse:
    found = find_article(name)
    if found is None:
        raise Http404("There is no such page in the documentation.")
    context = _page(request)
    groups = context["groups"]
    project = context["project"]
    before, after = neighbours(found, groups)  # type: ignore[arg-type]
    context |= {
        "article": found,
        "group": group_of(found, groups),  # type: ignore[arg-type]
        "lead": _led(found.lead, project),  # type: ignore[arg-type]
        "blocks": [(block, _led(block.html, project)) for block in found.blocks],  # type: ignore[arg-type]
        "before": before,
        "after": after,
    }
    return render(request, "docs/article.html", context)


@require_safe
def whole(request: HttpRequest) -> HttpResponse:
    """Return every page as one text, for programs that read."""
    names = [one.name for group in read_groups() for one in group.articles]
    text = "\n\n".join((DOCS_FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in names)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _page(request: HttpRequest) -> dict[str, object]:
    groups, sought = read_groups(), request.GET.get("q", "").strip()
    project = _project(request)
    return {
        "groups": groups,
        "sought": sought,
        "hits": search_docs(groups, sought),
        "project": project,
        "suffix": f"?project={project.pk}" if project else "",
        "section": "docs",
    }


def _project(request: HttpRequest) -> Project | None:
    """Return the project in `?project=` if the reader may open it, or else the only one."""
    if not request.user.is_authenticated:
        return None
    projects = {project.pk: project for project in projects_of(person(request))}
    asked = request.GET.get("project", "")
    only = next(iter(projects.values())) if len(projects) == 1 else None
    return projects.get(int(asked), only) if asked.isascii() and asked.isdigit() and len(asked) < 19 else only


def _led(html: str, project: Project | None) -> SafeString:
    """Lead examples to the project, and keep it on the way to other pages. Without one, examples lead nowhere."""
    if project is None:
        return mark_safe(TRY.sub(r"\2", html))
    sessions = escape(reverse("sessions", args=[project.pk]))
    html = TRY.sub(rf'<a class="try" href="{sessions}\1">\2</a>', html)
    return mark_safe(LINK_TO_DOCS.sub(rf'href="\1?project={project.pk}\2"', html))
