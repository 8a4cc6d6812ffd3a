"""Settings that people make on a page, kept on the server so that they apply in every browser."""

from typing import Any

from django.db import transaction

from projects.models import Preference, Project, User


def load_preferences(user: User, project: Project, page: str) -> dict[str, Any]:
    """Return the settings of `user` on `page` of `project`, empty if there are none."""
    value = Preference.objects.filter(user=user, project=project, page=page).values_list("value", flat=True).first()
    return value if isinstance(value, dict) else {}


@transaction.atomic
def prefer(user: User, project: Project, page: str, **changes: Any) -> None:
    """Store `changes` in addition to the existing settings. The value None removes a setting."""
    preference, _ = Preference.objects.select_for_update().get_or_create(user=user, project=project, page=page)
    preference.value = {name: value for name, value in {**preference.value, **changes}.items() if value is not None}
    preference.save(update_fields=["value"])
