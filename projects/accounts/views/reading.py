"""How a person reads: the time zone, the notation of dates and numbers, the theme, and the density of lists."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.access import person
from projects.accounts.own_forms import ReadingForm
from projects.preferences import THEME_COOKIE

THEME_SECONDS = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reading(request: HttpRequest) -> HttpResponse:
    form = ReadingForm(request.POST or None, instance=person(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved. It applies in every browser of yours.")
        response = redirect("account-reading")
        response.set_cookie(THEME_COOKIE, form.instance.theme or "system", max_age=THEME_SECONDS, samesite="Lax")
        return response
    status = 400 if form.errors else 200
    return render(
        request, "account/reading.html", {"form": form, "section": "account", "tab": "reading"}, status=status
    )
