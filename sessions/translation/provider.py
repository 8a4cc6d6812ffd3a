"""What every provider is: texts of one pair of languages in, as many texts out, or one of the errors below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from sessions.translation.languages import LANGUAGE_NAMES

LanguagePair = tuple[str, str]

EVERY_LANGUAGE = frozenset(LANGUAGE_NAMES)


class TranslationFailed(Exception):
    """Says in words what went wrong; `code` says it to programs."""

    code = "failed"
    is_temporary = False


class ProviderUnavailable(TranslationFailed):
    """Nobody answers, or not in time."""

    code = "unavailable"
    is_temporary = True


class ProviderRateLimited(TranslationFailed):
    """Too much at once; `retry_after` in seconds."""

    code = "rate_limited"
    is_temporary = True

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderQuotaExceeded(TranslationFailed):
    """Nothing more today: the provider's account, or the project's own limit."""

    code = "quota_exceeded"


class AuthFailed(TranslationFailed):
    """The provider does not take the key."""

    code = "auth_failed"


class UnsupportedPair(TranslationFailed):
    """It does not translate between these two."""

    code = "unsupported_pair"


class ProviderRefused(TranslationFailed):
    """It does not take this request, such as one that is too long."""

    code = "refused"


class BadAnswer(TranslationFailed):
    """It answered something else than translations."""

    code = "bad_answer"


class AddressRefused(TranslationFailed):
    """The address is not one that this installation lets projects use."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """How a project reaches a provider."""

    base_url: str = ""
    secret: str = ""
    model: str = ""
    seconds: float = 10.0  # for one request


class Provider(Protocol):
    """One kind of engine, made for one project's account.

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
        """Changes with the model, so that no old translation is shown for its own."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """As many texts in the same order. Raises TranslationFailed."""
