"""What there is to translate in a trace, and the translated trace. No database, no engine.

What is missing, refused or already in the reader's language stays unchanged."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sessions.translation.identify import language_of, language_of_line
from sessions.translation.masking import Masked, MaskedRange, mask
from sessions.translation.payload import Document, document_of
from sessions.translation.segments import Piece, pieces

PLAN_BUDGET_CHARACTERS = 20_000  # characters of one trace; a person asks for more
PIPELINE = "1"  # changes with everything that could change a translation between the text and the engine


@dataclass(frozen=True, slots=True)
class Unit:
    """One segment and its language; equal units are translated once.

    `spans` depend on the text around it."""

    source: str
    text: str
    spans: tuple[MaskedRange, ...] = ()

    @property
    def masked(self) -> Masked:
        """Return the segment as an engine sees it."""
        return mask(self.text, self.spans)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One text and its pieces; a piece without a unit stays unchanged."""

    pieces: tuple[tuple[Piece, Unit | None], ...]

    def translated(self, of: Callable[[Unit], str | None]) -> str:
        """Return the text with the translations that exist."""
        return "".join((unit and of(unit)) or piece.text for piece, unit in self.pieces)


@dataclass(frozen=True, slots=True)
class Source:
    """The stored texts of a trace by side, taken apart.

    `version` depends only on the language in them: a trace that gets another span but says the same needs no new
    translation."""

    documents: Mapping[str, Document]
    budget: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationPlan:
    """A source, cut into units for translation into `target`."""

    target: str
    documents: Mapping[str, Document]
    leaves: Mapping[str, tuple[Leaf, ...]]
    units: tuple[Unit, ...]
    characters: int
    left_out: int  # characters beyond the budget

    @property
    def sources(self) -> list[str]:
        """Return the languages that have to be translated."""
        return sorted({unit.source for unit in self.units})

    def texts(self, translations: Mapping[Unit, str]) -> dict[str, str]:
        """Return each side with its translations."""
        return {
            side: document.with_leaves([leaf.translated(translations.get) for leaf in self.leaves[side]])
            for side, document in self.documents.items()
        }


def source_of(texts: Mapping[str, str], *, tool_results: bool = False, budget: int = PLAN_BUDGET_CHARACTERS) -> Source:
    """Take stored texts apart, by side, such as input and output.

    It is cheap: pages call it."""
    documents = {side: document_of(text, tool_results=tool_results) for side, text in texts.items()}
    digest = hashlib.sha256(str(budget).encode())
    for leaf in _leaves(documents):
        digest.update(f"{len(leaf)}:".encode() + leaf.encode("utf-8", "replace"))
    return Source(documents, budget, digest.hexdigest()[:32])


def plan_of(source: Source, target: str) -> TranslationPlan:
    """Cut a source into units.

    Needs the model that detects languages, so that only workers call it."""
    of_trace = language_of("\n".join(_leaves(source.documents)))
    planner = _Planner(target, of_trace, source.budget)
    leaves = {side: tuple(planner.leaf(leaf) for leaf in doc.leaves) for side, doc in source.documents.items()}
    return TranslationPlan(
        target=target,
        documents=source.documents,
        leaves=leaves,
        units=tuple(planner.units),
        characters=planner.spent,
        left_out=planner.left_out,
    )


def _leaves(documents: Mapping[str, Document]) -> list[str]:
    return [leaf for document in documents.values() for leaf in document.leaves]


class _Planner:
    """Spends the budget on the leaves of a trace."""

    def __init__(self, target: str, of_trace: str, budget: int) -> None:
        self.target, self.of_trace, self.budget = target, of_trace, budget
        self.units: dict[Unit, None] = {}
        self.spent = self.left_out = 0

    def leaf(self, text: str) -> Leaf:
        head = text[: max(self.budget - self.spent, 0) + 1]  # what is beyond is not even looked at
        cut = len(head) if len(head) == len(text) else (head.rfind("\n") + 1 or head.rfind(" ") + 1)
        self.left_out += len(text) - cut
        of_text = language_of(text, self.of_trace)
        found = [(piece, unit) for line in _by_line(pieces(text[:cut])) for piece, unit in self._line(line, of_text)]
        rest = [(Piece(text[cut:], -1), None)] if cut < len(text) else []
        return Leaf((*found, *rest))

    def _line(self, line: Sequence[Piece], of_text: str) -> Iterator[tuple[Piece, Unit | None]]:
        language = ""
        if any(piece.is_language for piece in line):
            said = " ".join(piece.text for piece in line)
            language = language_of_line(said, of_text, self.target)
        for piece in line:
            if piece.spans is None or not language or language == self.target:
                yield piece, None
                continue
            unit = Unit(language, piece.text, piece.spans)
            if unit not in self.units:
                self.units[unit] = None
                self.spent += len(piece.text)
            yield piece, unit


def _by_line(every: Sequence[Piece]) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    for piece in every:
        if line and piece.line != line[-1].line:
            yield line
            line = []
        line.append(piece)
    if line:
        yield line
