"""Score configs: what people may score, and which answers are valid.

A change of a config changes no score."""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from projects.audit import Action, Actor, record
from projects.models import Project
from sessions.models import DataType, ScoreConfig
from tracing.wire.fields import number
from tracing.wire.scores import BadScore

MAX_CONFIG_NAME_CHARACTERS, LABEL_LENGTH, MAX_ANSWER_CHARACTERS = 100, 100, 5_000
MOST_CATEGORIES = 50
THUMBS = "thumbs"
BOOLEAN_WORDS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}


class NotAllowed(ValueError):
    """The request is not allowed.

    The message is for people; the cause, if any, says how a program is answered."""


class ScoreValue(NamedTuple):
    """An answer as it is stored; `number` of a category is the one in its config."""

    number: float | None
    text: str | None


class OfProgram:
    """A config that reads the JSON values of programs, where a form has text."""

    def __init__(self, config: ScoreConfig) -> None:
        self.config = config
        self.data_type = config.data_type

    def read(self, value: Any) -> ScoreValue:
        """Read a value; a text may be longer than a person's. Raises BadScore."""
        if self.data_type == DataType.TEXT:
            if not isinstance(value, str) or not value:
                raise BadScore(f"value: {self.config.name}, by its config, is a text")
            return ScoreValue(None, value)
        try:
            return read_value(self.config, self._word(value))
        except NotAllowed as refused:
            raise BadScore(f"value: by its config, {refused}") from None

    def _word(self, value: Any) -> str:
        """Return the value as text, or "" if it cannot be a valid answer."""
        if isinstance(value, str):
            return "" if self.data_type == DataType.NUMERIC else value
        if self.data_type == DataType.CATEGORICAL:
            labels: dict[Any, str] = {category["value"]: category["label"] for category in self.config.categories}
            return labels.get(number(value), "")
        found = number(int(value) if isinstance(value, bool) else value)
        return "" if found is None else f"{found:g}" if found in (0.0, 1.0) else repr(found)


def load_configs(project: Project | int, *, archived: bool = False) -> list[ScoreConfig]:
    """Load the configs of a project by name, archived ones only on request."""
    configs = ScoreConfig.objects.for_project(project).order_by("name", "created_at", "id")
    return list(configs if archived else configs.filter(is_archived=False))


def named(project_id: int, ids: Collection[str], **_: Any) -> dict[str, OfProgram]:
    """Load the configs with these ids, archived ones too: programs may still send scores for them."""
    configs = ScoreConfig.objects.for_project(project_id).filter(id__in=list(ids))
    return {config.id: OfProgram(config) for config in configs}


def create(project: Project, fields: Mapping[str, Any], *, by: Actor) -> ScoreConfig:
    """Create a config and audit it. Raises NotAllowed if its fields are inconsistent."""
    config = ScoreConfig(project_id=project.pk, **fields)
    check(config)
    with transaction.atomic():
        config.save(force_insert=True)
        record(Action.SCORE_CONFIG_CREATED, project, actor=by, target=config.name, type=config.data_type)
    return config


def change(project: Project, config: ScoreConfig, fields: Mapping[str, Any], *, by: Actor) -> ScoreConfig:
    """Change any field of a config but its type, in which old answers were given. Raises NotAllowed."""
    for name, value in fields.items():
        setattr(config, name, value)
    check(config)
    config.updated_at = timezone.now()
    written = {name: getattr(config, name) for name in (*fields, "updated_at")}
    with transaction.atomic():
        ScoreConfig.objects.for_project(project).filter(id=config.id).update(**written)
        record(Action.SCORE_CONFIG_CHANGED, project, actor=by, target=config.name, fields=", ".join(sorted(fields)))
    return config


