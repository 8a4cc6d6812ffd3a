"""A Portuguese support session, sent by a real SDK to a real Confab, is read in English turn by turn and reverted: the
embedded models, the real worker, and no request to anybody else."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tests.live import Up
from tests.paper import words_of

LONG = "\n\n".join(f"- Passo {number}: verifique o endereço de entrega do seu pedido." for number in range(60))
SENDS = f"""
import os
from interactiveai import Interactive, propagate_attributes

client = Interactive(
    base_url=os.environ["CONFAB_URL"],
    public_key=os.environ["CONFAB_PUBLIC_KEY"],
    secret_key=os.environ["CONFAB_SECRET_KEY"],
)
said = [
    ("Olá! O meu pedido #A-1029 ainda não chegou.",
     "Sinto muito pelo atraso, **Maria**. Rode `status(id=42)` ou veja https://ex.com/p?id=7."),
    ("Como posso mudar o endereço de entrega?", {LONG!r}),
    ("Obrigada! E o reembolso do frete?", "O reembolso de R$ 19,90 será feito em até 5 dias úteis."),
]
for question, answer in said:
    with client.start_as_current_span(name="turno") as span:
        with propagate_attributes(session_id="pedido-1029", user_id="maria"):
            span.update(input=question, output=answer)
client.flush()
"""


@pytest.fixture
def session(confab: Up) -> str:
    """The address of the session, when all of its turns have arrived."""
    keys = {"CONFAB_URL": confab.url, "CONFAB_PUBLIC_KEY": confab.public_key, "CONFAB_SECRET_KEY": confab.secret_key}
    subprocess.run([sys.executable, "-c", SENDS], env={**os.environ, **keys}, check=True, timeout=60)
    headers = {"Authorization": f"Bearer {confab.secret_key}"}
    for _ in range(200):
        found = httpx.get(f"{confab.url}/api/v1/sessions/pedido-1029", headers=headers, timeout=10)
        if found.status_code == 200 and found.json()["trace_count"] == 3:
            break
    return f"{confab.url}/project/{confab.project_id}/sessions/pedido-1029"


def sign_in(page: Page, confab: Up) -> None:
    page.goto(confab.url)
    page.get_by_label(re.compile("E-?mail", re.IGNORECASE)).fill(confab.email)
    page.get_by_label("Password").fill(confab.password)
    page.get_by_role("button", name="Sign in").click()


def test_a_portuguese_session_is_read_in_english_turn_by_turn_and_reverted(
    page: Page, complaints: list[str], confab: Up, session: str, axe: Callable[..., None]
) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    sign_in(page, confab)
    page.goto(session)
    expect(page.locator(".turn")).to_have_count(3)
    first, last = page.locator(".turn").first, page.locator(".turn").last
    original = first.locator(".turn-body").inner_html()

    page.get_by_role("link", name="Translate the conversation").click()
    expect(page).to_have_url(re.compile(r"[?&]lang=en"))
    first.scroll_into_view_if_needed()
    expect(first.locator(".translation")).to_have_attribute("data-state", "done")
    translated = first.locator(".translated")
    expect(translated).to_contain_text("order #A-1029")
    expect(translated).to_contain_text("sorry")
    expect(translated.locator("code")).to_have_text("status(id=42)")
    expect(translated.locator("strong")).to_have_text("Maria")
    expect(translated).to_contain_text("https://ex.com/p?id=7")
    expect(translated).to_have_attribute("lang", "en")
    expect(first.locator(".translation-bar")).to_contain_text("Portuguese → English")
    expect(first.locator(".turn-body")).to_be_hidden()
    # Only what was reached was asked for.
    expect(last.locator(".translation")).to_have_attribute("data-state", "asked")

    first.get_by_label("Show original").check()
    expect(first.locator(".turn-body")).to_be_visible()
    sides = [first.locator(side).bounding_box() for side in (".translation", ".turn-body")]
    assert sides[0]
    assert sides[1]
    assert sides[0]["x"] + sides[0]["width"] <= sides[1]["x"]
    axe(page, within=f"#{first.get_attribute('id')} > .translation")

    last.scroll_into_view_if_needed()
    expect(last.locator(".translated")).to_contain_text("R$ 19,90")
    expect(last.locator(".translated")).to_contain_text("5 working days")

    expect(page.locator(".translation-notice")).to_contain_text("Shown in English")
    page.get_by_role("link", name=re.compile("^Show the original")).click()
    expect(page.locator(".translation, .translation-notice")).to_have_count(0)
    assert "lang=" not in page.url
    assert first.locator(".turn-body").inner_html() == original
    expect(first.locator(".turn-body")).to_be_visible()
    page.reload()
    expect(page.locator(".turn").first.locator(".turn-body")).to_contain_text("ainda não chegou")

    page.goto(f"{session}?lang=de")
    told = page.locator(".translation-notice")
    expect(told).to_contain_text("cannot translate from Portuguese into German")
    expect(told).to_contain_text("DeepL")
    page.get_by_label("Language to read in").click()
    expect(page.locator(".translate button[name=lang]")).to_have_text(["English"])
    expect(page.locator(".turn").first.locator("[data-reason]")).to_be_hidden(timeout=30_000)
    expect(page.locator(".turn").first.locator(".turn-body")).to_be_visible()
    assert {urlsplit(request.url).netloc for request in asked} == {urlsplit(confab.url).netloc}


def test_a_session_that_is_read_in_english_is_printed_in_english_whole(page: Page, confab: Up, session: str) -> None:
    sign_in(page, confab)
    page.goto(f"{session}?lang=en")
    page.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1; };")
    page.get_by_label("More", exact=True).first.click()
    page.get_by_role("link", name="Print").click()

    page.wait_for_url(re.compile("translated"), timeout=120_000)
    expect(page.locator(".translation-notice")).to_have_text(
        re.compile(r"^Machine translation into English: (\d+) of \1 turns\.$")
    )
    assert page.evaluate("window.printed") == 1
    paper = words_of(page.pdf())
    for said in ("order #A-1029", "status(id=42)", "Step 0:", "Step 59:", "R$ 19,90", "5 working days"):
        assert said in paper
    for original in ("Sinto muito", "verifique", "Obrigada", "Translating turn"):
        assert original not in paper
