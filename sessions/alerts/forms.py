"""The form of an alert."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django import forms
from django.http import QueryDict

from projects.models import Project
from projects.values import whole_number
from sessions.alerts.acting import RULE_ACTIONS
from sessions.alerts.measuring import SHARE_MEASURE
from sessions.alerts.numbers import read_bound, write_bound
from sessions.alerts.refusals import AlertRefused
from sessions.alerts.wording import measured
from sessions.boards.specs import SCORE_PREFIX
from sessions.dashboard.measures import MEASURES
from sessions.listing.score_order import ScoreName, score_names
from sessions.models import Alert, AlertChannel, AlertKind, AlertPace
from sessions.models.alerts import MAX_ALERT_NAME_CHARACTERS
from sessions.query.parsing import MAX_QUERY_CHARACTERS
from tracing.lists.bounded import TooLong, within

WINDOWS = [(5, "5 minutes"), (15, "15 minutes"), (60, "1 hour"), (360, "6 hours"), (1440, "1 day"), (10080, "7 days")]
BOUND_SIDES = [("above", "above"), ("below", "below")]
AGAINST = [("value", "as a number"), ("before", "as a change from the same time before")]
DAYS = [(1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (7, "Sun")]
QUERY_ATTRS = {"class": "word word-query", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
FIELD = {"class": "field", "autocomplete": "off"}
WORD_ATTRS = {"class": "word", "autocomplete": "off"}
CHOICES_TIMEOUT_MS = 1_000  # ms for a statement that reads what can be chosen
ACTION_ROWS = 2  # of the form; programs may give more


class AlertForm(forms.Form):
    """Everything that people choose of an alert."""

    name = forms.CharField(max_length=MAX_ALERT_NAME_CHARACTERS, widget=forms.TextInput(FIELD))
    query = forms.CharField(
        required=False,
        label="Sessions that match",
        max_length=MAX_QUERY_CHARACTERS,
        widget=forms.TextInput(QUERY_ATTRS | {"placeholder": "Every session"}),
        help_text="A query as in the session list, such as has:error tool:refund_payment.",
    )
    among = forms.CharField(
        required=False,
        label="As a share of",
        max_length=MAX_QUERY_CHARACTERS,
        widget=forms.TextInput(QUERY_ATTRS | {"placeholder": "Every session"}),
        help_text="The sessions to take the share of, such as env:production.",
    )
    measure = forms.ChoiceField(label="What is measured", widget=forms.Select(WORD_ATTRS))
    window_minutes = forms.TypedChoiceField(
        label="Over the last", coerce=int, choices=WINDOWS, initial=60, widget=forms.Select(WORD_ATTRS)
    )
    side = forms.ChoiceField(label="Fires when it is", choices=BOUND_SIDES, widget=forms.Select(WORD_ATTRS))
    against = forms.ChoiceField(label="How it is compared", choices=AGAINST, widget=forms.Select(WORD_ATTRS))
    bound = forms.CharField(
        max_length=40,
        widget=forms.TextInput(WORD_ATTRS),
        help_text="Percent for shares and changes, dollars for money, and for times a duration such as 30s.",
    )
    least_sessions = forms.IntegerField(
        label="Minimum",
        initial=20,
        min_value=1,
        widget=forms.NumberInput(WORD_ATTRS),
        help_text="With fewer sessions, the alert has no data.",
    )
    recovery_bound = forms.CharField(
        required=False,
        max_length=40,
        label="Recovery bound",
        widget=forms.TextInput(WORD_ATTRS | {"placeholder": "The bound"}),
    )
    recovery_minutes = forms.IntegerField(
        label="Over after", initial=15, min_value=0, max_value=1440, widget=forms.NumberInput(WORD_ATTRS)
    )
    channel_ids = forms.MultipleChoiceField(required=False, label="Channels", widget=forms.CheckboxSelectMultiple)
    pace = forms.ChoiceField(label="At most one message", choices=AlertPace.choices, widget=forms.Select(WORD_ATTRS))
    tells_end = forms.BooleanField(required=False, initial=True, label="Also tell when it is over")
    quotes = forms.BooleanField(
        required=False,
        label="May quote what was said",
        help_text="Otherwise, only numbers and links leave Confab.",
    )
    days = forms.TypedMultipleChoiceField(
        required=False, coerce=int, choices=DAYS, label="On", widget=forms.CheckboxSelectMultiple
    )
    from_hour = forms.IntegerField(initial=0, min_value=0, max_value=23, label="From", widget=forms.NumberInput(FIELD))
    until_hour = forms.IntegerField(
        initial=24, min_value=1, max_value=24, label="Until", widget=forms.NumberInput(FIELD)
    )
    is_on = forms.BooleanField(required=False, initial=True, label="Switched on")

    def __init__(self, project: Project, kind: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.project, self.kind = project, kind
        names = [name for name in ALERT_NUMBER_FIELDS if kind == AlertKind.ENTERS]
        for name in names:
            del self.fields[name]
        if kind == AlertKind.ENTERS:
            self.fields["tells_end"].initial = False
        else:
            scores = [(SCORE_PREFIX + one.name, one.name) for one in _scores(project) if one.has_mean]
            measures = [(SHARE_MEASURE, "Share"), *((one.name, measured(one)) for one in MEASURES.values())]
            self._field("measure").choices = [*measures, *([("Scores", scores)] if scores else [])]
        channels = AlertChannel.objects.for_project(project).order_by("name")
        self._field("channel_ids").choices = [
            (str(one.id), f"{one.name} ({one.get_kind_display().lower()})") for one in channels
        ]

    @property
    def condition(self) -> list[forms.BoundField]:
        """The words of the sentence that says when the alert fires."""
        return [self[name] for name in CONDITION_FIELDS if name in self.fields]

    @property
    def recovery(self) -> list[forms.BoundField]:
        """The words of the sentence that says when it is over."""
        return [self["recovery_bound"], self["recovery_minutes"]]

    @property
    def telling(self) -> list[forms.BoundField]:
        """The words of the sentence that says how often it tells."""
        return [self["pace"]]

    def _field(self, name: str) -> Any:
        return self.fields[name]

    @property
    def given(self) -> dict[str, Any]:
        """Return what was given, as `making` takes it. Raise AlertRefused."""
        given: dict[str, Any] = {**self.cleaned_data, "kind": self.kind, "actions": actions_in(self.data)}
        if self.kind == AlertKind.CROSSES:
            given["is_above"] = given.pop("side") == "above"
            given["is_relative"] = given.pop("against") == "before"
            alert = Alert(
                project_id=self.project.pk, measure=given["measure"], is_relative=given["is_relative"], kind=self.kind
            )
            for name in ("bound", "recovery_bound"):
                given[name] = read_bound(alert, given[name], name)
        given["channel_ids"] = [self._uuid(one) for one in given["channel_ids"]]
        return given

    def _uuid(self, text: str) -> Any:
        return forms.UUIDField().clean(text)

    def refuse(self, refusal: AlertRefused) -> None:
        """Show why the alert cannot be like this."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


