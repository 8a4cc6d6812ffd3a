"""The id of a session in an address."""

from django.urls.converters import PathConverter

from tracing.limits.ids import in_one_form


class SessionIdConverter(PathConverter):
    """Any text, slashes too, in the form in which ids are stored: one that looks the same finds the same session."""

    def to_python(self, value: str) -> str:
        """Return the id as it is stored."""
        return in_one_form(value)
