"""What people have set for themselves, remembered on the server so that it follows them to the next browser."""

from typing import Any

from django.db import transaction

from projects.models import Preference, Project, User


def preferred(user: User, project: Project, page: str) -> dict[str, Any]:
    """What `user` has set on `page` of `project`; empty where nothing was."""
    value = Preference.objects.filter(user=user, project=project, page=page).values_list("value", flat=True).first()
    return value if isinstance(value, dict) else {}


@transaction.atomic
def prefer(user: User, project: Project, page: str, **changes: Any) -> None:
    """Remembers `changes` beside what is set already; None forgets."""
    preference, _ = Preference.objects.select_for_update().get_or_create(user=user, project=project, page=page)
    preference.value = {name: value for name, value in {**preference.value, **changes}.items() if value is not None}
    preference.save(update_fields=["value"])
