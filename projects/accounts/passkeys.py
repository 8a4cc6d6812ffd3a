"""Passkeys: where browsers offer them, what they are called, and that one alone is enough to sign in."""

from ipaddress import ip_address
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView
from django import forms
from django.http import HttpRequest

from projects.accounts.browsers import browser_name
from projects.secrets import EncryptingMFAAdapter

LOCAL = "localhost"  # browsers trust it without TLS


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


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Form that stores what the browser made. It is always a passkey, which needs no password beside it."""

    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].max_length = 100
        self.fields["name"].widget.attrs["maxlength"] = "100"

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True  # the device must have asked for a finger, a face or a PIN
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class AddPasskeyView(AddWebAuthnView):  # type: ignore[misc]
    """allauth's page, which asks the browser for a passkey rather than for a second factor."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        data: dict[str, Any] = super().get_context_data(**kwargs)
        options = begin_registration(self.request.user, passwordless=True)
        return data | {"js_data": {"creation_options": options}, "section": "account", "tab": "security"}


add_passkey = AddPasskeyView.as_view()
