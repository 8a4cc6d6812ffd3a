"""What the audit log says of an export: what kind it was, never what was looked for."""

from django.http import QueryDict


def parameters_in(params: QueryDict) -> str:
    """The names of the parameters that have a value."""
    return ", ".join(sorted(name for name in params if name != "format" and any(params.getlist(name))))[:200]
