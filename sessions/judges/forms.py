"""The form of a judge."""

from decimal import Decimal
from typing import Any

from django import forms

from projects.administration.forms import FIELD_ATTRS, SHORT_FIELD_ATTRS
from projects.models import Project
from sessions.annotation.configs import load_configs
from sessions.judges.making import Decision
from sessions.models import Judge, JudgeVersion
from sessions.models.judges import MAX_JUDGE_NAME_CHARACTERS, MAX_PROMPT_CHARACTERS

SECONDS_OF_MINUTE = 60
NEW_SCORE = "new"  # in place of the id of a score type
UNITS_BY_FIELD = {"quiet_minutes": "minutes", "sample_percent": "percent", "monthly_cap": "USD"}
SCOPE_STEP = ("Which conversations", ("name", "query", "quiet_minutes", "sample_percent"))
# The steps of the form by the kind of judge: headings, and the fields below them.
STEPS = {
    JudgeVersion.Kind.RULE: (
        SCOPE_STEP, ("How it decides", ("rule",)), ("Its answers", ("config_id", "value", "otherwise")),
    ),
    JudgeVersion.Kind.PROMPT: (
        SCOPE_STEP, ("The question and its answers", ("prompt", "config_id")),
        ("Who decides, for how much", ("model", "monthly_cap")),
    ),
}  # fmt: skip


class JudgeForm(forms.Form):
    """A judge of one kind; `steps` have the fields of that kind."""

    name = forms.CharField(max_length=MAX_JUDGE_NAME_CHARACTERS, widget=forms.TextInput(FIELD_ATTRS))
    query = forms.CharField(
        required=False,
        label="Sessions that match",
        help_text="A query, such as env:production turns >= 2. Empty: all.",
        widget=forms.TextInput(FIELD_ATTRS),
    )
    quiet_minutes = forms.IntegerField(
        min_value=0,
        label="Judge when quiet for",
        help_text="And again when the conversation goes on.",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )
    sample_percent = forms.IntegerField(
        min_value=1,
        max_value=100,
        label="Of these, judge",
        help_text="Drawn by session id, so that every version judges the same ones.",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS),
    )
    config_id = forms.ChoiceField(
        label="Answer", help_text="A score type: people can give the same score.", widget=forms.Select(FIELD_ATTRS)
    )
    rule = forms.CharField(
        required=False,
        label="Rule",
        help_text="A query, such as error:yes. It is asked whenever a session changes.",
        widget=forms.TextInput(FIELD_ATTRS),
    )
    value = forms.CharField(
        required=False, initial="yes", label="Answer if it matches", widget=forms.TextInput(SHORT_FIELD_ATTRS)
    )
    otherwise = forms.CharField(
        required=False,
        initial="no",
        label="Answer otherwise",
        help_text="Empty: none.",
        widget=forms.TextInput(SHORT_FIELD_ATTRS),
    )
    prompt = forms.CharField(
        required=False,
        max_length=MAX_PROMPT_CHARACTERS,
        label="Question",
        help_text="The conversation follows as data, whole, with what tools returned.",
        widget=forms.Textarea(FIELD_ATTRS | {"rows": 6}),
    )
    model = forms.CharField(
        required=False,
        max_length=120,
        help_text="Empty: the model in the settings.",
        widget=forms.TextInput(FIELD_ATTRS),
    )
    monthly_cap = forms.DecimalField(
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=4,
        label="At most each month",
        help_text="Empty: no cap. Then it waits for the next month (UTC).",
        widget=forms.NumberInput(SHORT_FIELD_ATTRS | {"step": "any"}),
    )

    def __init__(self, project: Project, kind: str, *args: Any, new_score: str = "", **kwargs: Any) -> None:
        """Offer the project's score types, and first `new_score`, a yes or no that is made with the judge."""
        super().__init__(*args, **kwargs)
        self.kind = kind
        choices = [(config.id, config.name) for config in load_configs(project)]
        known = {name: config_id for config_id, name in choices}
        if new_score and new_score not in known:
            choices = [(NEW_SCORE, f"{new_score}: yes or no, a new score type"), *choices]
        self.initial.setdefault("config_id", known.get(new_score, choices[0][0] if choices else ""))
        self.fields["config_id"].choices = choices  # type: ignore[attr-defined]

    @property
    def steps(self) -> list[tuple[str, list[tuple[forms.BoundField, str]]]]:
        """The steps of this kind of judge: a heading, and fields, each with its unit or nothing."""
        return [
            (heading, [(self[name], UNITS_BY_FIELD.get(name, "")) for name in names])
            for heading, names in STEPS[JudgeVersion.Kind(self.kind)]
        ]

    @property
    def judge_fields(self) -> dict[str, Any]:
        """The fields of the judge in a valid form."""
        given = self.cleaned_data
        names = ("name", "query", "sample_percent", "config_id")
        fields = {name: given[name] for name in names} | {"monthly_cap": given["monthly_cap"]}
        return fields | {"quiet_seconds": given["quiet_minutes"] * SECONDS_OF_MINUTE}

    @property
    def decision(self) -> Decision:
        """How the judge is to decide, in a valid form."""
        given = self.cleaned_data
        if self.kind == JudgeVersion.Kind.RULE:
            return Decision(kind=self.kind, **{name: given[name] for name in ("rule", "value", "otherwise")})
        return Decision(kind=self.kind, prompt=given["prompt"], model=given["model"])


def initial_of(judge: Judge, version: JudgeVersion) -> dict[str, Any]:
    """Return the fields of a judge and its latest version for the form."""
    own = {name: getattr(judge, name) for name in ("name", "query", "sample_percent", "config_id", "monthly_cap")}
    decided = {name: getattr(version, name) for name in ("rule", "value", "otherwise", "prompt", "model")}
    return own | decided | {"quiet_minutes": judge.quiet_seconds // SECONDS_OF_MINUTE}
