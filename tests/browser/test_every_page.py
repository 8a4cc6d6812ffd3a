"""Every page of the site map, with everything in it that a project can have, is free of faults for axe-core.

A page is opened once and looked at in both themes and three widths. A theme changes colours alone, a width changes
places and which elements show: each look asks for what it can change, and all other rules are asked once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from projects.models import Project, User
from sessions.demo.dialects import DIALECTS
from sessions.demo.export import body
from sessions.demo.story import tell
from sessions.rollup.recomputing import drain
from tests.isolation.conftest import World, new_world
from tests.isolation.routes import ROUTES, every_route
from tests.isolation.test_routes import key_of, path_of
from tracing.ingest.intake import take_traces
from tracing.wire.otlp import PROTOBUF

pytestmark = pytest.mark.django_db(transaction=True)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_PLACES = ["target-size", "scrollable-region-focusable"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
NARROWER = {1024: 800, 390: 8_000}  # a phone so long that the bars at its end cover nothing
MACHINES = ("api/", "v1/", "^", "admin", "healthz", "readyz", "metrics", "assets", "docs")
NOT_PAGES = (  # fragments of pages, and files
    "strip", "suggest", "facets/", "export", ".csv", ".svg", ".<str:form>", "media/", "recovery-codes/file",
    "issues/count", "alerts/count", "inbox/count", "mentions", "translation/", "/preview", "/next", "sign-out",
    "sign-in/oidc", "language", "annotate/", "texts/",
)  # fmt: skip
RUN = "async (element, options) => (await axe.run(element, options)).violations"
# The controls that look as the browser draws them by itself.
BARE = """() => [...document.querySelectorAll("input, select, textarea, button")].filter((one) => {
  const style = getComputedStyle(one);
  return one.checkVisibility() && ["inset", "outset"].includes(style.borderTopStyle);
}).map((one) => one.outerHTML.slice(0, 120))"""
# Texts that begin before the window or end behind it, and that no scrolling of a part of the page shows.
OUTSIDE = """() => {
  const range = new Range(), found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, shown = text.parentElement;
    if (!text.data.trim() || !shown.checkVisibility() || shown.closest(".skip, .visually-hidden")) continue;
    range.selectNodeContents(text);
    let {left, right, width} = range.getBoundingClientRect();
    const isRtl = getComputedStyle(shown).direction === "rtl"; // a text is cut at its own end
    for (let up = shown; up; up = up.parentElement) {
      const {overflowX} = getComputedStyle(up), box = up.getBoundingClientRect();
      const isScrolled = ["auto", "scroll"].includes(overflowX) && up.scrollWidth > up.clientWidth;
      if (isScrolled) [left, right] = [box.left, box.right];
      else if (overflowX !== "visible" && isRtl) left = Math.max(left, box.left);
      else if (overflowX !== "visible") right = Math.min(right, box.right);
    }
    if (width > 1 && (left < -1 || right > innerWidth + 1)) found.push(text.data.trim().slice(0, 60));
  }
  return found;
}"""
OF_THE_PAGE = "main details.menu:visible"  # those of the navigation are the same on all pages
OPEN_ONE = """(menu) => {
  for (const other of document.querySelectorAll("details.menu[open]")) other.open = false;
  menu.open = true;
}"""


def routes_of_pages() -> list[str]:
    """Return the routes that a browser opens, those that sign somebody out excepted."""
    routes = {key_of(route) for route in every_route() if not route.startswith(MACHINES)}
    return sorted(
        route for route in routes if "GET" in ROUTES[route].methods and not any(part in route for part in NOT_PAGES)
    )


def faults(page: Page, where: str, within: Locator | None = None, **only: Any) -> Iterator[tuple[str, str]]:
    """Yield what axe refuses: how grave it is, and where it stands."""
    options = {**(only or {"runOnly": {"type": "tag", "values": TAGS}}), "resultTypes": ["violations"]}
    for one in (within or page.locator("html")).evaluate(RUN, options):
        for node in one["nodes"]:
            yield one["impact"], f"{where} {one['id']}: {node['target']} {node['failureSummary'][:200]}"


def looked_at(page: Page, where: str, menus: str) -> Iterator[tuple[str, str]]:
    """Yield the faults of a page in both themes and at all widths, and of these menus."""
    page.evaluate(Axe().axe_script)
    yield from faults(page, where)
    yield from (("serious", f"{where}: looks as the browser draws it: {control}") for control in page.evaluate(BARE))
    yield from in_dark(page, where)
    for width, height in NARROWER.items():
        page.set_viewport_size({"width": width, "height": height})
        yield from faults(page, f"{where} at {width}", runOnly={"type": "rule", "values": [*OF_PLACES, *OF_COLOURS]})
        yield from in_dark(page, f"{where} at {width}")
        yield from (("serious", f"{where} at {width}: is not wholly shown: {text}") for text in page.evaluate(OUTSIDE))
    page.set_viewport_size({"width": 1440, "height": 900})
    for menu in page.locator(menus).all():
        menu.evaluate(OPEN_ONE)
        yield from faults(page, f"{where}, a menu", menu, runOnly={"type": "rule", "values": OF_PLACES})


def in_dark(page: Page, where: str) -> Iterator[tuple[str, str]]:
    """Yield the faults of a page's colours in the dark theme."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    yield from faults(page, f"{where}, dark", runOnly={"type": "rule", "values": OF_COLOURS})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def opened(page: Page, address: str) -> Response | None:
    """Open a page and wait for its fragments."""
    answer = page.goto(address, wait_until="load")
    expect(page.locator(".htmx-request")).to_have_count(0)
    return answer


@pytest.fixture
def filled(other_project: Project, charlie: User) -> World:
    """The world of the routes, with conversations that read like real ones."""
    world = new_world(other_project, charlie)
    until = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    for number, talk in enumerate(tell(12, seed=1, until=until)):
        take_traces(world.project, body(talk, DIALECTS[number % len(DIALECTS)]), PROTOBUF, {})
    drain(world.project.pk)
    return world


def signed_in(context: BrowserContext, server: LiveServer, filled: World) -> None:
    client = Client()
    client.force_login(filled.owner)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])


@pytest.mark.timeout(900)
def test_every_page_is_accessible(page: Page, live_server: LiveServer, filled: World) -> None:
    found: list[tuple[str, str]] = []
    seen = 0
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for is_signed_in in (True, False):
        page.context.clear_cookies()
        if is_signed_in:
            signed_in(page.context, live_server, filled)
        for route in routes_of_pages():
            if not is_signed_in and ROUTES[route].nobody == 302:
                continue
            answer = opened(page, live_server.url + path_of(route, ROUTES[route], filled))
            if answer is None or "text/html" not in answer.headers.get("content-type", ""):
                continue
            found += looked_at(page, route, "details.menu:visible" if seen == 0 else OF_THE_PAGE)
            seen += 1
    assert found == []
    assert seen > 60
