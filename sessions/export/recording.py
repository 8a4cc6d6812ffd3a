"""What the audit log records about an export: its kind, never what was searched for."""

from django.http import QueryDict


def parameters_in(params: QueryDict) -> str:
    """Return the names of the parameters that have a value."""
    return ", ".join(sorted(name for name in params if name != "format" and any(params.getlist(name))))[:200]
