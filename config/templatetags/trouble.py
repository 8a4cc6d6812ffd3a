"""The word of warning in the frame of every page while sessions stand still, for those who can see to it."""

from typing import Any

from django import template

from config.health import trouble
from projects.models import Organization, Project, Role

register = template.Library()


@register.inclusion_tag("_trouble.html")
def trouble_notice(*tenants: Project | Organization | None) -> dict[str, Any]:
    """Say nothing while all is well, or to others than admins."""
    roles = [vars(tenant).get("granted_role") for tenant in tenants if tenant]
    return {"trouble": trouble() if any(role and Role(role).administers for role in roles) else ""}
