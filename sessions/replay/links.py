"""What the links and forms of the session page take along."""

from django.http import QueryDict
from django.utils.http import urlencode

KEPT_PARAMETERS = ("in", "only", "find", "lang")


def kept_query(given: QueryDict) -> str:
    """Return `&in=...` for links within the page."""
    kept = {name: str(given[name]) for name in KEPT_PARAMETERS if given.get(name)}
    return "&" + urlencode(kept) if kept else ""
