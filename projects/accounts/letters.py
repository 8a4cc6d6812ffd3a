"""Mails: each is a letter, written once, and sent as text and as HTML that say the same.

Nothing in them is loaded from elsewhere. Names that strangers chose are quoted, or left out where a mail program could
make a link of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.mime.image import MIMEImage
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

SUBJECT_PREFIX = settings.ACCOUNT_EMAIL_SUBJECT_PREFIX
LOGO_ID = "confab-logo"


class LetterPart(NamedTuple):
    """A piece of a letter, and the free space below it in pixels."""

    template: str
    text: str
    space: int
    address: str = ""
    is_repeated: bool = False  # only in HTML: the text has it already

    @property
    def as_text(self) -> str:
        """Return what the text says, with the address below."""
        colon = ":" if self.template == "mail/_button.html" else ""
        return f"{self.text}{colon}\n{self.address}" if self.address else self.text


class LetterLink(NamedTuple):
    """A line of a letter that leads somewhere."""

    text: str
    address: str


class LetterSection(NamedTuple):
    """Lines below a heading, or without one below the words of a letter."""

    heading: str
    lines: Sequence[LetterLink]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a mail says. `why` tells the receiver why it came, and what to do if they did not expect it."""

    subject: str
    title: str
    words: Sequence[str] = ()
    code: str = ""
    sections: Sequence[LetterSection] = ()
    button: tuple[str, str] = ("", "")  # its words and its address
    notes: Sequence[str] = ()
    way_out: LetterLink | None = None  # ends such letters
    why: str

    @property
    def parts(self) -> list[LetterPart]:
        """Return the pieces in their order."""
        label, address = self.button
        parts = [LetterPart("mail/_title.html", self.title, 12)]
        parts += [LetterPart("mail/_words.html", text, 12) for text in self.words]
        parts[-1] = parts[-1]._replace(space=20)
        parts += [LetterPart("mail/_code.html", self.code, 20)] if self.code else []
        for heading, lines in self.sections:
            parts += [LetterPart("mail/_words.html", heading, 6)] if heading else []
            parts += [LetterPart("mail/_link.html", text, 4, link) for text, link in lines]
            parts[-1] = parts[-1]._replace(space=20)
        if address:
            parts += [LetterPart("mail/_button.html", label, 16, address)]
            parts += [LetterPart("mail/_small.html", "Or copy this address:", 12, address, is_repeated=True)]
        parts += [LetterPart("mail/_small.html", text, 8) for text in self.notes]
        parts += [LetterPart("mail/_small.html", self.way_out.text, 8, self.way_out.address)] if self.way_out else []
        return [*parts[:-1], parts[-1]._replace(space=28)]


def message_of(letter: Letter, to: str) -> EmailMultiAlternatives:
    """Return the letter as a mail to one address."""
    context = {"letter": letter, "base_url": settings.BASE_URL, "logo": LOGO_ID}
    text = render_to_string("mail/letter.txt", context)
    subject = " ".join(f"{SUBJECT_PREFIX}{letter.subject}".split())  # a line end in a name would refuse the mail
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    message.mixed_subtype = "related"  # type: ignore[attr-defined]  # the picture belongs to the HTML
    logo = MIMEImage(_logo(), "png")
    logo.add_header("Content-ID", f"<{LOGO_ID}>")
    logo.add_header("Content-Disposition", "inline", filename="confab.png")
    message.attach(logo)
    return message


@cache
def _logo() -> bytes:
    return Path(settings.BASE_DIR, "static/img/logo-mail.png").read_bytes()
