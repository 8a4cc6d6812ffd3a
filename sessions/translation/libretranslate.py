"""LibreTranslate, a server that a team runs itself.

The server says which pairs it has. It is never asked to detect a language, because it detects one for a whole batch."""

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sessions.translation.egress import ask
from sessions.translation.languages import tag
from sessions.translation.provider import (
    EVERY_LANGUAGE,
    BadAnswer,
    LanguagePair,
    ProviderAccess,
    ProviderRefused,
    UnsupportedPair,
)

PAIRS_SECONDS = 3600.0
_pairs: dict[str, tuple[float, dict[LanguagePair, LanguagePair]]] = {}  # by address: when asked, ours to theirs


class LibreTranslate:
    slug: ClassVar[str] = "libretranslate"
    label: ClassVar[str] = "LibreTranslate"
    leaves_host: ClassVar[bool] = True
    asks_for: ClassVar[Mapping[str, str]] = {
        "base_url": "the address of a server",
        "secret": "a key if the server requires one",
    }
    optional: ClassVar[frozenset[str]] = frozenset({"secret"})
    base_url: ClassVar[str] = ""
    languages: ClassVar[frozenset[str]] = EVERY_LANGUAGE
    most_texts: ClassVar[int] = 20
    most_characters: ClassVar[int] = 2_000  # the servers' usual limit is 5,000 for a whole request

    def __init__(self, account: ProviderAccess) -> None:
        self.account = account
        self.url = account.base_url.rstrip("/")

    def revision(self) -> str:
        return self.url

    def targets(self, source: str) -> set[str]:
        return {target for head, target in self._known() if head == source and target} - {source}

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        theirs = self._known().get((source, target))
        if theirs is None:
            raise UnsupportedPair("This LibreTranslate server has no models for the pair.")
        body = {"q": list(texts), "source": theirs[0], "target": theirs[1], "format": "text"}
        if self.account.secret:
            body["api_key"] = self.account.secret
        try:
            answer = ask("POST", f"{self.url}/translate", json=body, seconds=self.account.seconds)
        except ProviderRefused as error:
            raise (UnsupportedPair if "not supported" in str(error) else ProviderRefused)(str(error)) from None
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, list) or not all(isinstance(text, str) for text in translated):
            raise BadAnswer("LibreTranslate's response contains no translations.")
        return translated

    def _known(self) -> dict[LanguagePair, LanguagePair]:
        asked, pairs = _pairs.get(self.url, (0.0, {}))
        if not pairs or time.monotonic() - asked > PAIRS_SECONDS:
            pairs = _read(ask("GET", f"{self.url}/languages", seconds=self.account.seconds))
            _pairs[self.url] = time.monotonic(), pairs
        return pairs


def _read(languages: object) -> dict[LanguagePair, LanguagePair]:
    """Return the server's codes by our tags.

    Several of its codes may have one tag, such as pb and pt: the first is used."""
    pairs: dict[LanguagePair, LanguagePair] = {}
    for language in languages if isinstance(languages, list) else []:
        source = str(language.get("code", ""))
        for target in language.get("targets", []):
            pairs.setdefault((tag(source), tag(target)), (source, target))
    return pairs
