"""The read API's door: every request names a live key, which decides the project: with the scope `read` to
read, with the scope `write` for anything else."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from projects.auth import KeyRefused, key_for
from projects.models import ApiKey, Project, Scope
from tracing.ingest.rate import admit
from tracing.wire.refusals import IngestRateLimited


class KeyAuthentication(BaseAuthentication):
    """`Bearer sk` or `Basic pk:sk`. There is no anonymous request, so no permission has to be checked behind it."""

    def authenticate(self, request: HttpRequest | Request) -> tuple[None, ApiKey]:
        try:
            key = key_for(request.headers.get("Authorization", ""), self.scope_for(request.method))
            admit(key.pk, getattr(request, "_request", request))
        except KeyRefused as error:
            raise (PermissionDenied if error.status == 403 else AuthenticationFailed)(str(error)) from None
        except IngestRateLimited as error:
            raise Throttled(error.retry_after, str(error)) from None
        return None, key

    def scope_for(self, method: str | None) -> Scope:
        return Scope.READ if method in SAFE_METHODS else Scope.WRITE

    def authenticate_header(self, request: HttpRequest | Request) -> str:
        return 'Basic realm="Confab API key"'


def key_of(request: Request) -> ApiKey:
    """Who asks."""
    key = request.auth
    assert isinstance(key, ApiKey)
    return key


def project_of(request: Request) -> Project:
    """The key's project: the only tenant that the request may see or change."""
    return key_of(request).project
