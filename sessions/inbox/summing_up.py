"""Sends summaries, each once: an order belongs to one worker while it counts and sends, and then to the next time."""

import time
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from projects.access import people_of
from projects.accounts.letters import Letter, LetterLink, LetterSection
from projects.accounts.mail import name_for_mail
from projects.accounts.sending import MailRefused, send_letter
from projects.models import Notation, Project, User
from sessions.inbox.ordering import due, next_end, period_of, token_of, zone_of
from sessions.inbox.summary import MailedSummary, summary_of
from sessions.models import SummaryOrder, SummaryPace
from tracing.lists.bounded import TooLong

SUMMARY_BACKOFF = timedelta(minutes=20)
MAX_SUMMARY_ATTEMPTS = 5  # of one summary; then the next one is waited for
DAY_FORMATS = {Notation.ENGLISH: "j M Y", Notation.EUROPEAN: "d/m/Y", Notation.ISO: "Y-m-d"}


def projects_with_summaries() -> list[int]:
    """Return the ids of the projects with summaries that are due."""
    return SummaryOrder.objects.filter(due_at__lte=timezone.now()).project_ids()


def sum_up_due(project_id: int, until: float) -> bool:
    """Send the summaries of a project that are due. Return whether some are left."""
    project = Project.objects.filter(pk=project_id, deleted_at=None).first()
    if project is None:
        return False
    while found := _due(project).first():
        if found.lease():
            _sum_up(project, found)
        if time.monotonic() >= until:
            return bool(_due(project).exists())
    return False


def _due(project: Project):  # type: ignore[no-untyped-def]
    orders = SummaryOrder.objects.for_project(project).free()
    return orders.filter(due_at__lte=timezone.now()).order_by("due_at", "user_id")


def _sum_up(project: Project, wanted: SummaryOrder) -> None:
    """Send a summary that this worker has leased, or nothing about a time in which nothing happened."""
    person = people_of(project.pk).filter(pk=wanted.user_id).first()
    if person is None:
        wanted.row.delete()
        return
    zone = zone_of(project, person)
    try:
        with timezone.override(zone):
            start, end = period_of(wanted, zone)
            if summary := summary_of(project, start, end):
                address = unsubscribing_address(wanted)
                send_letter(letter_of(project, person, wanted, summary), person.email, _headers(address))
    except (MailRefused, TooLong):
        if wanted.attempt_count + 1 < MAX_SUMMARY_ATTEMPTS:
            again = timezone.now() + SUMMARY_BACKOFF
            wanted.release(due_at=again, attempt_count=wanted.attempt_count + 1)
            return
    since = max(wanted.period_end, timezone.now() - timedelta(days=1))  # what was missed for longer is not made up for
    following = next_end(zone, SummaryPace(wanted.pace), since)
    wanted.release(**due(following, zone))


def letter_of(project: Project, person: User, wanted: SummaryOrder, summary: MailedSummary) -> Letter:
    """Return the letter with a summary, with days as the person writes them."""
    name, is_day = name_for_mail(project.name, instead="your project"), wanted.pace == SummaryPace.DAILY
    start, end = period_of(wanted, zone_of(project, person))
    written = [date_format(day, DAY_FORMATS[Notation(person.notation)]) for day in (start, end - timedelta(seconds=1))]
    what, days = ("day", written[0]) if is_day else ("week", " to ".join(written))
    return Letter(
        subject=f"The {what} in {project.name}",
        title=f"The {what} in {name}.",
        words=[f"{days}, compared with the {what} before."],
        sections=[
            LetterSection(heading, [LetterLink(one.text, one.address) for one in lines])
            for heading, lines in (
                ("", summary.numbers),
                ("Worth a look:", summary.worst),
                ("Ingestion:", summary.issues),
            )
            if lines
        ],
        button=("Open the dashboard", summary.dashboard),
        way_out=LetterLink("End these summaries, without signing in:", unsubscribing_address(wanted)),
        why="You get this because you asked for it, under Your account.",
    )


def unsubscribing_address(wanted: SummaryOrder) -> str:
    """Return the address that ends the summaries of a person."""
    return settings.BASE_URL + reverse("unsubscribe", args=[token_of(wanted)])


def _headers(address: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
