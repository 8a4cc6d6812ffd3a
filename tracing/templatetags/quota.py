"""The warning at the top of every page when a quota is nearly used up, for people who can raise it."""

from typing import Any

from django import template

from projects.models import Project
from tracing.ingest.quota import use_of

register = template.Library()


@register.inclusion_tag("tracing/_quota.html")
def quota_notice(project: Project | None) -> dict[str, Any]:
    """Return the warning for admins, or nothing if there is enough left."""
    use = use_of(project) if project and project.role.administers else None
    return {"project": project, "use": use if use and use.is_near else None}
