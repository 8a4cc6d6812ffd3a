"""Mail: whether this installation can send any, and how names from strangers are shown in it."""

import re

from django.conf import settings

from projects.normal_forms import normalized

# Mail programs turn not only complete URLs into links, but also "evil.example" and "mailto:x".
LINK_LIKE = re.compile(r"[^\s][.:/@\\\u3002][^\s]|www\.", re.IGNORECASE)


def has_mail_server() -> bool:
    """Return whether mail reaches people. On the console it does not, so it proves no address."""
    return not settings.EMAIL_BACKEND.startswith(
        ("django.core.mail.backends.console", "django.core.mail.backends.dummy")
    )


def name_for_mail(name: str, *, instead: str) -> str:
    """Return a name in quotes, or `instead` if a mail program could turn the name into a link."""
    plain = " ".join(normalized("NFKC", name).split())
    return instead if LINK_LIKE.search(plain) else f"“{plain}”"
