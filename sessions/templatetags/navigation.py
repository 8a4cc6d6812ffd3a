"""The links to the pages of a project: in the navigation bar, and as tabs of the settings."""

from typing import NamedTuple

from django import template

from projects.models import Project
from sessions.navigation import pages_for

register = template.Library()


class PageLink(NamedTuple):
    """A link to a page of the project."""

    label: str
    address: str
    icon: str
    is_current: bool
    group: str = ""
    on_phone: bool = False


@register.simple_tag
def bar_links(project: Project, section: str) -> list[PageLink]:
    """Return the links of the navigation bar; `section` is the current one."""
    return [
        PageLink(
            page.label, page.address(project), page.section, page.section == section, page.group.value, page.on_phone
        )
        for page in pages_for(project.role)
        if page.section
    ]


@register.simple_tag
def settings_links(project: Project, tab: str) -> list[PageLink]:
    """Return the tabs of the settings; `tab` is the current one."""
    return [
        PageLink(page.tab_label or page.label, page.address(project), "", page.tab == tab)
        for page in pages_for(project.role)
        if page.tab
    ]
