"""DeepL's API. Keys of free accounts end in `:fx` and belong to another host."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sessions.translation.egress import ask
from sessions.translation.provider import BadAnswer, ProviderAccess, ProviderRefused, UnsupportedPair

FREE = "https://api-free.deepl.com"
TARGETS = {"en": "EN-US", "pt": "PT-BR", "zh": "ZH-HANS"}  # as a target these need a variant
LANGUAGES = frozenset({
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "he", "hu", "id", "it", "ja", "ko", "lt", "lv",
    "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh",
})  # fmt: skip


class DeepL:
    slug: ClassVar[str] = "deepl"
    label: ClassVar[str] = "DeepL"
    leaves_host: ClassVar[bool] = True
    asks_for: ClassVar[Mapping[str, str]] = {"secret": "a key"}
    optional: ClassVar[frozenset[str]] = frozenset()
    base_url: ClassVar[str] = "https://api.deepl.com"
    languages: ClassVar[frozenset[str]] = LANGUAGES
    most_texts: ClassVar[int] = 50
    most_characters: ClassVar[int] = 30_000  # a request may have 128 KiB

    def __init__(self, account: ProviderAccess) -> None:
        self.account = account
        self.url = (account.base_url or (FREE if account.secret.endswith(":fx") else self.base_url)).rstrip("/")

    def revision(self) -> str:
        return "v2"

    def targets(self, source: str) -> frozenset[str]:
        return self.languages - {source} if source in self.languages else frozenset()

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        if source not in self.languages or target not in self.languages:
            raise UnsupportedPair("DeepL does not translate this pair.")
        body = {
            "text": list(texts),
            "source_lang": source.upper(),
            "target_lang": TARGETS.get(target, target.upper()),
            "split_sentences": "nonewlines",
            "preserve_formatting": True,
        }
        headers = {"Authorization": f"DeepL-Auth-Key {self.account.secret}"}
        try:
            answer = ask("POST", f"{self.url}/v2/translate", json=body, headers=headers, seconds=self.account.seconds)
        except ProviderRefused as error:
            raise (UnsupportedPair if "not supported" in str(error) else ProviderRefused)(str(error)) from None
        try:
            return [str(item["text"]) for item in answer["translations"]]
        except (TypeError, KeyError):
            raise BadAnswer("DeepL's response contains no translations.") from None
