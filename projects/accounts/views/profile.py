"""How others see a person, and what opens when they sign in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.access import person
from projects.accounts.own_forms import ProfileForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=person(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("account")
    status = 400 if form.errors else 200
    return render(
        request, "account/profile.html", {"form": form, "section": "account", "tab": "profile"}, status=status
    )
