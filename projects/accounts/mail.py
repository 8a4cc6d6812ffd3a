"""Mail: whether this installation sends any, and what strangers' words may look like in it."""

import re

from django.conf import settings

from projects.normal_forms import normalized

# A mail program makes a link out of "evil.example" and "mailto:x" as well as out of a whole address of the web.
LINK_LIKE = re.compile(r"[^\s][.:/@\\\u3002][^\s]|www\.", re.IGNORECASE)


def has_mail_server() -> bool:
    """Return whether mail reaches its receivers. The console only shows it to the operator, so it proves no address."""
    return not settings.EMAIL_BACKEND.startswith(
        ("django.core.mail.backends.console", "django.core.mail.backends.dummy")
    )


def name_for_mail(name: str, *, instead: str) -> str:
    """Return a name that somebody chose, in quotes; `instead` if a mail program could make a link out of it."""
    plain = " ".join(normalized("NFKC", name).split())
    return instead if LINK_LIKE.search(plain) else f"“{plain}”"
