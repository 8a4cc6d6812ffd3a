"""Passkeys: where browsers offer them, what they are called, and that one alone is enough to sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView
from django import forms
from django.db import DatabaseError
from django.http import HttpRequest

from projects.accounts.browsers import browser_name
from projects.secrets import EncryptingMFAAdapter

LOCAL = "localhost"  # browsers trust it without TLS
MAX_PASSKEY_NAME_CHARACTERS = 100
MAX_CREDENTIAL_CHARACTERS = 20_000  # a device sends about 1,000
MAX_PASSKEYS = 20  # of one person


def are_passkeys_possible(request: HttpRequest) -> bool:
    """Return whether browsers offer passkeys at this address: under a name, and by https unless it is localhost."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == LOCAL or host.endswith(f".{LOCAL}")
    return False


class MFAAdapter(EncryptingMFAAdapter):
    """Second factors: their secrets are encrypted, and passkeys have names that people recognize."""

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        return browser_name(context.request.headers.get("User-Agent", ""))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Confab"}


@contextmanager
def credentials_checked() -> Iterator[None]:
    """Make a ValidationError of whatever is wrong with a credential: it is a stranger's text until it is checked.

    The library that reads it raises many kinds of errors for what no device sends."""
    try:
        yield
    except (forms.ValidationError, DatabaseError):
        raise
    except Exception:
        raise forms.ValidationError("This passkey is not for Confab.") from None


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Form that stores what the browser made. It is always a passkey, which needs no password beside it."""

    name = forms.CharField(label="Name", required=False, max_length=MAX_PASSKEY_NAME_CHARACTERS)
    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        """Refuse what no device makes: a person keeps only so much here."""
        if len(self.data.get("credential", "")) > MAX_CREDENTIAL_CHARACTERS:
            raise forms.ValidationError("This is too large for a passkey.")
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= MAX_PASSKEYS:
            raise forms.ValidationError(f"You have {MAX_PASSKEYS} passkeys, which is the limit. Remove one first.")
        return self.cleaned_data["credential"]

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True  # the device must have asked for a finger, a face or a PIN
        with credentials_checked():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class PasskeySignInForm(LoginWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Authenticator:
        with credentials_checked():
            return super().clean_credential()


class PasskeyFactorForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Authenticator:
        with credentials_checked():
            return super().clean_credential()


class PasskeyConfirmForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Authenticator:
        with credentials_checked():
            return super().clean_credential()


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label="Name", max_length=MAX_PASSKEY_NAME_CHARACTERS)


class AddPasskeyView(AddWebAuthnView):  # type: ignore[misc]
    """allauth's page, which asks the browser for a passkey rather than for a second factor."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = super().get_context_data(**kwargs)
        options = begin_registration(self.request.user, passwordless=True)
        return data | {"js_data": {"creation_options": options}, "section": "account", "tab": "security"}


add_passkey = AddPasskeyView.as_view()
