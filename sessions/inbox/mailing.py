"""Mails of notices: what a person was told within a minute is one mail, and what they have read is none.

A mail has names, numbers and links, and none of the words of comments and conversations."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from projects.access import people_of
from projects.accounts.letters import Letter, LetterLink, LetterSection
from projects.accounts.mail import name_for_mail
from projects.accounts.sending import MailRefused, send_letter
from projects.models import Project, User
from sessions.inbox.notices import ShownNotice, shown
from sessions.models import Notice
from tracing.formatting import counted

MAX_LINES = 20  # of one mail
MAILED_AT_ONCE = 200
# Between attempts to mail; then the inbox alone has it.
MAIL_BACKOFF = tuple(timedelta(minutes=one) for one in (1, 10, 60, 360))
WHY_NOTICE = "You get this because you are a member of a project in Confab. Choose what is mailed under Your account."


def waiting_projects() -> list[int]:
    """Return the ids of the projects with mails that are due."""
    return Notice.objects.filter(due_at__lte=timezone.now()).waiting_projects()


def mail_due(project_id: int, until: float) -> bool:
    """Send the mails of a project that are due, the longest waiting first. Return whether some are left."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None:
        return False
    while notices := _lease(project):
        _mail(project, notices)
        if time.monotonic() >= until:
            return True
    return False


def _lease(project: Project) -> list[Notice]:
    """Take the notices that one person waits for, so that no other worker mails them."""
    now = timezone.now()
    free = Notice.objects.for_project(project).free().filter(due_at__lte=now).order_by("due_at", "id")
    with transaction.atomic():
        first = free.select_for_update(skip_locked=True).first()
        if first is None:
            return []
        mine = free.filter(recipient_id=first.recipient_id).select_for_update(skip_locked=True)
        notices = list(mine[:MAILED_AT_ONCE])
        _rows(project, notices).update(leased_until=now + Notice.LEASE)
    return notices


def _mail(project: Project, notices: list[Notice]) -> None:
    person = people_of(project.pk).filter(pk=notices[0].recipient_id).first()
    unread = [one for one in notices if one.is_unread and person and one.kind not in person.unmailed_kinds]
    rows, now = _rows(project, notices), timezone.now()
    try:
        if person and unread:
            send_letter(letter_about(project, shown(project, unread)), person.email)
    except MailRefused:
        tried = max(one.attempt_count for one in notices)
        if tried < len(MAIL_BACKOFF):
            rows.update(leased_until=None, due_at=now + MAIL_BACKOFF[tried], attempt_count=tried + 1)
            return
    rows.update(leased_until=None, finished_at=now)


def letter_about(project: Project, notices: list[ShownNotice]) -> Letter:
    """Return the letter about some notices, the newest first."""
    newest = sorted(notices, key=lambda one: one.notice.created_at, reverse=True)
    lines = [LetterLink(_line(one), _address(project, one)) for one in newest[:MAX_LINES]]
    inbox = settings.BASE_URL + reverse("inbox", args=[project.pk])
    name = name_for_mail(project.name, instead="your project")
    more = len(newest) - len(lines)
    return Letter(
        subject=lines[0].text if len(newest) == 1 else f"{counted(len(newest), 'notice')} in {project.name}",
        title=f"{lines[0].text}." if len(newest) == 1 else f"{counted(len(newest), 'thing')} happened in {name}.",
        words=[f"In the project {name}."] if len(newest) == 1 else [],
        sections=[LetterSection("", lines)] if len(newest) > 1 else [],
        button=("Read it", lines[0].address) if len(newest) == 1 else ("Open your inbox", inbox),
        notes=[f"And {counted(more, 'more')} in your inbox."] if more else [],
        why=WHY_NOTICE,
    )


def _line(one: ShownNotice) -> str:
    lead = one.who.shown_name if isinstance(one.who, User) else one.lead
    return f"{name_for_mail(lead, instead='Somebody' if one.who else 'What you watch')} {one.rest}"


def _address(project: Project, one: ShownNotice) -> str:
    return f"{settings.BASE_URL}{reverse('inbox', args=[project.pk])}?item={one.notice.id}"


def _rows(project: Project, notices: list[Notice]):  # type: ignore[no-untyped-def]
    return Notice.objects.for_project(project).filter(id__in=[one.id for one in notices])
