"""PostgreSQL and Valkey from their wheels: start, stop and recovery, for `manage.py up` and for the tests."""


class CannotStart(Exception):
    """Something on this machine prevents a start. The text says what, and what to do."""
