"""The warning at the top of every page while sessions are not updated, for people who can do something about it."""

from typing import Any

from django import template

from config.health import trouble
from projects.models import Organization, Project, Role

register = template.Library()


@register.inclusion_tag("_trouble.html")
def trouble_notice(*tenants: Project | Organization | None) -> dict[str, Any]:
    """Return the warning if one of the tenants is administered by the reader, and otherwise nothing."""
    roles = [vars(tenant).get("granted_role") for tenant in tenants if tenant]
    return {"trouble": trouble() if any(role and Role(role).administers for role in roles) else ""}
