"""Who may sign up, and where allauth sends people: the rules behind its pages."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from projects.models import Invitation


def may_sign_up(email: str) -> bool:
    """Anybody where sign-up is open, and everywhere whoever is invited."""
    invitations = Invitation.objects.filter(email=email.lower(), expires_at__gt=timezone.now())
    return settings.SIGN_UP == "open" or invitations.exists()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whoever followed the link of an invitation has proven the address that it is for."""
        return settings.SIGN_UP == "open" or bool(request.session.get("account_verified_email"))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("organizations")


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return may_sign_up(sociallogin.user.email)


class LoginForm(AllauthLoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    def clean_email(self) -> str:
        email: str = super().clean_email().lower()
        if not may_sign_up(email):
            raise ValidationError("Nobody has invited this address. Ask the owner of an organization to invite it.")
        return email
