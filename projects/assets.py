"""Stylesheets and scripts at addresses that change with what they hold, so that a browser keeps them for ever.

What a page needs comes as few files: several of `css/` or `js/` can be asked for as one."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

ASSET_CONTENT_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
MAX_BUNDLED_FILES = 40  # files in one
FOREVER = "max-age=31536000, public, immutable"


class VersionedStorage(StaticFilesStorage):
    """`{% static %}` with the version of the file; whoever asks without one gets the same file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remembered = lru_cache(1_000)(self._url)  # a page has a hundred icons

    def url(self, name: str | None) -> str:
        return self._url(name) if settings.DEBUG else self._remembered(name)

    def _url(self, name: str | None) -> str:
        stamp = version(name) if name else ""
        return f"{super().url(name)}?v={stamp}" if stamp else super().url(name)


def bundle_url(kind: str, names: str) -> str:
    """Where the files of these names, parted by spaces, are read as one."""
    joined = "+".join(names.split())
    return f"{reverse('bundle', args=[kind, joined])}?v={version(*files_of(kind, joined))}"


@require_safe
def bundle(request: HttpRequest, kind: str, names: str) -> HttpResponse:
    paths = [_path(name) for name in files_of(kind, names)]
    if not all(paths):
        raise Http404("There is no such file.")
    text = "\n".join(path.read_text() for path in paths if path)
    return HttpResponse(text, content_type=ASSET_CONTENT_TYPES[kind], headers={"Cache-Control": FOREVER})


def files_of(kind: str, names: str) -> list[str]:
    """What `name+name` stands for."""
    asked = names.split("+")
    if (
        kind not in ASSET_CONTENT_TYPES
        or len(asked) > MAX_BUNDLED_FILES
        or not all(name.isidentifier() for name in asked)
    ):
        raise Http404("There is no such file.")
    return [f"{kind}/{name}.{kind}" for name in asked]


def version(*names: str) -> str:
    """A few letters that stay the same as long as the files do; empty when one is missing."""
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
