"""What providers have in common: they translate texts of one pair of languages, or raise one of these errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sessions.translation.languages import LANGUAGE_NAMES

LanguagePair = tuple[str, str]

EVERY_LANGUAGE = frozenset(LANGUAGE_NAMES)


class TranslationFailed(Exception):
    """A translation failed: the message is for people, `code` for programs."""

    code = "failed"
    is_temporary = False


class ProviderUnavailable(TranslationFailed):
    """The provider does not answer, or not in time."""

    code = "unavailable"
    is_temporary = True


class ProviderTimedOut(ProviderUnavailable):
    """The provider received the request and did not answer in time, so that it may have worked for nothing."""


class ProviderRateLimited(TranslationFailed):
    """The provider received too much at once; `retry_after` is in seconds."""

    code = "rate_limited"
    is_temporary = True

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderQuotaExceeded(TranslationFailed):
    """The quota of the provider's account, or the project's own, is used up for today."""

    code = "quota_exceeded"


class AuthFailed(TranslationFailed):
    """The provider does not accept the key."""

    code = "auth_failed"


class UnsupportedPair(TranslationFailed):
    """The provider does not translate between these languages."""

    code = "unsupported_pair"


class ProviderRefused(TranslationFailed):
    """The provider does not accept this request, such as one that is too long."""

    code = "refused"


class BadAnswer(TranslationFailed):
    """The provider's answer is not as many translations as texts."""

    code = "bad_answer"


class AddressRefused(TranslationFailed):
    """Projects of this installation may not use this address."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """How a project reaches a provider."""

    base_url: str = ""
    secret: str = ""
    model: str = ""
    seconds: float = 10.0  # for one request


class Provider(Protocol):
    """A kind of engine, made for one project's account.

    `asks_for` names its settings, of base_url, model and secret, with a description for people; those in `optional` may
    be left empty. A provider that `leaves_host` needs consent."""

    slug: ClassVar[str]
    label: ClassVar[str]
    leaves_host: ClassVar[bool]
    asks_for: ClassVar[Mapping[str, str]]
    optional: ClassVar[frozenset[str]]
    base_url: ClassVar[str]  # where it listens unless a project says otherwise
    languages: ClassVar[frozenset[str]]  # between which it is known to translate; a server may have fewer
    most_texts: ClassVar[int]
    most_characters: ClassVar[int]
    account: ProviderAccess

    def __init__(self, account: ProviderAccess) -> None: ...

    def revision(self) -> str:
        """Return a text that changes with the model, so that old translations are not reused."""

    def targets(self, source: str) -> Iterable[str]:
        """Return the languages into which it translates from `source`.

        Raises TranslationFailed if a server must be asked and does not answer."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Return as many translations in the same order. Raises TranslationFailed."""
