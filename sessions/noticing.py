"""Telling people: one notice for each of them, written in the transaction of what it tells.

Nobody is told what they did themselves, and nobody but members is told anything."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from projects.access import people_of
from projects.accounts.mail import has_mail_server
from projects.jobs.slices import wake
from projects.models import NoticeKind, User
from sessions.models import Notice

NOTICE_MAILS = "notice mails"  # the kind of sliced work
MAX_NOTICES = 200  # of one person in one project; the oldest go
GATHERING = timedelta(seconds=60)  # what happens within it is one mail, and what is read within it is none
MERGED_BY = ("kind", "actor", "object_id", "queue_id")  # of notices that count sessions


def tell(project_id: int, kind: NoticeKind, user_ids: Collection[int], *, by: str, **about: Any) -> None:
    """Tell members something; `by` is the address of the person, or the name of the program or rule, that did it.

    `about` are fields of the notice. Call this in the transaction of the cause."""
    people = _told(project_id, user_ids, by)
    Notice.objects.bulk_create(_notice(project_id, kind, person, by, about) for person in people)
    _settle(project_id, [person.pk for person in people])


def tell_of_sessions(
    project_id: int, kind: NoticeKind, user_ids: Collection[int], count: int, *, by: str, **about: Any
) -> None:
    """Tell members of some more sessions: an unread notice about the same counts them, too."""
    people = _told(project_id, user_ids, by)
    for person in people:
        new = _notice(project_id, kind, person, by, {"session_count": count, **about})
        same = {name: getattr(new, name) for name in MERGED_BY}
        unread = Notice.objects.for_project(project_id).filter(recipient_id=person.pk, read_at=None, **same)
        found = unread.select_for_update().order_by("-created_at", "id").first()
        if found is None:
            new.save(force_insert=True)
        else:
            more = {"session_count": F("session_count") + count, "created_at": new.created_at}
            unread.filter(id=found.id).update(**more)
    _settle(project_id, [person.pk for person in people])


def _told(project_id: int, user_ids: Collection[int], by: str) -> list[User]:
    """Return those of the people who are members, without whoever did it."""
    if not user_ids:
        return []
    return list(people_of(project_id).filter(pk__in=user_ids).exclude(email=by))


def _notice(project_id: int, kind: NoticeKind, person: User, by: str, about: dict[str, Any]) -> Notice:
    now = timezone.now()
    # Alerts have channels for mail of their own.
    is_mailed = has_mail_server() and kind != NoticeKind.ALERT and kind not in person.unmailed_kinds
    return Notice(
        project_id=project_id,
        recipient_id=person.pk,
        kind=kind,
        actor=by[:254],
        created_at=now,
        due_at=now + GATHERING,
        finished_at=None if is_mailed else now,
        **about,
    )


def _settle(project_id: int, user_ids: list[int]) -> None:
    """Forget the oldest notices of people who have too many, and have mails sent."""
    if not user_ids:
        return
    mine = Notice.objects.for_project(project_id).filter(recipient_id__in=user_ids)
    newest_first = Window(RowNumber(), partition_by=["recipient_id"], order_by=[F("created_at").desc(), F("id")])
    old = mine.annotate(place=newest_first).filter(place__gt=MAX_NOTICES).order_by()
    if ids := list(old.values_list("id", flat=True)):
        mine.filter(id__in=ids).delete()
    transaction.on_commit(lambda: wake(NOTICE_MAILS, project_id), robust=True)
