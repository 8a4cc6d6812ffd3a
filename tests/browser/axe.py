"""Accessibility of a page as it stands, in both themes: the rules of WCAG 2.2 A and AA, by axe-core."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES = ("light", "dark")


def violations(page: Page, within: str = "body") -> list[str]:
    """What the page offends against, in the theme that it is shown in: rule, element and reason."""
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    axe = Axe("") if page.evaluate("'axe' in window") else Axe()  # half a megabyte of script, once for each page
    found = axe.run(page, context=[within], options=options).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def assert_accessible(page: Page, within: str = "body") -> None:
    """Looks at the page in light and dark, and leaves it in light."""
    for theme in reversed(THEMES):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = violations(page, within)
        assert found == [], f"{theme}: {found}"
