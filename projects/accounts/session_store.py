"""Browser sessions in the database, under a hash of their key: a reader of a backup cannot take over a session.

The key is the cookie. It has 32 random characters, so a plain hash cannot be reversed."""

from hashlib import sha256
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

KEY_COLUMN_CHARACTERS = 40


def hashed(key: str) -> str:
    """Return the value that is stored for a key: 160 bits, in the 40 characters of its column."""
    return sha256(key.encode()).hexdigest()[:KEY_COLUMN_CHARACTERS]


class SessionStore(db.SessionStore):
    """Django's store, with hashed keys in all four methods that use the database. Nothing is asynchronous."""

    def _get_session_from_db(self) -> Session | None:
        row = None
        if self.session_key is not None:
            rows = Session.objects.filter(session_key=hashed(self.session_key), expire_date__gt=timezone.now())
            row = rows.first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(hashed(session_key)))

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(hashed(key))
