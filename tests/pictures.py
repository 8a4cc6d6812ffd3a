"""The pictures of README and docs, taken of a fresh Confab with the demonstration's conversations.

Take all of them again with `.venv/bin/python -m tests.pictures`; it starts and ends what it needs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, sync_playwright

from benchmarks.server import Confab, running

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
OWNER = {"CONFAB_INIT_EMAIL": "ana.lima@northwind.example", "CONFAB_INIT_ORG": "Northwind"}
PROJECT_NAME = "Shop assistant"
PICTURED_SEED = 2  # tells every conversation that is named below
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# The first words of a conversation, and what people set of it.
STATES: dict[str, dict[str, Any]] = {
    "Devolvi a ": {"labels": ["waiting on bank"], "status": "open", "is_mine": True},
    "total() in billing": {"labels": ["bug in tool"], "status": "open", "is_mine": True},
    "Wie viele Bestellungen": {"labels": ["bug in tool"], "status": "open"},
    "Já é a quarta vez": {"labels": ["vip complaint"], "status": "open", "is_mine": True},
    "Nos han cancelado": {"status": "resolved", "is_mine": True},
    "二週間前に返品": {"labels": ["good example"], "status": "resolved"},
    "I need to move my flight": {"labels": ["good example"], "status": "resolved"},
}
REVIEWED = "Nos han cancelado"
NOTE = "The second run of the tests found a case that rounds the other way. Good example for the training set."


def main() -> None:
    """Take every picture."""
    with running(None, CONFAB_INIT_PROJECT=PROJECT_NAME, **OWNER) as confab:
        confab.join()
        from django.core.management import call_command

        call_command("demo", project=PROJECT_NAME, sessions=200, seed=PICTURED_SEED)
        confab.wait_for("session", "trace", "text")
        item = _prepare(confab)
        pages = f"http://127.0.0.1:{confab.port}/project/{confab.project_id}"
        code = f"{pages}/sessions/{quote(_beginning(confab, 'total() in billing'))}"
        refund = f"{pages}/sessions/{quote(_beginning(confab, 'Devolvi a '))}"
        with _page(confab, DESK, "light") as page:
            _take(page, f"{pages}/sessions", "sessions")
            _take(page, code, "session")
            _take(page, f"{pages}/dashboard", "dashboard")
            page.goto(f"{pages}/compare")
            page.get_by_role("link", name="By model").first.click()
            _take(page, page.url, "compare")
            _take(page, f"{pages}/review/{item}", "review")
            page.goto(code)
            page.locator(".turn-open").nth(1).click()
            _take(page, page.url, "trace")
        with _page(confab, DESK, "dark") as page:
            _take(page, code, "session-dark")
        with _page(confab, PHONE, "light") as page:
            _take(page, refund, "session-phone")


def _beginning(confab: Confab, words: str) -> str:
    """Return the id of the newest session that begins so."""
    from sessions.models import Session

    found = Session.objects.for_project(confab.project_id).filter(first_input__startswith=words)
    return str(found.order_by("-updated_at").values_list("session_id", flat=True)[0])


def _prepare(confab: Confab) -> str:
    """Let people have worked with the conversations, and return the place of a review."""
    from projects.models import User
    from sessions.annotation.queues import add_items
    from sessions.conversations.states import edit_states, setting
    from sessions.models import ReviewItem, ReviewQueue, ScoreConfig, Session

    owner = User.objects.get()
    owner.name = "Ana Lima"
    owner.save()
    for words, state in STATES.items():
        values = {name: value for name, value in state.items() if name != "is_mine"}
        values |= {"assignee_id": owner.pk} if state.get("is_mine") else {}
        edit_states(confab.project_id, [_beginning(confab, words)], setting(**values), by=owner.email)
    edit_states(confab.project_id, [_beginning(confab, "total() in billing")], setting(note=NOTE), by=owner.email)
    asked: list[dict[str, Any]] = [
        {"name": "Helpfulness", "data_type": "NUMERIC", "min_value": 1, "max_value": 5,
         "description": "Did the answers get the person further?"},
        {"name": "Outcome", "data_type": "CATEGORICAL", "description": "How did it end for the customer?",
         "categories": [{"value": n, "label": label} for n, label in enumerate(("Solved", "Refund", "Escalated"))]},
        {"name": "Good example", "data_type": "BOOLEAN", "description": "Would you show it to a new colleague?"},
    ]  # fmt: skip
    configs = [ScoreConfig.objects.create(project_id=confab.project_id, **one) for one in asked]
    queue = ReviewQueue.objects.create(
        project_id=confab.project_id,
        name="Weekly check",
        description="Read the whole conversation before you score.",
        score_config_ids=[config.id for config in configs],
    )
    reviewed = _beginning(confab, REVIEWED)
    newest = Session.objects.for_project(confab.project_id).exclude(session_id=reviewed).order_by("-updated_at")
    others = newest.values_list("session_id", flat=True)[2:13]
    add_items(queue, [("SESSION", session_id) for session_id in (reviewed, *others)], by="")
    items = ReviewItem.objects.for_project(confab.project_id).filter(queue_id=queue.id)
    return f"{queue.id}/items/{items.get(object_id=reviewed).id}"


@contextmanager
def _page(confab: Confab, window: dict[str, int], theme: Any) -> Iterator[Page]:
    """Yield a page of the owner's, who is signed in."""
    from django.conf import settings
    from django.test import Client

    from projects.models import User

    client = Client()
    client.force_login(User.objects.get())
    cookie = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": f"http://127.0.0.1:{confab.port}",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(
            viewport=window,  # type: ignore[arg-type]
            color_scheme=theme,
            timezone_id="Europe/Lisbon",
            reduced_motion="reduce",
            has_touch=window == PHONE,
        )
        context.add_cookies([cookie])  # type: ignore[list-item]
        yield context.new_page()
        browser.close()


def _take(page: Page, address: str, name: str) -> None:
    """Take a picture when nothing is fetched any more."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png", urlsplit(page.url).path, flush=True)


if __name__ == "__main__":
    main()
