"""The links to the pages of a project: in the navigation bar, and as tabs of the settings."""

from typing import Any, NamedTuple

from django import template
from django.urls import reverse

from projects.models import Project
from sessions.navigation import BarGroup, SettingsGroup, help_address, pages_for

register = template.Library()

ORDER = list(SettingsGroup)


class PageLink(NamedTuple):
    """A link to a page of the project."""

    label: str
    address: str
    icon: str
    is_current: bool
    group: str = ""
    on_phone: bool = False
    count_address: str = ""


@register.simple_tag
def bar_links(project: Project, section: str) -> list[PageLink]:
    """Return the links of the navigation bar with that to the documentation; `section` is the current one."""
    links = [
        PageLink(
            page.label,
            page.address(project),
            page.section,
            page.section == section,
            page.group.value,
            page.on_phone,
            reverse(page.count_route, args=[project.pk]) if page.count_route else "",
        )
        for page in pages_for(project.role)
        if page.section
    ]
    docs = f"{reverse('docs')}?project={project.pk}"
    last = next((place for place, link in enumerate(links) if link.icon == "settings"), len(links))
    links.insert(last, PageLink("Docs", docs, "docs", section == "docs", BarGroup.RUNNING.value))
    return links


@register.simple_tag
def settings_links(project: Project, tab: str) -> list[PageLink]:
    """Return the links of the settings in the order of their groups; `tab` is the current one."""
    tabs = sorted((page for page in pages_for(project.role) if page.tab), key=lambda page: ORDER.index(page.tab_group))
    return [
        PageLink(page.tab_label or page.label, page.address(project), "", page.tab == tab, page.tab_group.value)
        for page in tabs
    ]


@register.inclusion_tag("docs/_help.html", takes_context=True)
def help_link(context: dict[str, Any]) -> dict[str, str]:
    """Return the `?` that leads to what the documentation says about the page."""
    match = getattr(context.get("request"), "resolver_match", None)
    address, _, anchor = help_address(match.url_name or "" if match else "").partition("#")
    project = context.get("project")
    query = f"?project={project.pk}" if project else ""
    return {"address": f"{address}{query}{'#' if anchor else ''}{anchor}"}
