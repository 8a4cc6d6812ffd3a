"""The letters about an account, by the name that allauth gives each mail."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from projects.accounts.browsers import browser_name
from projects.accounts.letters import Letter

NOT_YOU = "If you did not ask for it, ignore this mail: nothing happens without the code."
Values = Mapping[str, Any]


def letter_for(name: str, values: Values) -> Letter | None:
    """Return the letter for a mail of allauth, or None for one that Confab never sends."""
    if name in CHANGES_BY_MAIL:
        return _change(CHANGES_BY_MAIL[name].format_map(_Names(values)), values)
    write = WRITERS.get(name)
    return write(values) if write else None


def _confirmation(values: Values) -> Letter:
    return Letter(
        subject="Confirm your address",
        title="Confirm your address.",
        words=["Enter this code in the window that asks for it."],
        code=str(values.get("code", "")),
        why=f"You get this because {values['email']} was entered in Confab. {NOT_YOU}",
    )


def _reset(values: Values) -> Letter:
    return Letter(
        subject="Your code for a new password",
        title="Choose a new password.",
        words=["Enter this code in the window that asks for it. It is valid for 15 minutes."],
        code=str(values["code"]),
        why=f"You get this because somebody asked for a new password for {values['email']}. {NOT_YOU}",
    )


def _known(values: Values) -> Letter:
    return Letter(
        subject="You have an account already",
        title="You have an account already.",
        words=[f"Somebody tried to sign up with {values['email']}. If you forgot your password, choose a new one."],
        button=("Choose a new password", settings.BASE_URL + reverse("account_reset_password")),
        why="If it was not you, ignore this mail: nobody learns that you have an account.",
    )


def _change(sentence: str, values: Values) -> Letter:
    where = [browser_name(str(values.get("user_agent", ""))), str(values.get("ip") or "")]
    at = values.get("timestamp")
    when = f", on {at:%-d %b %Y at %H:%M} UTC" if at else ""
    return Letter(
        subject=sentence.rstrip("."),
        title=sentence,
        words=[f"This was done from {', '.join(filter(None, where))}{when}."],
        button=("See your account", settings.BASE_URL + reverse("mfa_index")),
        notes=["If it was not you, change your password and sign out the devices you do not recognize."],
        why="You get this whenever the way you sign in changes.",
    )


class _Names(dict[str, Any]):
    """Values for a sentence; what is missing is left out."""

    def __init__(self, values: Values) -> None:
        super().__init__({name: str(value) for name, value in values.items()})

    def __missing__(self, name: str) -> str:
        return "another one"


WRITERS: dict[str, Callable[[Values], Letter]] = {
    "account/email/email_confirmation": _confirmation,
    "account/email/email_confirmation_signup": _confirmation,
    "account/email/password_reset_code": _reset,
    "account/email/account_already_exists": _known,
}
CHANGES_BY_MAIL = {
    "account/email/email_changed": "Your address changed to {to_email}.",
    "account/email/email_confirm": "Your address is confirmed.",
    "account/email/email_deleted": "The address {deleted_email} was removed.",
    "account/email/password_changed": "Your password was changed.",
    "account/email/password_reset": "Your password was changed.",
    "account/email/password_set": "A password was set.",
    "mfa/email/recovery_codes_generated": "New recovery codes were made.",
    "mfa/email/totp_activated": "An authenticator app was set up.",
    "mfa/email/totp_deactivated": "Your authenticator app was switched off.",
    "mfa/email/webauthn_added": "A passkey was added.",
    "mfa/email/webauthn_removed": "A passkey was removed.",
    "socialaccount/email/account_connected": "Single sign-on now leads to your account.",
    "socialaccount/email/account_disconnected": "Single sign-on no longer leads to your account.",
}
