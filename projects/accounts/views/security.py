"""How a person proves who they are: password, passkeys, authenticator app and recovery codes, on one page."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.access import person


@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    own = list(Authenticator.objects.filter(user=person(request)).order_by("created_at"))
    of_type = {one.type: one for one in own}
    codes = of_type.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "passkeys": [one.wrap() for one in own if one.type == Authenticator.Type.WEBAUTHN],
        "app": of_type.get(Authenticator.Type.TOTP),
        "codes": codes,
        "unused_codes": len(codes.wrap().get_unused_codes()) if codes else 0,
        "has_password": person(request).has_usable_password(),
        "section": "account",
        "tab": "security",
    }
    return render(request, "account/security.html", context)
