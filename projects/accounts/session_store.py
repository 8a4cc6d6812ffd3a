"""Browser sessions in the database, under a hash of their key: a reader of a backup cannot take over a session.

The key is the cookie. It has 32 random characters, so a plain hash cannot be reversed. Beside its data, a session has
columns that say whose it is and in which browser, so that people can see and end theirs."""

from hashlib import sha256
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from projects.models import BrowserSession

KEY_COLUMN_CHARACTERS = 40
BROWSER = "browser"  # in the data: the browser, its address, and when the person signed in


def hashed(key: str) -> str:
    """Return the value that is stored for a key: 160 bits, in the 40 characters of its column."""
    return sha256(key.encode()).hexdigest()[:KEY_COLUMN_CHARACTERS]


class SessionStore(db.SessionStore):
    """Django's store, with hashed keys in all four methods that use the database. Nothing is asynchronous."""

    row: BrowserSession | None = None  # as it was loaded

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    def _get_session_from_db(self) -> BrowserSession | None:
        self.row = None
        if self.session_key is not None:
            rows = BrowserSession.objects.filter(session_key=hashed(self.session_key), expire_date__gt=timezone.now())
            self.row = rows.first()
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(hashed(session_key)))

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        if SESSION_KEY in data:
            browser = data.get(BROWSER) or {}
            row.user_id = int(data[SESSION_KEY])
            row.agent, row.ip = browser.get("agent", ""), browser.get("ip")
            row.began_at = parse_datetime(browser.get("began_at", "")) or timezone.now()
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(hashed(key))
