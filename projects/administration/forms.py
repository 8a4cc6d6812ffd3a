"""Forms of the settings pages."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone

from projects.audit import Action, Trail
from projects.date_range import RANGE_PARAMETERS, BadRange, DateRange, date_range
from projects.first_start import PROJECT
from projects.models import PROJECT_SCOPES, Membership, Organization, Project, Role, Scope, every_scope

FIELD_ATTRS = {"class": "field"}
SHORT_FIELD_ATTRS = {"class": "field short num"}
EXPIRY_CHOICES = [("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")]
OVERLAP_CHOICES = [("0", "Now"), ("1", "In an hour"), ("24", "In a day"), ("168", "In a week"), ("720", "In 30 days")]
SCOPE_TEXTS = {
    Scope.INGEST: "ingest: send traces and scores",
    Scope.READ: "read: query sessions, traces and scores",
    Scope.WRITE: "write: change and delete by API",
    Scope.ADMIN: "admin: manage projects, members and keys, where you are an admin",
}


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=120,
        help_text="Who will use it, such as “production” or “Ana's laptop”.",
        widget=forms.TextInput(FIELD_ATTRS),
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, SCOPE_TEXTS[scope]) for scope in PROJECT_SCOPES],
        initial=every_scope,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )
    expires = forms.ChoiceField(choices=EXPIRY_CHOICES, required=False, widget=forms.Select(FIELD_ATTRS))

    def expires_at(self) -> datetime | None:
        """Return when the key expires, or None for never."""
        days = self.cleaned_data["expires"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class RotateForm(forms.Form):
    overlap = forms.ChoiceField(
        choices=OVERLAP_CHOICES, initial="24", label="The old pair ends", widget=forms.Select(FIELD_ATTRS)
    )

    def until(self) -> datetime:
        """Return when the old key expires."""
        return timezone.now() + timedelta(hours=int(self.cleaned_data["overlap"]))


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Project
        fields = ["name"]
        widgets = {"name": forms.TextInput(FIELD_ATTRS)}

    def clean_name(self) -> str:
        """Return a name that is free. The transaction keeps it free until it ends."""
        name: str = self.cleaned_data["name"]
        Organization.objects.select_for_update().get(pk=self.instance.organization_id)
        if self.instance.organization.projects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another project in this organization has this name.")
        return name


class GeneralForm(ProjectForm):
    time_zone = forms.ChoiceField(
        choices=[(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        required=False,  # a script that only renames leaves the time zone unchanged
        help_text="Days begin at midnight here, in charts and filters.",
        widget=forms.Select(FIELD_ATTRS),
    )

    session_quiet_minutes = forms.IntegerField(
        min_value=1,
        max_value=10_080,
        required=False,
        label="A session is idle after",
        help_text=f"Default: {settings.SESSION_QUIET_MINUTES} minutes.",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )

    class Meta(ProjectForm.Meta):
        fields = ["name", "time_zone", "session_quiet_minutes"]

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"] or self.instance.time_zone
        return zone

    def clean_session_quiet_minutes(self) -> int | None:
        typed: int | None = self.cleaned_data["session_quiet_minutes"]
        return typed if "session_quiet_minutes" in self.data else self.instance.session_quiet_minutes


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]
    retention_days = forms.IntegerField(
        min_value=1,
        max_value=36_500,
        required=False,
        label="Retention",
        help_text="Traces that arrived earlier are deleted every night. Leave empty to keep everything.",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )
    monthly_span_quota = forms.IntegerField(
        min_value=1,
        max_value=10**15,
        required=False,
        label="Monthly span limit",
        help_text="Over the limit, requests get 429 until next month (UTC). Leave empty for no limit.",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )

    class Meta:
        model = Project
        fields = ["retention_days", "monthly_span_quota"]


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Organization
        fields = ["name"]
        widgets = {"name": forms.TextInput(FIELD_ATTRS)}


class FoundingForm(OrganizationForm):
    """Form of a new organization, with its first project."""

    project = forms.CharField(
        label="First project",
        max_length=120,
        required=False,
        initial=PROJECT,
        help_text="One for each program or team. Empty: none yet.",
        widget=forms.TextInput(FIELD_ATTRS),
    )


class ConfirmForm(forms.Form):
    """Form that confirms a deletion: people type the name of what they delete."""

    confirm = forms.CharField(widget=forms.TextInput(FIELD_ATTRS | {"autocomplete": "off", "spellcheck": "false"}))

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["confirm"].label = f"Type “{name}” to confirm"

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != self.name.strip():
            raise forms.ValidationError("The name does not match. Nothing was deleted.")
        return typed


def roles_below(role: Role) -> list[tuple[str, str]]:
    """Return the roles that somebody with `role` can give, weakest first."""
    return [(other.value, other.label) for other in reversed(Role) if role.covers(other)]


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(FIELD_ATTRS | {"autocomplete": "off"}))
    role = forms.ChoiceField(initial=Role.MEMBER, widget=forms.Select(FIELD_ATTRS))

    def __init__(self, *args: Any, by: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_below(by)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class TransferForm(forms.Form):
    member = forms.ModelChoiceField(Membership.objects.none(), label="New owner", widget=forms.Select(FIELD_ATTRS))

    def __init__(self, *args: Any, organization: Organization, by: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = organization.memberships.exclude(user=by).select_related("user").order_by("user__email")
        self.fields["member"].queryset = others  # type: ignore[attr-defined]
        self.fields["member"].label_from_instance = lambda member: member.user.email  # type: ignore[attr-defined]


class TrailForm(forms.Form):
    """Filter of the audit log, beside the time that the menu of times chooses. An invalid value does not filter."""

    action = forms.ChoiceField(
        choices=[("", "Everything"), *((action.value, action.value.capitalize()) for action in Action)],
        label="What",
        required=False,
        widget=forms.Select(FIELD_ATTRS),
    )
    actor = forms.CharField(
        required=False, label="Who", widget=forms.TextInput(FIELD_ATTRS | {"placeholder": "Part of an address or key"})
    )
    project = forms.ModelChoiceField(
        Project.objects.none(), required=False, empty_label="Every project", widget=forms.Select(FIELD_ATTRS)
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = organization.projects.order_by("name")  # type: ignore[attr-defined]

    def trail(self) -> Trail:
        """Return the filter."""
        self.is_valid()
        chosen = self.cleaned_data
        project = chosen.get("project")
        return Trail(
            action=chosen.get("action", ""),
            actor=chosen.get("actor", ""),
            project_id=project.pk if project else None,
            time=self._time(),
        )

    def _time(self) -> DateRange:
        try:
            return date_range({name: self.data.get(name, "") for name in RANGE_PARAMETERS})
        except BadRange:  # the menu says what is wrong
            return DateRange()
