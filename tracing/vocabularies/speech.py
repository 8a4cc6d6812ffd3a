"""Finds what a value says: the one text in it that is language, judged by its shape.

`{"message": "Where is it?", "user_id": "u-1"}` says "Where is it?", whatever the field is called. Names decide only
between several texts that look alike."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from tracing.vocabularies.printed import is_printed, unprinted
from tracing.vocabularies.readers import json_value

Path = tuple[str | int, ...]

MAX_PARSED_CHARACTERS = 5_000_000  # of JSON
MAX_JSON_CONTAINERS = 200_000  # lists and objects need a hundred times the memory of their text
MAX_SPEECH_DEPTH = 6
MAX_SILENT_CHARACTERS = 300  # of a placeholder
SILENT_HEADS = frozenset("[{\"'nN<( ")  # how placeholders begin
SILENT_PATTERN = re.compile(r'(?:[\[\]{}\s,]++|"[^"\\]{0,80}+"\s*+:|""|"<[^"\\]++"|null)*+')  # names without values
MESSAGE_HEAD, EMPTY_CONTENT = '[{"role":"', '"content":""'
NOTHING_TEXTS = frozenset({'""', "''", "null", "None", "()"})
TELLING_KEYS = ("content", "reasoning", "tool_calls", "media")  # of a message
MAX_VISITS = 5_000  # of values inside
MAX_FIELDS = 100  # of an object; those that say one thing have few
MAX_JOINED_TEXTS = 1_000
JUDGED_CHARACTERS = 2_000  # of a text
MAX_SHORT_LETTERS = 3  # a lower-case word of so few letters may be a code, such as a language's
CODE_LIKE, SHORT_LIKE, WORD_LIKE, NAME_LIKE, PROSE_LIKE = range(5)  # how much a text looks like language
UNICODE_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")
UNICODE_ESCAPE_RUN = re.compile(r"(?:\\u[0-9a-fA-F]{4})++")
MIN_ESCAPED_CHARACTERS = 2
PROSE_PATTERN = re.compile(r"[^\W\d_][^\s]{0,200}+\s+[^\W_]")  # two words, of which the first has letters
SPOKEN_MARK = re.compile(
    r"[^\W\d_]\W{0,3}[?!…。？！؟।]|[.!?]\s*\Z|[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}"
)
# `Name()`, `Name(field=`, `<Name(*, field: str) -> None>`, `field='`
PRINTED_PATTERN = re.compile(
    r"<?[A-Za-z_][\w.]{0,99}+(?:\((?:\)|\*|[A-Za-z_]\w{0,99}+(?:=|: ))|=(?:['\"\[{<]|None|True|False))"
)
WORD_PATTERN = re.compile(r"[^\W\d_][^\W\d_'’]*+[.,:;]?")
CODE_PATTERN = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")  # `jHCpyKkfEI`
ADDRESS_PATTERN = re.compile(r"\w++://|data:|/|[^\s@]++@[^\s@]++\Z")
OBJECT_PATTERN = re.compile(r"<[\w.]++[^<>]{0,200}+(?:<[^<>]{0,99}+>[^<>]{0,99}+)?>")  # `<__main__.Bot object at 0x7f>`
# Names of fields that speak, strongest first, for objects with several texts that look like language.
SPEAKING_NAMES = (
    "message", "question", "query", "prompt", "input", "user_message", "user_input", "text", "task", "content",
    "description", "answer", "response", "reply", "output", "result", "completion", "final_answer", "translation",
    "summary",
)  # fmt: skip
LAST_WORD_BACKWARDS = re.compile(r"[a-z]++[A-Z]?")  # of `final_output` and `finalOutput`
MAX_WORD_CHARACTERS = 40
ARGUMENT_NAMES = frozenset({"args", "kwargs"})


def parsed(text: str) -> Any:
    """Return the value in a text that is JSON or printed by Python, or None if it is neither or too large."""
    if text[:1] in ("[", "{", '"') and len(text) <= MAX_PARSED_CHARACTERS:
        if text.count("[") + text.count("{") > MAX_JSON_CONTAINERS:
            return None
        if (value := json_value(text)) is not None:
            inner = json_value(value) if isinstance(value, str) and value[:1] in ("[", "{") else None
            return value if inner is None else inner  # JSON inside of a JSON text
    return unprinted(text) if is_printed(text) else None


def is_silent(value: Any) -> bool:
    """Return whether a value is a placeholder: empty, or an object or list of such values."""
    return _Search().is_silent(value, 0)


def mended(text: str) -> str:
    """Return a text with escaped characters, `\\u4f60\\u597d`, with the characters; any other text unchanged."""
    if "\\u" not in text or not text.isascii() or len(UNICODE_ESCAPE.findall(text)) < MIN_ESCAPED_CHARACTERS:
        return text
    return UNICODE_ESCAPE_RUN.sub(lambda run: _characters(run[0]), text)


def _characters(run: str) -> str:
    units = b"".join(int(code, 16).to_bytes(2, "little") for code in run.split("\\u")[1:])
    return units.decode("utf-16-le", "replace")


def says_nothing(text: str) -> bool:
    """Return whether a stored text is a placeholder, such as `{}`, `null`, or a message without content."""
    if not text or text[0] not in SILENT_HEADS or len(text) > MAX_SILENT_CHARACTERS:
        return False
    if text.startswith(MESSAGE_HEAD) and EMPTY_CONTENT not in text:
        return False
    if text[0] not in "[{":
        return text in NOTHING_TEXTS or is_silent(text)
    value = parsed(text) if EMPTY_CONTENT in text or SILENT_PATTERN.fullmatch(text) else None
    if isinstance(value, list) and value and all(isinstance(item, dict) and "role" in item for item in value):
        return not any(item.get(key) for item in value for key in TELLING_KEYS)
    return isinstance(value, dict | list) and is_silent(value)


def is_wordless(text: str) -> bool:
    """Return whether a stored text is an object or list without a sentence, such as the settings of an agent."""
    if text[:1] in ("[", "{") or PRINTED_PATTERN.match(text):
        value = None if text.startswith(MESSAGE_HEAD) else parsed(text)
        told = sentence(value) if isinstance(value, dict | list) else text
        return told is None or PRINTED_PATTERN.match(told) is not None
    return False


def sentence(value: Any, depth: int = 0) -> str | None:
    """Return the text that an object or list says, or None if it says nothing or several things.

    If the text is an object itself, such as the body of a request, it is what that says."""
    texts = [text_at(value, path) for path in speaking(value)]
    if len(texts) == 1 and texts[0][:1] in ("{", "[") and depth < MAX_SPEECH_DEPTH:
        return sentence(parsed(texts[0]), depth + 1) or texts[0]
    return ("" if is_streamed(texts) else "\n").join(texts) or None


def speaking(value: Any) -> tuple[Path, ...]:
    """Return the places of the texts that an object or list says. More than one text is read as one."""
    return _Search().told(value, 0) if isinstance(value, dict | list) else ()


class _Search:
    """A search in a value of a stranger, which ends after a number of steps."""

    def __init__(self) -> None:
        self.left = MAX_VISITS

    def _has_room(self, depth: int) -> bool:
        self.left -= 1
        return self.left >= 0 and depth <= MAX_SPEECH_DEPTH

    def is_silent(self, value: Any, depth: int) -> bool:
        """Return whether a value is empty at every place; one that is too large is not."""
        if isinstance(value, str):
            return not value.strip() or OBJECT_PATTERN.fullmatch(value) is not None
        if isinstance(value, dict | list) and self._has_room(depth):
            inner = value.values() if isinstance(value, dict) else value
            return all(self.is_silent(item, depth + 1) for item in inner)
        return value is None

    def told(self, value: Any, depth: int) -> tuple[Path, ...]:
        """Return the places of what a value says."""
        if not self._has_room(depth):
            return ()
        if isinstance(value, str):
            return ((),)
        if isinstance(value, list):
            return self._of_list(value, depth)
        return self._of_object(value, depth) if isinstance(value, dict) else ()

    def _of_list(self, items: list[Any], depth: int) -> tuple[Path, ...]:
        """Return the places of all texts if the list has nothing else."""
        if len(items) > MAX_JOINED_TEXTS:
            return ()
        if all(isinstance(item, str) for item in items) and is_streamed(items):
            return tuple((place,) for place in range(len(items)))
        told = [place for place, item in enumerate(items) if not self.is_silent(item, depth + 1)]
        if len(told) == 1:
            return tuple((told[0], *path) for path in self.told(items[told[0]], depth + 1))
        return tuple((place,) for place in told) if all(isinstance(items[place], str) for place in told) else ()

    def _of_object(self, value: dict[str, Any], depth: int) -> tuple[Path, ...]:
        """Return the place of the field that speaks: a text before what an object or list has inside."""
        if len(value) > MAX_FIELDS:
            return ()
        fields = dict(_arguments(value)) if value.keys() <= ARGUMENT_NAMES else {}
        fields = fields or {(key,): item for key, item in value.items()}
        said = {path: item for path, item in fields.items() if not self.is_silent(item, depth + 1)}
        texts = {path: ((path,), likeness(item)) for path, item in said.items() if isinstance(item, str)}
        if max((found for _, found in texts.values()), default=CODE_LIKE) > SHORT_LIKE:
            return _likeliest(texts)
        inside = {}
        for path, item in said.items():
            if isinstance(item, dict | list) and (places := self.told(item, depth + 1)):
                told = tuple((*path, *place) for place in places)
                inside[path] = told, max(likeness(text_at(value, place)) for place in told)
        if any(found > SHORT_LIKE for _, found in inside.values()):
            return _likeliest(inside)
        is_word = any(found == SHORT_LIKE for _, found in texts.values())
        return _likeliest(texts) if is_word or len(texts) == len(said) else ()


def _arguments(value: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield the arguments of a function, by position and by name."""
    for key, inner in value.items():
        if isinstance(inner, list):
            yield from (((key, place), item) for place, item in enumerate(inner[:MAX_FIELDS]))
        elif isinstance(inner, dict):
            yield from (((key, name), item) for name, item in islice(inner.items(), MAX_FIELDS))


