"""Forms of a person's own account: how others see them, and how they read."""

from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils import timezone

from projects.access import projects_of
from projects.accounts.names import in_one_line
from projects.administration.forms import EXPIRY_CHOICES, SCOPE_TEXTS, KeyForm
from projects.avatars import CHOSEN_HUES
from projects.models import OWN_SCOPES, Notation, NoticeKind, Scope, User

FIELD_ATTRS = {"class": "field"}


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    avatar_hue = forms.TypedChoiceField(
        choices=list(enumerate(CHOSEN_HUES)),
        coerce=int,
        required=False,
        empty_value=None,
        label="Colour of your initials",
    )

    class Meta:
        model = User
        fields = ["name", "avatar_hue", "landing"]
        labels = {"name": "Display name", "landing": "Opens with"}
        help_texts = {"landing": "When you sign in."}
        widgets = {
            "name": forms.TextInput(FIELD_ATTRS | {"autocomplete": "name", "placeholder": "Ana Lima"}),
            "landing": forms.Select(FIELD_ATTRS),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        landing = self.fields["landing"]
        landing.queryset = projects_of(self.instance)  # type: ignore[attr-defined]
        landing.empty_label = "The list of projects"  # type: ignore[attr-defined]
        landing.label_from_instance = _project_label  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Return the name as it is stored."""
        return in_one_line(self.cleaned_data["name"])


class ReadingForm(forms.ModelForm):  # type: ignore[type-arg]
    notation = forms.ChoiceField(
        choices=[(value, label.partition(" and ")[0]) for value, label in Notation.choices],
        required=False,
        label="Dates",
        help_text="Charts name days in words.",
        widget=forms.Select(FIELD_ATTRS),
    )
    time_zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        help_text="Used for all times, charts included.",
        widget=forms.Select(FIELD_ATTRS),
    )

    class Meta:
        model = User
        fields = ["time_zone", "notation", "theme", "density"]
        labels = {"theme": "Theme", "density": "Density"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["time_zone"].choices = zone_choices(self.instance.time_zone)  # type: ignore[attr-defined]


MAILED_BY_CHANNELS = {NoticeKind.ALERT}  # which have a choice of their own


class NoticesForm(forms.Form):
    """Form of the kinds of notices that are mailed. All of them are in the inbox."""

    mailed = forms.MultipleChoiceField(
        choices=[(kind.value, kind.label) for kind in NoticeKind if kind not in MAILED_BY_CHANNELS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, user: User, data: object = None) -> None:
        chosen = [kind.value for kind in NoticeKind if kind not in user.unmailed_kinds]
        super().__init__(data, initial={"mailed": chosen})  # type: ignore[arg-type]
        self.user = user

    def save(self) -> None:
        """Store what was chosen."""
        kinds = [value for value, _ in self.fields["mailed"].choices]  # type: ignore[attr-defined]
        self.user.unmailed_kinds = [kind for kind in kinds if kind not in self.cleaned_data["mailed"]]
        self.user.save(update_fields=["unmailed_kinds"])


def zone_choices(chosen: str) -> list[tuple[str, str]]:
    """Return all time zones, with the time that it is in the one that is chosen."""
    now = timezone.now()

    def label(name: str) -> str:
        plain = name.replace("_", " ")
        return f"{plain} (now {now.astimezone(ZoneInfo(name)):%H:%M})" if name == chosen else plain

    return [("", "This device’s zone"), *((name, label(name)) for name in sorted(available_timezones()))]


def _project_label(project: object) -> str:
    return f"{getattr(project, 'organization', '')}: {getattr(project, 'name', '')}"


class OwnKeyForm(KeyForm):
    """Form of a key of one's own. Traces are sent with keys of projects."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, SCOPE_TEXTS[scope]) for scope in OWN_SCOPES],
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope."},
    )
    expires = forms.ChoiceField(choices=EXPIRY_CHOICES, required=False, initial="90", widget=forms.Select(FIELD_ATTRS))
