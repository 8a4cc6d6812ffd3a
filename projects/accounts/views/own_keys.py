"""A person's own API keys, which open what the person may open. A secret is shown once, when it is created."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects.access import person
from projects.accounts.own_forms import OwnKeyForm
from projects.audit import Action, record_everywhere
from projects.auth import PROJECT_HEADER, create_own_key
from projects.keys import revoke
from projects.models import ApiKey

MAX_OWN_KEYS = 50  # of a person that are valid at once


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def own_keys(request: HttpRequest) -> HttpResponse:
    """Show the keys; create the one that is posted."""
    if request.method != "POST":
        return _page(request, OwnKeyForm())
    form = OwnKeyForm(request.POST)
    if person(request).own_keys.live().count() >= MAX_OWN_KEYS:
        form.add_error("name", f"You have {MAX_OWN_KEYS} keys already. Revoke one first.")
    if not form.is_valid():
        return _page(request, form, status=400)
    with transaction.atomic():
        key, secret = create_own_key(
            person(request),
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at(),
        )
        _record(request, Action.KEY_CREATED, key)
    return _page(request, OwnKeyForm(), made=key, secret=secret)


@require_POST
@login_required
@transaction.atomic
def revoke_own_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """End a key at once."""
    key = get_object_or_404(person(request).own_keys, pk=key_id)
    revoke(key)
    _record(request, Action.KEY_REVOKED, key)
    return redirect("account-keys")


def _record(request: HttpRequest, action: Action, key: ApiKey) -> None:
    expires = str(key.expires_at or "never")
    record_everywhere(
        action, person(request), request=request, key=key.public_key, scopes=", ".join(key.scopes), expires=expires
    )


def _page(
    request: HttpRequest, form: OwnKeyForm, *, made: ApiKey | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "keys": person(request).own_keys.order_by("-created_at", "-pk")[: 2 * MAX_OWN_KEYS],
        "form": form,
        "made": made,
        "secret": secret,
        "header": PROJECT_HEADER,
        "section": "account",
        "tab": "keys",
    }
    return render(request, "account/keys.html", context, status=status)