def _likeliest(told: Mapping[Path, tuple[tuple[Path, ...], int]]) -> tuple[Path, ...]:
    """Return the places below the path that looks most like language; of several, the one with a telling name."""
    best = max((found for _, found in told.values()), default=CODE_LIKE)
    alike = [path for path, (_, found) in told.items() if found == best]
    chosen = alike[0] if len(alike) == 1 else _named(alike)
    return () if chosen is None else told[chosen][0]


def _named(paths: list[Path]) -> Path | None:
    """Return the path with the most telling name, or with a name that ends so, or None if none or several have one.

    Instructions for a model do not speak: of `system_prompt` and `user_prompt`, the second one does."""
    asking = [path for path in paths if not str(path[-1]).lower().startswith("system")]
    if len(asking) == 1:
        return asking[0]
    for naming in (str, _last_word):
        by_name: dict[str, list[Path]] = {}
        for path in asking:
            by_name.setdefault(naming(path[-1]), []).append(path)
        if told := next((by_name[name] for name in SPEAKING_NAMES if name in by_name), None):
            return told[0] if len(told) == 1 else None
    return None


def _last_word(name: str | int) -> str:
    found = LAST_WORD_BACKWARDS.match(str(name)[-MAX_WORD_CHARACTERS:][::-1])
    return found[0][::-1].lower() if found else ""


