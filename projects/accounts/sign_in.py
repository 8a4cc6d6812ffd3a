"""Rules behind allauth's pages: who may sign up, and where people are sent."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import AddEmailForm as AllauthAddEmailForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from projects.accounts.account_letters import letter_for
from projects.accounts.joining import OPENED_INVITATION_KEY, join, opened_invitation
from projects.accounts.letters import message_of
from projects.accounts.mail import has_mail_server
from projects.accounts.people import MembershipRefusal, usable_invitations
from projects.accounts.single_sign_on import take_name, trust_addresses
from projects.models import Invitation, User

INVITED_EMAIL_KEY = "invited_email"  # in a browser session that opened the link of an invitation
NO_MAIL = "This installation has no mail server. Ask its operator for a sign-in link (./run manage sign_in_link)."
NO_PROOF = "This installation has no mail server, so a new address cannot be verified."


def is_sign_up_open() -> bool:
    """Return whether everybody who can read mail may sign up. Without a mail server, nobody may."""
    return settings.SIGN_UP == "open" and has_mail_server()


def may_sign_up(email: str) -> bool:
    """Return whether the address may sign up: sign-up is open, or the address is invited."""
    return is_sign_up_open() or usable_invitations().filter(email=email.lower()).exists()


def note_opened_invitation(request: HttpRequest, invitation: Invitation) -> None:
    """Let this browser sign up with the invited address. It is proven only if mail delivered the link."""
    request.session[INVITED_EMAIL_KEY] = invitation.email
    request.session[OPENED_INVITATION_KEY] = invitation.pk
    if invitation.is_mailed:
        request.session["account_verified_email"] = invitation.email  # allauth's own name for a proven address


class VerifyAddress(EmailVerificationStage):  # type: ignore[misc]
    """Step of a sign-in that asks for the code from a mail.

    Without a mail server nobody could continue, so the step is skipped, and the address stays unproven."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        return super().handle() if has_mail_server() else (None, True)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "Wrong e-mail or password.",
        "too_many_login_attempts": "Too many tries. Wait a few minutes, then try again.",
        "incorrect_code": "Wrong or expired code.",
        "incorrect_password": "Wrong password.",
        "enter_current_password": "Wrong current password.",
        "email_taken": "An account with this address already exists.",
        "rate_limited": "Too many requests. Wait a minute, then try again.",
        "same_as_current": "This is already your address.",
    }

    def post_login(
        self, request: HttpRequest, user: User, *, signup: bool, redirect_url: str | None, **more: Any
    ) -> HttpResponse:
        """Let whoever signs up from an invitation join at once, and start where they were invited to."""
        invitation = opened_invitation(request) if signup else None
        if invitation and invitation.email == user.email:
            try:
                with transaction.atomic():
                    redirect_url = join(request, invitation, user)
            except MembershipRefusal as refusal:
                messages.error(request, str(refusal))
        response: HttpResponse = super().post_login(request, user, signup=signup, redirect_url=redirect_url, **more)
        return response

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return is_sign_up_open() or bool(request.session.get(INVITED_EMAIL_KEY))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("organizations")

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.account.stages.EmailVerificationStage": "projects.accounts.sign_in.VerifyAddress"}
        return [ours.get(path, path) for path in super().get_login_stages()]

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, unless only the operator's console has shown the code."""
        return has_mail_server() and bool(super().confirm_email(request, email_address))

    def send_mail(self, template_prefix: str, email: str, values: dict[str, Any]) -> None:
        """Send a mail as a letter. Its links contain the base URL, whatever host received the request."""
        if letter := letter_for(template_prefix, {**values, "email": email}):
            message_of(letter, email).send()
            return
        ours = {name: _at_base_url(value) if _is_link(value) else value for name, value in values.items()}
        site = {"name": "Confab", "domain": settings.BASE_URL}
        super().send_mail(template_prefix, email, ours | {"current_site": site})


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return may_sign_up(sociallogin.user.email)

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Return whether an account may be joined: only if its address is proven.

        Otherwise its maker may not be the person whom the provider knows."""
        is_proven = EmailAddress.objects.filter(email=email.lower(), verified=True).exists()
        return is_proven and bool(super().can_authenticate_by_email(login, email))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Return the account as the provider describes its owner, before it is looked for."""
        trust_addresses(sociallogin)
        user: User = super().populate_user(request, sociallogin, data)
        take_name(user, sociallogin)
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Name a member without a name, or say why the sign-in cannot go on if an account's address has no proof."""
        email = (sociallogin.user.email or "").lower()
        if sociallogin.is_existing and not sociallogin.user.name:
            take_name(sociallogin.user, sociallogin)
            sociallogin.user.save(update_fields=["name"])
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        if email and User.objects.filter(email=email).exists():
            messages.error(
                request,
                f"An account uses {email}, but the address is not verified. Ask the operator of this"
                " installation to mark the address as verified, or to delete the account, in the admin.",
            )
            raise ImmediateHttpResponse(redirect("sign-in"))


class LoginForm(AllauthLoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"

    def clean_email(self) -> str:
        """Accept only the address whose invitation this browser opened, unless sign-up is open."""
        email: str = super().clean_email().lower()
        is_invited = email == context.request.session.get(INVITED_EMAIL_KEY) and may_sign_up(email)
        if not (is_invited or is_sign_up_open()):
            raise ValidationError("Nobody has invited this address. Ask the owner of an organization to invite it.")
        return email


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    has_mail_server, no_mail = staticmethod(has_mail_server), NO_MAIL  # for the page

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"

    def clean_email(self) -> str:
        if not has_mail_server():
            raise ValidationError(NO_MAIL)
        return super().clean_email()  # type: ignore[no-any-return]


class AddEmailForm(AllauthAddEmailForm):  # type: ignore[misc]
    has_mail_server, no_mail = staticmethod(has_mail_server), NO_PROOF  # for the page

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New address"

    def clean_email(self) -> str:
        if not has_mail_server():
            raise ValidationError(NO_PROOF)
        return super().clean_email()  # type: ignore[no-any-return]


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _at_base_url(link: str) -> str:
    """Return the link with the scheme and host of the base URL."""
    parts = urlsplit(link)
    return settings.BASE_URL + (parts._replace(scheme="", netloc="").geturl())
