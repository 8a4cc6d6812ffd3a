"""What people call things by now: the audit log keeps their ids alone."""

from collections.abc import Collection
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from sessions.models import Alert, AlertChannel, Board, BoardSharing, Cohort, ReviewQueue, SavedView

AUDITED_MODELS: dict[str, Any] = {
    "view": SavedView,
    "cohort": Cohort,
    "board": Board,
    "review queue": ReviewQueue,
    "alert": Alert,
    "channel": AlertChannel,
}


def audited_names(project_id: int, targets: Collection[str], **_: Any) -> dict[str, str]:
    """Return the names of those `targets` (such as `view <id>`) that still exist, except of what is private."""
    names: dict[str, str] = {}
    for kind, model in AUDITED_MODELS.items():
        ids = {target.removeprefix(f"{kind} ") for target in targets if target.startswith(f"{kind} ")}
        if ids:
            rows = model.objects.for_project(project_id).annotate(key=Cast("id", TextField())).filter(key__in=ids)
            if model is SavedView:
                rows = rows.filter(is_shared=True)
            if model is Board:
                rows = rows.exclude(sharing=BoardSharing.PRIVATE)
            names |= {f"{kind} {key}": name for key, name in rows.values_list("key", "name")}
    return names
