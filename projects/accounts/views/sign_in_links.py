"""The page that signs somebody in by a link."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.accounts.sign_in_links import find_user


@never_cache
@require_safe
def sign_in_link(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Sign in by a link from the operator, which works once. A second factor is still required.

    A HEAD request, which mail and chat programs send to preview a link, does not use it up."""
    if request.method == "HEAD":
        return HttpResponse()
    user = find_user(uidb64, token)
    if user is None:
        messages.error(request, "This link was used or has expired. Sign in with your password, or get a new link.")
        return redirect("sign-in")
    response: HttpResponse = perform_login(request, user, email_verification="none", redirect_url=reverse("home"))
    return response
