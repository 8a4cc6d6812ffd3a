"""Writes sign-ins, and changes of how a person signs in, to the audit log of each of the person's organizations."""

from typing import Any

from allauth.account.signals import email_changed, password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from projects.audit import Action, record_everywhere
from projects.models import User

CHANGES: dict[Signal, str] = {
    email_changed: "e-mail address changed",
    password_changed: "password changed",
    password_reset: "password reset by mail",
    authenticator_added: "second factor added",
    authenticator_removed: "second factor removed",
    authenticator_reset: "recovery codes made",
}


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    record_everywhere(Action.SIGNED_IN, user, request=request)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record_everywhere(Action.SIGNED_OUT, user, request=request)


@receiver(user_login_failed)
def _sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "").lower()
    if user := User.objects.filter(email=email).first():
        record_everywhere(Action.SIGN_IN_FAILED, user, request=request)


@receiver(list(CHANGES))
def _security_changed(
    signal: Signal, request: HttpRequest | None, user: User, authenticator: Authenticator | None = None, **_: Any
) -> None:
    change = CHANGES[signal]
    if authenticator is not None and authenticator.type == Authenticator.Type.WEBAUTHN:
        change = change.replace("second factor", "passkey")
    record_everywhere(Action.SECURITY_CHANGED, user, request=request, change=change)
