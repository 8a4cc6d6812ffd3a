"""Settings that are of use only with the packages of a further lock file, and refuse to be set without them."""

from collections.abc import Callable
from importlib.util import find_spec
from urllib.parse import urlsplit

S3_LOCK, WATCH_LOCK = "requirements-s3.lock", "requirements-watch.lock"


def storage_class(text: str) -> str:
    """Return the dotted path of a storage class. Raises ValueError if it is one of those that S3 takes."""
    if text.startswith("storages."):
        _need("storages", S3_LOCK)
    return text


def backup_place(text: str) -> str:
    """Return a directory or `s3://bucket/directory`. Raises ValueError."""
    if text.startswith("s3://"):
        _need("storages", S3_LOCK)
    return text


def url_for(package: str) -> Callable[[str], str]:
    """Return what reads a URL for which Confab needs a package to send something there.

    It raises ValueError without the URL, which may have a secret in it."""

    def read(text: str) -> str:
        parts = urlsplit(text)
        if text and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError("it is no URL that begins with http:// or https://")
        if text:
            _need(package, WATCH_LOCK)
        return text

    return read


def _need(package: str, lock: str) -> None:
    if not find_spec(package):
        raise ValueError(f"it needs further packages. Install them: ./run install {lock}")
