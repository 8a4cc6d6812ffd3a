"""PostgreSQL and Valkey out of their wheels: start, stop, recover. Used by `manage.py up` and by the tests."""


class CannotStart(Exception):
    """Something on this machine is in the way; the text says what, and what to do."""
