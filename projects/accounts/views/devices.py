"""The browsers in which a person is signed in, and signing out of one or of all others."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects.access import person
from projects.accounts.browsers import browser_name, browsers_of, is_hand_held, own_key
from projects.audit import Action, record_everywhere

MAX_SHOWN_BROWSERS = 100


@require_safe
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    mine = own_key(request)
    rows = list(browsers_of(person(request))[: MAX_SHOWN_BROWSERS + 1])
    shown = [
        {"row": row, "name": browser_name(row.agent), "is_phone": is_hand_held(row.agent), "is_this": row.pk == mine}
        for row in sorted(rows[:MAX_SHOWN_BROWSERS], key=lambda row: row.pk != mine)
    ]
    context = {
        "devices": shown,
        "is_capped": len(rows) > MAX_SHOWN_BROWSERS,
        "section": "account",
        "tab": "devices",
    }
    return render(request, "account/devices.html", context)


@require_POST
@login_required
@transaction.atomic
def sign_out_device(request: HttpRequest, key: str) -> HttpResponse:
    row = get_object_or_404(browsers_of(person(request)).exclude(pk=own_key(request)), pk=key)
    record_everywhere(Action.SIGNED_OUT, person(request), request=request, browser=browser_name(row.agent))
    row.delete()
    messages.success(request, f"Signed out of {browser_name(row.agent)}.")
    return redirect("account-devices")


@require_POST
@login_required
@transaction.atomic
def sign_out_others(request: HttpRequest) -> HttpResponse:
    others = browsers_of(person(request)).exclude(pk=own_key(request))
    record_everywhere(Action.SIGNED_OUT, person(request), request=request, browser="all others")
    others.delete()
    messages.success(request, "Signed out everywhere else.")
    return redirect("account-devices")
