"""What a provider of single sign-on says about people, and what is done when it says nothing.

Claims are those of OpenID Connect Core 1.0, section 5.1."""

from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.http import HttpRequest, HttpResponse
from requests import RequestException

from projects.accounts.names import in_one_line
from projects.models import User

UNTRUE_TEXTS = ("false", "0", "no", "none", "")  # some providers write truth values as texts


def claims_of(login: SocialLogin) -> Mapping[str, Any]:
    """Return what the provider says about the person, of its answer to userinfo before that of the id token."""
    said = login.account.extra_data
    return {**(said.get("id_token") or {}), **(said.get("userinfo") or {})}


def trust_addresses(login: SocialLogin) -> None:
    """Take the addresses as proven unless the provider says that they are not. Many do not speak of it."""
    is_proven = str(claims_of(login).get("email_verified", True)).lower() not in UNTRUE_TEXTS
    for address in login.email_addresses:
        address.verified = is_proven


def take_name(user: User, login: SocialLogin) -> None:
    """Give a person who has chosen no name that of the provider."""
    named = claims_of(login).get("name")
    if not user.name and isinstance(named, str):
        most: int = User._meta.get_field("name").max_length or 0
        user.name = in_one_line(named)[:most]


def sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody to the provider. If it does not say where to, they are told so."""
    try:
        answer: HttpResponse = oidc.login(request, provider_id)
    except (RequestException, ValueError, KeyError) as error:
        answer = render_authentication_error(request, provider_id, exception=error)
    return answer
