"""The sliced work of the inbox: mails of notices, and summaries.

It has no rules and may run twice or never: the rows are the truth."""

from projects.jobs.slices import sliced
from sessions.inbox import mailing, summing_up
from sessions.noticing import NOTICE_MAILS

MAIL_LEASE_SECONDS = 60
SUMMARY_LEASE_SECONDS = 120


@sliced(NOTICE_MAILS, waiting=mailing.waiting_projects, lease_seconds=MAIL_LEASE_SECONDS)
def notice_mails(project_id: int, until: float) -> bool:
    """Send the mails of a project that are due."""
    return mailing.mail_due(project_id, until)


@sliced("summaries", waiting=summing_up.projects_with_summaries, lease_seconds=SUMMARY_LEASE_SECONDS)
def summaries(project_id: int, until: float) -> bool:
    """Send the summaries of a project that are due."""
    return summing_up.sum_up_due(project_id, until)