ALERT_NUMBER_FIELDS = (
    "among", "measure", "window_minutes", "side", "against", "bound", "least_sessions", "recovery_bound",
    "recovery_minutes",
)  # fmt: skip

CONDITION_FIELDS = ("measure", "query", "among", "window_minutes", "side", "bound", "against", "least_sessions")


def initial_of(alert: Alert) -> dict[str, Any]:
    """Return an alert as its form shows it."""
    names = ("name", "measure", "window_minutes", "least_sessions", "recovery_minutes", "pace", "tells_end", "quotes",
             "days", "from_hour", "until_hour", "is_on")  # fmt: skip
    return {name: getattr(alert, name) for name in names} | {
        "query": alert.query_text,
        "among": alert.among_text,
        "side": "above" if alert.is_above else "below",
        "against": "before" if alert.is_relative else "value",
        "bound": write_bound(alert, alert.bound),
        "recovery_bound": write_bound(alert, alert.recovery_bound),
        "channel_ids": [str(one) for one in alert.channel_ids],
    }


def _scores(project: Project) -> list[ScoreName]:
    with suppress(TooLong), within(CHOICES_TIMEOUT_MS):
        return score_names(project.pk)
    return []


def actions_in(data: QueryDict | Any) -> list[dict[str, object]]:
    """Return the actions of a form: `action`, `argument` and `share`, row by row."""
    rows = zip(data.getlist("action"), data.getlist("argument"), data.getlist("share"), strict=False)
    return [
        {"action": action, "argument": argument.strip(), "share": whole_number(share) if share else 100}
        for action, argument, share in rows
        if action
    ]


def action_rows(project: Project, actions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the form: the given actions, and at least one for another."""
    rows = [*actions]
    return [*rows, *({} for _ in range(max(1, ACTION_ROWS - len(rows))))]


def action_choices(project: Project) -> list[tuple[str, str]]:
    """Return the actions that a rule may do, with their labels."""
    return [(name, action.label) for name, action in RULE_ACTIONS.items()]


def argument_choices(project: Project) -> list[tuple[str, str]]:
    """Return what actions can be done with: the values, and what they are called; none if that takes too long."""
    with suppress(TooLong), within(CHOICES_TIMEOUT_MS):
        return [
            (value, f"{action.label}: {label}")
            for action in RULE_ACTIONS.values()
            if action.argument
            for value, label in action.choices(project)
        ]
    return []
