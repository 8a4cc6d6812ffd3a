"""What is wrong with a document, and where."""

from typing import Any, NamedTuple, Protocol

Place = tuple[str | int, ...]  # of a value in a document: names and numbers, from the outside in


class Fault(NamedTuple):
    """One thing that is wrong. The text has the value, and the way out."""

    place: Place
    text: str


class HasLines(Protocol):
    """A document that knows where its values stand."""

    def line_of(self, place: Place) -> int:
        """Return the number of a line, from 1."""


class ProvisioningRefused(Exception):
    """The document cannot be followed, so nothing was changed."""

    def __init__(self, faults: list[Fault], document: HasLines | None = None) -> None:
        super().__init__("; ".join(f"{written(fault.place)}: {fault.text}" for fault in faults))
        self.faults = faults
        self.document = document


def written(place: Place) -> str:
    """Return a place as people write it: `organizations[0].projects[1].name`."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the document"


def faults_in(errors: Any, place: Place = ()) -> list[Fault]:
    """Return the errors of a serializer, flat, each with its place."""
    if isinstance(errors, dict):
        return [fault for name, inner in errors.items() for fault in faults_in(inner, _inside(place, name))]
    if isinstance(errors, list):
        return [
            fault
            for number, inner in enumerate(errors)
            for fault in ([Fault(place, str(inner))] if isinstance(inner, str) else faults_in(inner, (*place, number)))
        ]
    return [Fault(place, str(errors))]


def _inside(place: Place, name: str | int) -> Place:
    return place if name == "non_field_errors" else (*place, name)
