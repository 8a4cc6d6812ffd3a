"""Pages on which admins add, change and archive score configs; none is ever deleted."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.access import person, project_view, requires
from projects.administration.forms import FIELD_ATTRS, SHORT_FIELD_ATTRS
from projects.models import Project, Role
from sessions.annotation import configs
from sessions.annotation.configs import MAX_CONFIG_NAME_CHARACTERS, NotAllowed
from sessions.models import DataType, ScoreConfig

# What a form asks besides name and description.
FIELDS_BY_TYPE: dict[str, tuple[str, ...]] = {
    DataType.NUMERIC: ("min_value", "max_value"),
    DataType.CATEGORICAL: ("categories",),
}


class ConfigForm(forms.Form):
    """The fields of a score config. The page shows those of the chosen type.

    `categories` is one per line; their order is that of the keys 1 to 9."""

    name = forms.CharField(max_length=MAX_CONFIG_NAME_CHARACTERS, widget=forms.TextInput(FIELD_ATTRS))
    data_type = forms.ChoiceField(choices=DataType.choices, label="Type", widget=forms.HiddenInput)
    description = forms.CharField(
        required=False,
        max_length=2000,
        help_text="Shown to reviewers.",
        widget=forms.Textarea(FIELD_ATTRS | {"rows": 2}),
    )
    min_value = forms.FloatField(
        required=False, label="Lowest", widget=forms.NumberInput(SHORT_FIELD_ATTRS | {"step": "any"})
    )
    max_value = forms.FloatField(
        required=False, label="Highest", widget=forms.NumberInput(SHORT_FIELD_ATTRS | {"step": "any"})
    )
    categories = forms.CharField(
        required=False,
        help_text="One category per line, such as “refund”. Reviewers press 1 for the first.",
        widget=forms.Textarea(FIELD_ATTRS | {"rows": 4}),
    )

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields of the chosen type, in the order of the form."""
        names = ("name", "description", *FIELDS_BY_TYPE.get(self["data_type"].value(), ()))
        return [self[name] for name in names]

    def fields_of(self, known: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the fields of the config; a category that existed keeps its number."""
        given = dict(self.cleaned_data)
        labels = [line.strip() for line in given["categories"].splitlines() if line.strip()]
        numbers = {category["label"]: category["value"] for category in known}
        free = (number for number in map(float, range(len(labels) + len(known))) if number not in numbers.values())
        given["categories"] = [{"label": label, "value": numbers.get(label, next(free))} for label in labels]
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def scores(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the configs, and add the one that is posted."""
    asked = request.GET.get("type", "")
    form = ConfigForm(request.POST or None, initial={"data_type": asked if asked in DataType else DataType.NUMERIC})
    if request.method == "POST" and form.is_valid():
        try:
            configs.create(project, form.fields_of([]), by=person(request))
            return redirect("project-scores", project.pk)
        except NotAllowed as refused:
            form.add_error(None, str(refused))
    context = {
        "project": project,
        "configs": configs.load_configs(project, archived=True),
        "form": form,
        "types": DataType.choices,
        "section": "settings",
        "tab": "scores",
    }
    return render(request, "sessions/annotation/configs.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.ADMIN)
def score(request: HttpRequest, project: Project, config_id: str) -> HttpResponse:
    """Change one config, or with `archived` archive or restore it."""
    config = ScoreConfig.objects.for_project(project).filter(id=config_id).first()
    if config is None:
        raise Http404("There is no such score.")
    if "archived" in request.POST:
        configs.change(project, config, {"is_archived": request.POST["archived"] == "1"}, by=person(request))
        return redirect("project-scores", project.pk)
    lines = "\n".join(category["label"] for category in config.categories)
    names = ("name", "data_type", "description", "min_value", "max_value")
    initial = {name: getattr(config, name) for name in names} | {"categories": lines}
    form = ConfigForm(request.POST or None, initial=initial)
    form.fields["data_type"].disabled = True
    if request.method == "POST" and form.is_valid():
        fields = form.fields_of(config.categories)
        fields.pop("data_type")
        try:
            configs.change(project, config, fields, by=person(request))
            return redirect("project-scores", project.pk)
        except NotAllowed as refused:
            form.add_error(None, str(refused))
    context = {"project": project, "config": config, "form": form, "section": "settings", "tab": "scores"}
    return render(request, "sessions/annotation/config.html", context, status=400 if form.errors else 200)
