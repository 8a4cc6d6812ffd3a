"""How often a key may come and how much its project may send, asked before a view looks at the body.

What is exceeded is raised rather than returned, so that the answer says which limit it was."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tracing.ingest import quota
from tracing.ingest.key_rate_limit import admit
from tracing.ingest.rest.keys import key_of

if TYPE_CHECKING:  # the settings name these classes, which views want in turn
    from rest_framework.views import APIView


class KeyThrottle(BaseThrottle):
    """Counts the requests of a key; the answer tells where it stands (config/answers.py)."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Return True. Raise IngestRateLimited when the key comes too often."""
        admit(key_of(request).pk, request._request)
        return True


class QuotaThrottle(BaseThrottle):
    """Asks whether the project may still send spans in this month."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Return True. Raise IngestQuotaExceeded when the project has used its quota up."""
        quota.admit(key_of(request).project)
        return True
