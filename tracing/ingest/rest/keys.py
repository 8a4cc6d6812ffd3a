"""Who asks, and what they may: the one authentication class for keys, and the permissions behind it.

The key is looked up once and hangs on the request as `request.auth`, with its project."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, NotFound, ParseError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from projects.auth import PROJECT_HEADER, KeyRefused, live_key, permit
from projects.models import ApiKey

if TYPE_CHECKING:  # the settings name these classes, which views want in turn
    from rest_framework.views import APIView

FAILURES_BY_STATUS: dict[int, type[APIException]] = {400: ParseError, 404: NotFound}
KEY_CHALLENGE = 'Basic realm="Confab API key"'


def key_of(request: Request) -> ApiKey:
    """Return who asks. Only for requests that were authenticated by a key."""
    key: object = request.auth
    assert isinstance(key, ApiKey)
    return key


class KeyAuthentication(BaseAuthentication):
    """Finds the live key of `Bearer <secret key>` or `Basic <public key:secret key>`."""

    def authenticate(self, request: HttpRequest | Request) -> tuple[None, ApiKey]:
        """Return no user and the key. Raise AuthenticationFailed: nobody is anonymous here."""
        try:
            return None, live_key(request.headers.get("Authorization", ""), request.headers.get(PROJECT_HEADER, ""))
        except KeyRefused as error:
            raise FAILURES_BY_STATUS.get(error.status, AuthenticationFailed)(str(error)) from None

    def authenticate_header(self, request: HttpRequest | Request) -> str:
        """Return what a client without a live key is told to send."""
        return KEY_CHALLENGE


class NobodyMay(BasePermission):
    """Refuses everybody: the default, so that a view that names no permission is of no use to anybody."""

    message = "This address has no permission of its own, so nobody may use it."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return False."""
        return False


class KeyScope(BasePermission):
    """Asks the key for the scope that the view names for the method. A method without a scope is refused.

    Whoever comes with a key of their own also needs the role that the view names for the method."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the key may, and note its use if so."""
        scope = getattr(view, "scopes", {}).get(request.method)
        if scope is None:
            return False
        try:
            permit(key_of(request), scope, getattr(view, "roles", {}).get(request.method))
        except KeyRefused as error:
            self.message = str(error)
            return False
        return True
