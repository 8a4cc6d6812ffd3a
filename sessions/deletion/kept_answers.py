"""How long answers to writes by API are kept for those who ask again, and what an erasure does to them."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from sessions.models import KeptAnswer

ANSWER_KEPT_TIME = timedelta(hours=24)
MAX_KEPT_ANSWERS = 10_000  # of a project: the newest
DELETED_ANSWERS_AT_ONCE = 5_000


def forget_answers(project_id: int) -> None:
    """Delete the texts of all answers of a project, because data was erased that they may repeat."""
    KeptAnswer.objects.for_project(project_id).update(answer=None, is_forgotten=True)


def delete_old_answers(project_id: int) -> bool:
    """Delete answers that are too old, or too many. Return whether some are left."""
    rows = KeptAnswer.objects.for_project(project_id)
    surplus = Q(begun_at__lt=timezone.now() - ANSWER_KEPT_TIME)
    newest = rows.order_by("-begun_at").values_list("begun_at", flat=True)
    for latest in newest[MAX_KEPT_ANSWERS : MAX_KEPT_ANSWERS + 1]:
        surplus |= Q(begun_at__lte=latest)
    keys = list(rows.filter(surplus).values_list("digest", flat=True)[:DELETED_ANSWERS_AT_ONCE])
    rows.filter(digest__in=keys).delete()
    return len(keys) == DELETED_ANSWERS_AT_ONCE
