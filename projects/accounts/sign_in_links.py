"""Links that sign a person in once. A token expires with the next sign-in, or after three days."""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from projects.models import User


class SignInTokens(PasswordResetTokenGenerator):
    """Generator of tokens that also sign the password and the time of the last sign-in.

    A change of either invalidates the token."""

    key_salt = "projects.sign_in_links"  # fixed: links that were given out must stay valid


tokens = SignInTokens()


def link_for(user: User) -> str:
    """Return a link that signs `user` in."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.BASE_URL + reverse("sign-in-link", args=[uid, tokens.make_token(user)])


def find_user(uidb64: str, token: str) -> User | None:
    """Return the person of a link, or None if it no longer works. The caller signs the person in, which ends it."""
    try:
        user = User.objects.get(pk=force_str(urlsafe_base64_decode(uidb64)), is_active=True)
    except (User.DoesNotExist, ValueError, OverflowError):
        return None
    return user if tokens.check_token(user, token) else None
