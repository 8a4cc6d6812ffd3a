"""Messages with one attribute per leaf: `llm.input_messages.0.message.role`, `gen_ai.prompt.0.content`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from projects.values import remembered, whole_number
from tracing.json_text import dump
from tracing.vocabularies.messages import dumped
from tracing.vocabularies.one_message import message
from tracing.vocabularies.readers import json_value
from tracing.vocabularies.tables import Together

MAX_INDEX = 10**7
MAX_LEAF_DEPTH = 16  # steps of a path


class Place(NamedTuple):
    """Where the value of an attribute belongs."""

    number: str  # of the message or document
    branches: tuple[str, ...]
    leaf: str


def leaves(role: str) -> Together:
    """Return a reader of messages with one attribute per leaf. `role` is for messages without a role."""

    def read(values: Mapping[str, Any]) -> str | None:
        items: dict[str, dict[str, Any]] = {}
        for path, value in values.items():
            if place := _place(path, "message."):
                _plant(items.setdefault(place.number, {}), place, value)
        spoken = (_with_role(items[number], role) for number in sorted(items, key=int))
        return dumped([own for item in spoken for own in message(item, role) or ()])

    return Together(read)


def document_list(values: Mapping[str, Any]) -> str | None:
    """Return documents with one attribute per leaf, `0.document.content`, as a list of objects."""
    items: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        if place := _place(path, "document."):
            _plant(items.setdefault(place.number, {}), place, value)
    return dump([_listed(items[number]) for number in sorted(items, key=int)]) if items else None


@remembered(characters=100, texts=4_000)
def _place(path: str, wrapper: str) -> Place | None:
    """Return the place that a path such as `0.message.content` names, or None."""
    number, _, rest = path.partition(".")
    if not rest or not _is_index(number):
        return None
    *branches, leaf = rest.removeprefix(wrapper).split(".", MAX_LEAF_DEPTH)
    return Place(number, tuple(branches), leaf)


def _is_index(text: str) -> bool:
    return whole_number(text, highest=MAX_INDEX) is not None


def _with_role(leaves: dict[str, Any], role: str) -> dict[str, Any]:
    item = {key: _listed(value) if isinstance(value, dict) else value for key, value in leaves.items()}
    if isinstance(content := item.get("content"), str) and content.startswith('[{"type"'):  # OpenLLMetry packs parts
        parts = json_value(content)
        item = {**item, "content": parts if isinstance(parts, list) else content}
    return item if isinstance(item.get("role"), str) else {**item, "role": role}


def _plant(tree: dict[str, Any], place: Place, value: Any) -> None:
    for step in place.branches:
        branch = tree.setdefault(step, {})
        if not isinstance(branch, dict):
            return
        tree = branch
    tree[place.leaf] = value


def _listed(value: Any) -> Any:
    """Return a branch as a list if all its keys are numbers."""
    if not isinstance(value, dict):
        return value
    if value and all(map(_is_index, value)):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(item) for key, item in value.items()}
