"""Limits how often people may do expensive things: counts before the view runs, and refuses with a reason."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.bodies import refusal
from projects.audit import client_ip
from projects.rate_limits import EXPORT_RATE, PASSWORD_RATE, SCAN_RATE, SIGN_IN_RATE, SIGN_UP_RATE, TooOften, admit
from tracing.wire.refusals import IngestRateLimited

# By method and name of the route. People who are not signed in are counted by address.
RATES = {
    ("POST", "account_login"): SIGN_IN_RATE,
    ("POST", "sign-in"): SIGN_IN_RATE,
    ("POST", "mfa_authenticate"): SIGN_IN_RATE,
    ("POST", "mfa_login_webauthn"): SIGN_IN_RATE,
    ("POST", "account_reset_password"): PASSWORD_RATE,
    ("POST", "account_confirm_password_reset_code"): PASSWORD_RATE,
    ("POST", "account_signup"): SIGN_UP_RATE,
    ("POST", "account_email_verification_sent"): SIGN_UP_RATE,
    ("GET", "scan"): SCAN_RATE,
    ("GET", "export"): EXPORT_RATE,
    ("GET", "export-session"): EXPORT_RATE,
    ("GET", "compare-csv"): EXPORT_RATE,
    ("GET", "review-results"): EXPORT_RATE,
}


class RatedPages:
    """Middleware that counts requests to the routes below. It must stand behind authentication."""

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
