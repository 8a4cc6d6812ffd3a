"""Browsers in which people are signed in."""

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from projects.models.people import User

MAX_AGENT_CHARACTERS = 300


class BrowserSession(AbstractBaseSession):
    """A session of a browser, kept under a hash of its cookie, and whose it is."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="browsers")
    agent = models.CharField(max_length=MAX_AGENT_CHARACTERS, blank=True)
    ip = models.GenericIPAddressField(null=True)
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta(AbstractBaseSession.Meta):
        db_table = "browser_session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from projects.accounts.session_store import SessionStore  # imports this model

        return SessionStore
