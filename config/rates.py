"""How often people may do what costs much: asked before the page is, told in the answer, refused in words."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.bodies import refusal
from projects.audit import client_ip
from projects.rate import EXPORT_RATE, PASSWORD, SCAN, SIGN_IN, SIGN_UP_RATE, TooOften, admit
from tracing.wire.refusals import IngestRateLimited

# By method and name of the route. Who is not signed in is counted by address.
RATES = {
    ("POST", "account_login"): SIGN_IN,
    ("POST", "sign-in"): SIGN_IN,
    ("POST", "mfa_authenticate"): SIGN_IN,
    ("POST", "account_reset_password"): PASSWORD,
    ("POST", "account_confirm_password_reset_code"): PASSWORD,
    ("POST", "account_signup"): SIGN_UP_RATE,
    ("POST", "account_email_verification_sent"): SIGN_UP_RATE,
    ("GET", "scan"): SCAN,
    ("GET", "export"): EXPORT_RATE,
    ("GET", "export-session"): EXPORT_RATE,
    ("GET", "compare-csv"): EXPORT_RATE,
    ("GET", "review-results"): EXPORT_RATE,
}


class RatedPages:
    """Middleware, to stand behind the one that knows who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        rate = RATES.get((request.method or "", name or ""))
        if rate is None or not settings.COUNT_PEOPLE:
            return None
        who = f"user-{request.user.pk}" if request.user.is_authenticated else client_ip(request)
        try:
            admit(rate, who, request)
        except TooOften as error:
            wait = IngestRateLimited(f"{error} Wait {error.retry_after} seconds.", retry_after=error.retry_after)
            return refusal(request, wait)
        return None
