"""The word of warning in the frame of every page, for those who can raise a quota."""

from typing import Any

from django import template

from projects.models import Project
from tracing.ingest.quota import use_of

register = template.Library()


@register.inclusion_tag("tracing/_quota.html")
def quota_notice(project: Project | None) -> dict[str, Any]:
    """Says nothing while there is much left, or to others."""
    use = use_of(project) if project and project.role.administers else None
    return {"project": project, "use": use if use and use.is_near else None}