def is_streamed(texts: Sequence[str]) -> bool:
    """Return whether texts are pieces of one: white space begins or ends some of them."""
    return any(text[:1].isspace() for text in texts[1:]) or any(text[-1:].isspace() for text in texts[:-1])


def likeness(text: str) -> int:
    """Return how much a text looks like language: CODE_LIKE, SHORT_LIKE, WORD_LIKE, NAME_LIKE or PROSE_LIKE."""
    head = text[:JUDGED_CHARACTERS].strip()
    if PRINTED_PATTERN.match(head):
        return CODE_LIKE
    if ADDRESS_PATTERN.match(head) and not PROSE_PATTERN.search(head):
        return CODE_LIKE
    if PROSE_PATTERN.search(head) or SPOKEN_MARK.search(head):
        return PROSE_LIKE
    if not WORD_PATTERN.fullmatch(head) or (head.isascii() and CODE_PATTERN.search(head)):
        return CODE_LIKE
    if not head.isascii() or (head[0].isupper() and not head.isupper()):
        return NAME_LIKE
    return SHORT_LIKE if len(head) <= MAX_SHORT_LETTERS else WORD_LIKE


def text_at(value: Any, path: Path) -> str:
    """Return the text at a place of a value."""
    for step in path:
        value = value[step]
    return str(value)
