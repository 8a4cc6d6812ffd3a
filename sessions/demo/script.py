"""Reads sessions/demo/scripts/<language>.txt: who talks, and what is said and done, with $words to fill in.

# theme: the tag of the conversation         > what the user says         < what the assistant answers
+ tool, or + !tool for one that fails        ? a search in the documents  | a document that it finds
~ 3h: how long nobody says anything
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from string import Template

DEMO_SCRIPTS_DIR = Path(__file__).parent / "scripts"
SCRIPT_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass
class Act:
    """A step before the answer: a tool call, or a search with the `documents` that it finds."""

    name: str
    fails: bool = False
    query: str = ""
    documents: list[str] = field(default_factory=list)


@dataclass
class Exchange:
    asked: str
    acts: list[Act] = field(default_factory=list)
    answered: str = ""
    pause: timedelta | None = None  # before it; None: as long as typing takes


@dataclass
class Script:
    theme: str
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def fails(self) -> bool:
        """Whether a tool of it fails."""
        return any(act.fails for exchange in self.exchanges for act in exchange.acts)


@dataclass
class Cast:
    """One language: its assistant, its people, and the words that vary from conversation to conversation."""

    language: str
    scripts: list[Script] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)

    def person(self, random: Random) -> tuple[str, str]:
        """Return a first name and a user id."""
        name, _, user_id = random.choice(self.words["people"]).partition("=")
        return name, user_id


def casts() -> list[Cast]:
    return [read(path) for path in sorted(DEMO_SCRIPTS_DIR.glob("*.txt"))]


def read(path: Path) -> Cast:
    cast = Cast(path.stem)
    pause = None
    for sign, text in _lines(path):
        match sign:
            case ":":
                key, _, values = text.partition(":")
                cast.words[key] = [value.strip() for value in values.split(" / ")]
            case "#":
                cast.scripts.append(Script(text))
            case ">":
                cast.scripts[-1].exchanges.append(Exchange(text, pause=pause))
                pause = None
            case "~":
                pause = timedelta(**{SCRIPT_UNITS[text[-1]]: int(text[:-1])})
            case _:
                _add(cast.scripts[-1].exchanges[-1], sign, text)
    return cast


def _add(exchange: Exchange, sign: str, text: str) -> None:
    match sign:
        case "+":
            exchange.acts.append(Act(text.removeprefix("!"), fails=text.startswith("!")))
        case "?":
            exchange.acts.append(Act("search_docs", query=text))
        case "|":
            exchange.acts[-1].documents.append(text)
        case "<":
            exchange.answered = f"{exchange.answered}\n{text}".strip("\n")


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Lines with their sign; those before the first conversation set the words."""
    is_head = True
    for line in path.read_text(encoding="utf-8").splitlines():
        is_head = is_head and not line.startswith("# ")
        if line.strip():
            yield (":", line) if is_head else (line[0], line[2:])


def filled(text: str, words: dict[str, str]) -> str:
    return Template(text).safe_substitute(words)
