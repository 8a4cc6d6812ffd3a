"""Which pages the documentation has, and in which order it offers them."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from django.conf import settings

from sessions.documentation.articles import Article, article_of

DOCS_FOLDER = Path(settings.BASE_DIR, "docs")
UNGROUPED = "More"  # the group of pages that no other group names
GROUPS = {
    "Start": ("sdks", "dialects"),
    "Read": ("lists", "query", "search", "replay", "annotation", "inbox", "translation", "account"),
    "Measure": ("numbers", "sessions", "dashboard", "cohorts"),
    "Watch": ("judges", "alerts", "providers", "issues"),
    "Build": ("api", "reference", "mcp", "export"),
    "Run": ("operations", "upgrading", "scaling", "provisioning", "limits", "security", "performance", "architecture"),
}


@dataclass(frozen=True)
class DocGroup:
    """Articles below one title of the table of contents."""

    title: str
    articles: tuple[Article, ...]


@lru_cache(maxsize=100)
def _read(path: Path, changed_at: int) -> Article:
    """Return the page of a file. A file that changed is read again."""
    titles = {other.stem: _title(other) for other in DOCS_FOLDER.glob("*.md")}
    return article_of(path.stem, path.read_text(encoding="utf-8"), titles)


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return lines.readline().removeprefix("# ").strip()


def find_article(name: str) -> Article | None:
    """Return the article with this name, or None."""
    path = DOCS_FOLDER / f"{name}.md"
    if path.parent != DOCS_FOLDER or not path.is_file():
        return None
    return _read(path, path.stat().st_mtime_ns)


def read_groups() -> list[DocGroup]:
    """Return the whole table of contents."""
    found = {path.stem: _read(path, path.stat().st_mtime_ns) for path in sorted(DOCS_FOLDER.glob("*.md"))}
    named = [
        DocGroup(title, tuple(found.pop(name) for name in names if name in found)) for title, names in GROUPS.items()
    ]
    return [*named, DocGroup(UNGROUPED, tuple(found.values()))] if found else named


def neighbours(article: Article, groups: list[DocGroup]) -> tuple[Article | None, Article | None]:
    """Return the articles before and after this one."""
    order = [other for group in groups for other in group.articles]
    before = {after.name: earlier for earlier, after in pairwise(order)}
    later = {earlier.name: after for earlier, after in pairwise(order)}
    return before.get(article.name), later.get(article.name)


def group_of(article: Article, groups: list[DocGroup]) -> str:
    """Return the title of the group of an article."""
    return next((group.title for group in groups if article in group.articles), "")