def thumbs(project: Project, *, by: Actor) -> ScoreConfig:
    """Return the config of the thumbs up and down; the first thumb creates it."""
    named = ScoreConfig.objects.for_project(project).filter(name=THUMBS, data_type=DataType.BOOLEAN)
    fields = {"name": THUMBS, "data_type": DataType.BOOLEAN, "description": "Was this a good answer?"}
    return named.order_by("created_at").first() or create(project, fields, by=by)


def check(config: ScoreConfig) -> None:
    """Raise NotAllowed if the fields of a config are inconsistent."""
    if not config.name or len(config.name) > MAX_CONFIG_NAME_CHARACTERS or "\x00" in config.name + config.description:
        raise NotAllowed(f"name: 1 to {MAX_CONFIG_NAME_CHARACTERS} characters")
    if config.data_type not in DataType.values:
        raise NotAllowed(f"dataType: one of {', '.join(DataType.values)}")
    if config.data_type != DataType.NUMERIC and (config.min_value is not None or config.max_value is not None):
        raise NotAllowed("minValue, maxValue: only numbers have a range")
    if config.min_value is not None and config.max_value is not None and config.min_value >= config.max_value:
        raise NotAllowed("minValue: must be below maxValue")
    if config.data_type == DataType.CATEGORICAL:
        _check_categories(config.categories)
    elif config.categories:
        raise NotAllowed("categories: only a categorical score has them")


def categories_of(labels: Iterable[str]) -> list[dict[str, Any]]:
    """Return labels with their places as numbers."""
    return [{"value": float(place), "label": label} for place, label in enumerate(labels)]


def read_value(config: ScoreConfig, raw: str) -> ScoreValue:
    """Read an answer of a form or a program. Raises NotAllowed."""
    raw = raw.strip()
    if config.data_type == DataType.BOOLEAN:
        if raw.lower() not in BOOLEAN_WORDS:
            raise NotAllowed(f"{config.name}: yes or no")
        truth = BOOLEAN_WORDS[raw.lower()]
        return ScoreValue(truth, str(bool(truth)))
    if config.data_type == DataType.CATEGORICAL:
        numbers = {category["label"]: category["value"] for category in config.categories}
        if raw not in numbers:
            raise NotAllowed(f"{config.name}: one of {', '.join(numbers)}")
        return ScoreValue(float(numbers[raw]), raw)
    if config.data_type == DataType.NUMERIC:
        return ScoreValue(_number(config, raw), None)
    if not raw or len(raw) > MAX_ANSWER_CHARACTERS or "\x00" in raw:
        raise NotAllowed(f"{config.name}: 1 to {MAX_ANSWER_CHARACTERS:,} characters")
    return ScoreValue(None, raw)


def _number(config: ScoreConfig, raw: str) -> float:
    try:
        found = float(raw)
    except ValueError:
        found = math.nan
    low = -math.inf if config.min_value is None else config.min_value
    high = math.inf if config.max_value is None else config.max_value
    if not math.isfinite(found) or not low <= found <= high:
        raise NotAllowed(f"{config.name}: a number{_range(config)}")
    return found


def _range(config: ScoreConfig) -> str:
    low, high = config.min_value, config.max_value
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    return f" of at least {low:g}" if low is not None else "" if high is None else f" of at most {high:g}"


def _check_categories(categories: Any) -> None:
    if not isinstance(categories, list) or not 1 <= len(categories) <= MOST_CATEGORIES:
        raise NotAllowed(f"categories: 1 to {MOST_CATEGORIES}, each with a label and a number")
    for category in categories:
        fits = isinstance(category, dict) and set(category) == {"label", "value"}
        if not fits or not isinstance(category["label"], str) or number(category["value"]) is None:
            raise NotAllowed('categories: a list of {"label": text, "value": number}')
        if not 1 <= len(category["label"]) <= LABEL_LENGTH or "\x00" in category["label"]:
            raise NotAllowed(f"categories: a label has 1 to {LABEL_LENGTH} characters")
    for part in ("label", "value"):
        if len({category[part] for category in categories}) < len(categories):
            raise NotAllowed(f"categories: every {part} once")
