"""Stylesheets and scripts whose addresses change with their content, so that browsers can keep them for ever.

Several files of `css/` or `js/` can be requested as one, so that a page needs few requests."""

import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import Http404
from django.templatetags.static import static
from django.urls import reverse

ASSET_CONTENT_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
MAX_BUNDLED_FILES = 40
RELATIVE_URL = re.compile(r'url\("\.\./([^"]+)"\)')
FOREVER = "max-age=31536000, public, immutable"


class VersionedStorage(StaticFilesStorage):
    """Storage that adds a version to the address of each file. The address without a version works, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remembered = lru_cache(1_000)(self._url)  # a page has a hundred icons

    def url(self, name: str | None) -> str:
        return self._url(name) if settings.DEBUG else self._remembered(name)

    def _url(self, name: str | None) -> str:
        stamp = version(name) if name else ""
        return f"{super().url(name)}?v={stamp}" if stamp else super().url(name)


def bundle_url(kind: str, names: str) -> str:
    """Return the address of a bundle of the named files. The names are separated by spaces."""
    joined = "+".join(names.split())
    return f"{reverse('bundle', args=[kind, joined])}?v={version(*files_of(kind, joined))}"


def bundle_text(kind: str, names: str) -> str | None:
    """Return the text of the files that `name+name` names, or None if one of them does not exist.

    Relative addresses of fonts and pictures become whole ones, since a bundle is served from another folder.
    Raises Http404 for an unknown kind, for a name that cannot be a file's, and for more than MAX_BUNDLED_FILES."""
    paths = [_path(name) for name in files_of(kind, names)]
    if not all(paths):
        return None
    text = "\n".join(path.read_text() for path in paths if path)
    return RELATIVE_URL.sub(lambda found: f'url("{static(found[1])}")', text)


def files_of(kind: str, names: str) -> list[str]:
    """Return the paths of the files that `name+name` names. Raises Http404 for names that are not allowed."""
    requested = names.split("+")
    if (
        kind not in ASSET_CONTENT_TYPES
        or len(requested) > MAX_BUNDLED_FILES
        or not all(name.isidentifier() for name in requested)
    ):
        raise Http404("There is no such file.")
    return [f"{kind}/{name}.{kind}" for name in requested]


def version(*names: str) -> str:
    """Return 12 hexadecimal digits that change with the files' content, or "" if a file is missing."""
    return _read(names) if settings.DEBUG else _remembered(names)


def _read(names: tuple[str, ...]) -> str:
    paths = [path for name in names if (path := _path(name))]
    if len(paths) < len(names):
        return ""
    return sha256(b"\n".join(path.read_bytes() for path in paths)).hexdigest()[:12]


_remembered = lru_cache(1_000)(_read)


def _path(name: str) -> Path | None:
    found = finders.find(name)
    return Path(found) if isinstance(found, str) and Path(found).is_file() else None
