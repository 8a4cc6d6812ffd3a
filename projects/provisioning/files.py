"""A document as a YAML file: where each of its values stands, and secrets from other files and variables."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from projects.provisioning.faults import Fault, Place, ProvisioningRefused

MAX_DOCUMENT_DEPTH = 20
FILE_FIELD, VARIABLE_FIELD = "secret_key_file", "secret_key_env"


class DocumentFile:
    """A document that was read from a file, with the line of each place in it."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raise ProvisioningRefused if it is no YAML, or has a secret in it."""
        self._lines: dict[Place, int] = {}
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            raise ProvisioningRefused([Fault((), f"{path} cannot be read: {error}.")]) from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._lines[()] = mark.line + 1 if mark else 1
            raise ProvisioningRefused([Fault((), f"is no YAML: {getattr(error, 'problem', error)}")], self) from None
        self.content = self._read(node, ()) if node else {}

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of what is around it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def _read(self, node: yaml.Node, place: Place) -> Any:
        self._lines[place] = node.start_mark.line + 1
        if len(place) > MAX_DOCUMENT_DEPTH:
            raise ProvisioningRefused([Fault(place, "nests too deep.")], self)
        if isinstance(node, yaml.SequenceNode):
            return [self._read(item, (*place, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            found = dict(self._pairs(node, place))
            return self._with_secret(found, place) if place[-2:-1] == ("keys",) else found
        return yaml.SafeLoader("").construct_object(node)

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                self._lines[*place, name] = key.start_mark.line + 1
                raise ProvisioningRefused([Fault((*place, name), "is there twice.")], self)
            seen.add(name)
            yield name, self._read(value, (*place, name))

    def _with_secret(self, key: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return a key with the secret that its file or variable holds."""
        given = [name for name in ("secret_key", FILE_FIELD, VARIABLE_FIELD) if name in key]
        if "secret_key" in given:
            advice = f"does not belong into this file: name a file in {FILE_FIELD}, or a variable in {VARIABLE_FIELD}."
            raise ProvisioningRefused([Fault((*place, "secret_key"), advice)], self)
        if len(given) > 1:
            raise ProvisioningRefused([Fault((*place, given[1]), f"Give {given[0]} or {given[1]}, not both.")], self)
        found = {name: value for name, value in key.items() if name not in given}
        for field in given:
            found["secret_key"] = _secret(field, key[field], (*place, field), self)
        return found


def _secret(field: str, source: Any, place: Place, document: DocumentFile) -> str:
    try:
        found = Path(str(source)).read_text() if field == FILE_FIELD else os.environ[str(source)]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ProvisioningRefused([Fault(place, f"{source} cannot be read: {error}.")], document) from None
    except KeyError:
        raise ProvisioningRefused([Fault(place, f"The variable {source} is not set.")], document) from None
    if not (secret := found.rstrip("\r\n")):
        raise ProvisioningRefused([Fault(place, f"{source} is empty.")], document)
    return secret
