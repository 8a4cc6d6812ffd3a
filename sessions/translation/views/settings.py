"""The translation settings of a project, for its admins.

A provider on another host needs their consent, which is audited; its key is stored encrypted and never shown again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from projects.access import person, project_view, requires
from projects.administration.forms import FIELD_ATTRS, SHORT_FIELD_ATTRS
from projects.audit import Action, record
from projects.models import Project, Role
from sessions.models import TranslationSettings
from sessions.translation.choices import load_choice
from sessions.translation.egress import check_url
from sessions.translation.embedded import pairs
from sessions.translation.languages import name_of
from sessions.translation.provider import Provider, TranslationFailed
from sessions.translation.quota import used_today
from sessions.translation.registry import TRANSLATION_PROVIDERS_BY_SLUG, offered
from sessions.translation.secrets import encrypted

MOST_CHARACTERS = 1_000_000_000
SETTING_NAMES = {"base_url": "an address", "model": "a model", "secret": "a key"}
SECRET_HELP = "Stored encrypted and never shown again. Leave it empty to keep the stored one."


class ChoiceForm(forms.Form):
    """The provider, its access, and the limits."""

    provider = forms.ChoiceField(required=False, label="Provider", widget=forms.HiddenInput)
    base_url = forms.URLField(
        required=False, label="Address", assume_scheme="https", widget=forms.URLInput(FIELD_ATTRS)
    )
    model = forms.CharField(required=False, max_length=120, widget=forms.TextInput(FIELD_ATTRS))
    secret = forms.CharField(
        required=False,
        max_length=500,
        label="Key",
        widget=forms.PasswordInput(FIELD_ATTRS | {"autocomplete": "off"}),
    )
    daily_characters = forms.IntegerField(
        min_value=0,
        max_value=MOST_CHARACTERS,
        label="Daily limit",
        help_text="After that, nothing is translated until the next day (UTC).",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )
    tool_results = forms.BooleanField(required=False, label="Also translate the results of tools")
    consent = forms.BooleanField(
        required=False,
        label="I agree that texts of this project's conversations are sent to this provider",
        help_text="Whole sentences of what people and models said leave this host, without code, links, e-mail"
        " addresses and numbers. Personal names stay in them. Every use is in the audit log.",
    )

    def __init__(self, *args: Any, stored: TranslationSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored
        choices = [("", "Nobody: translation is off"), *((kind.slug, _named(kind.slug)) for kind in offered())]
        self.fields["provider"].choices = choices  # type: ignore[attr-defined]
        asks_for = self.kind.asks_for if self.kind else {}
        for name, needed in asks_for.items():
            said = f"{needed[:1].upper()}{needed[1:]}."
            self.fields[name].help_text = f"{said} {SECRET_HELP}" if name == "secret" else said

    @property
    def kind(self) -> type[Provider] | None:
        """The chosen provider, or None if translation is off."""
        return TRANSLATION_PROVIDERS_BY_SLUG.get(self["provider"].value() or "")

    @property
    def is_off(self) -> bool:
        return self.kind is None

    @property
    def leaves_host(self) -> bool:
        """Whether texts are sent to another host."""
        return self.kind is not None and self.kind.leaves_host

    @property
    def asked(self) -> list[forms.BoundField]:
        """The text fields that the chosen provider needs."""
        return [self[name] for name in SETTING_NAMES if self.kind and name in self.kind.asks_for]

    @property
    def is_same_receiver(self) -> bool:
        """Return whether texts go to the same place as before: only then do key and consent stay valid."""
        given = self.cleaned_data
        return all(given.get(name, "") == getattr(self.stored, name) for name in ("provider", "base_url"))

    def clean(self) -> dict[str, Any]:
        """Refuse a provider without what it needs, or without consent."""
        given = super().clean() or {}
        kind = TRANSLATION_PROVIDERS_BY_SLUG.get(given.get("provider", ""))
        if kind is None or self.errors:
            return given
        for name in SETTING_NAMES:
            if name not in kind.asks_for:
                given[name] = ""
        kept = self.stored.secret if self.is_same_receiver else ""
        for name in kind.asks_for:
            is_there = given[name] or (name == "secret" and kept)
            if not is_there and name not in kind.optional:
                self.add_error(name, f"{kind.label} needs {SETTING_NAMES[name]}.")
        self._check_address(given["base_url"])
        if kind.leaves_host and not given["consent"]:
            self.add_error("consent", "Nothing is sent to another host without your consent.")
        return given

    def _check_address(self, url: str) -> None:
        try:
            if url:
                check_url(url)
        except TranslationFailed as error:
            self.add_error("base_url", str(error))

    def save(self, project: Project, *, by: str) -> TranslationSettings:
        """Store the settings."""
        given, stored = self.cleaned_data, self.stored
        kind = TRANSLATION_PROVIDERS_BY_SLUG.get(given["provider"])
        secret = encrypted(given["secret"]) or (stored.secret if self.is_same_receiver else "")
        consents = kind is not None and kind.leaves_host
        is_new = consents and (not self.is_same_receiver or stored.consent_at is None)
        for name in ("provider", "base_url", "model", "daily_characters", "tool_results"):
            setattr(stored, name, given[name])
        stored.project, stored.secret = project, secret if kind and "secret" in kind.asks_for else ""
        if is_new or not consents:
            stored.consent_by, stored.consent_at = (by, timezone.now()) if consents else ("", None)
        stored.save()
        return stored


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def translation(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the translation settings; store and audit what is posted."""
    choice = load_choice(project)
    names = ("provider", "base_url", "model", "daily_characters", "tool_results")
    initial = {name: getattr(choice.settings, name) for name in names}
    initial["consent"] = choice.settings.consent_at is not None
    asked = request.GET.get("provider")
    if asked is not None and (asked == "" or asked in {kind.slug for kind in offered()}):
        initial["provider"] = asked
        initial["consent"] = initial["consent"] and asked == choice.settings.provider
    form = ChoiceForm(request.POST or None, stored=choice.settings, initial=initial)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save(project, by=person(request).email)
            _record(request, project, saved)
        messages.success(request, "Saved.")
        return redirect("project-translation", project.pk)
    context = {
        "project": project,
        "form": form,
        "choice": choice,
        "used": used_today(project.pk),
        "pairs": sorted(f"{name_of(source)} → {name_of(target)}" for source, target in pairs()),
        "section": "settings",
        "tab": "translation",
    }
    return render(request, "settings/translation.html", context, status=400 if form.errors else 200)


def _named(slug: str) -> str:
    kind = TRANSLATION_PROVIDERS_BY_SLUG[slug]
    return f"{kind.label}{', another host' if kind.leaves_host else ', on this host'}"


def _record(request: HttpRequest, project: Project, saved: TranslationSettings) -> None:
    record(
        Action.PROJECT_CHANGED,
        project,
        actor=person(request),
        target=project.name,
        request=request,
        translation=saved.provider or "off",
        translation_address=saved.base_url,
        translation_consent=saved.consent_by,
        daily_characters=saved.daily_characters,
    )
