"""A project's own prices, which its admins list, add and delete."""

from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from projects.access import person, project_view, requires
from projects.administration.forms import FIELD_ATTRS, SHORT_FIELD_ATTRS
from projects.audit import Action, record
from projects.models import Project, Role
from tracing.models import ModelPrice, Repricing
from tracing.store import repricing

MAX_PRICE = 1_000_000  # USD per million tokens
PRICE_UNIT = "USD per million tokens"
UNITS = {"above_input_tokens": "input tokens"}
PRICE_FIELDS = ("input_price", "output_price", "cached_price", "cache_write_price")


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ModelPrice
        fields = ["pattern", *PRICE_FIELDS, "above_input_tokens", "starts_on"]
        labels = {
            "pattern": "Models",
            "input_price": "Input",
            "output_price": "Output",
            "cached_price": "Cached input",
            "cache_write_price": "Cache writes",
            "above_input_tokens": "Tier starts at",
            "starts_on": "Valid from",
        }
        help_texts = {
            "pattern": "A name, or its beginning with *, such as gpt-4o*.",
            "cached_price": "Leave empty if it costs the same as input.",
            "cache_write_price": "Leave empty if it costs the same as input.",
            "starts_on": "A day such as 2026-11-30. Leave empty for always.",
        }
        widgets = {
            "pattern": forms.TextInput(FIELD_ATTRS),
            **{name: forms.NumberInput(SHORT_FIELD_ATTRS | {"step": "any", "min": "0"}) for name in PRICE_FIELDS},
            "above_input_tokens": forms.NumberInput(SHORT_FIELD_ATTRS | {"min": "0"}),
            "starts_on": forms.DateInput(SHORT_FIELD_ATTRS),
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for name in PRICE_FIELDS:
            if values.get(name) is not None and not 0 <= values[name] < MAX_PRICE:
                self.add_error(name, f"Enter a price between 0 and {MAX_PRICE:,} USD.")
        return values


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def prices(request: HttpRequest, project: Project) -> HttpResponse:
    """List the prices, or add one."""
    form = PriceForm(request.POST or None, instance=ModelPrice(project_id=project.pk))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                form.instance.save(force_insert=True)
                _record(request, project, form.instance, "price added")
            return redirect("project-prices", project.pk)
        except IntegrityError:
            form.add_error("pattern", "These models already have a price from this day and tier. Delete it first.")
    context = {
        "project": project,
        "prices": ModelPrice.objects.for_project(project).order_by("pattern", "starts_on", "above_input_tokens"),
        "form": form,
        "units": [(form[name], UNITS.get(name, PRICE_UNIT if name in PRICE_FIELDS else "")) for name in form.fields],
        "repricing": Repricing.objects.for_project(project).order_by("-requested_at").first(),
        "section": "settings",
        "tab": "prices",
    }
    return render(request, "settings/prices.html", context, status=400 if form.errors else 200)


@require_POST
@project_view
@requires(Role.ADMIN)
@transaction.atomic
def delete_price(request: HttpRequest, project: Project, price_id: str) -> HttpResponse:
    """Delete a price."""
    price = get_object_or_404(ModelPrice.objects.for_project(project), id=price_id)
    _record(request, project, price, "price deleted")
    ModelPrice.objects.for_project(project).filter(id=price_id).delete()
    return redirect("project-prices", project.pk)


@require_POST
@project_view
@requires(Role.ADMIN)
def reprice(request: HttpRequest, project: Project) -> HttpResponse:
    """Order that all stored calls are priced anew."""
    with transaction.atomic():
        repricing.order(project.pk, by=person(request).email)
        said = {"change": "stored calls repriced"}
        record(Action.PROJECT_CHANGED, project, actor=person(request), target=project.name, request=request, **said)
        transaction.on_commit(lambda: repricing.repricings.wake(project.pk))
    return redirect(reverse("project-prices", args=[project.pk]) + "#reprice")


def _record(request: HttpRequest, project: Project, price: ModelPrice, change: str) -> None:
    said = {"change": change, "models": price.pattern, "input": str(price.input_price)}
    said["output"] = str(price.output_price)
    record(Action.PROJECT_CHANGED, project, actor=person(request), target=project.name, request=request, **said)
