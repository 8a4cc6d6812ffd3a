"""Forgets what somebody was told in the projects of an organization that they have left."""

from typing import Any

from projects.models import Membership, Project
from sessions.models import Notice, SummaryOrder


def forget_member(instance: Membership, **_: Any) -> None:
    """Delete the notices and summaries of whoever is no longer a member."""
    for project_id in Project.objects.filter(organization_id=instance.organization_id).values_list("pk", flat=True):
        Notice.objects.for_project(project_id).filter(recipient_id=instance.user_id).delete()
        SummaryOrder.objects.for_project(project_id).filter(user_id=instance.user_id).delete()
