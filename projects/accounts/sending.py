"""Sends letters, and says in words why one could not be sent."""

from collections.abc import Mapping

from django.conf import settings
from django.core.mail import get_connection

from projects.accounts.letters import Letter, message_of
from projects.accounts.mail import has_mail_server

SEND_SECONDS = 5.0  # that a mail server may take


class MailRefused(Exception):
    """A mail was not taken. The text says why."""


def send_letter(letter: Letter, to: str, headers: Mapping[str, str] | None = None) -> None:
    """Send a letter to one address, with further headers. Raise MailRefused."""
    if not has_mail_server() and not settings.DEBUG:
        raise MailRefused("This installation has no mail server.")
    mail = message_of(letter, to)
    mail.extra_headers.update(headers or {})
    mail.connection = get_connection(timeout=SEND_SECONDS)
    try:
        mail.send()
    except OSError as error:  # smtplib's errors, too
        raise MailRefused(f"The mail server refused: {type(error).__name__}.") from error
