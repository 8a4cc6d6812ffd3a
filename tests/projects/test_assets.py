"""Stylesheets and scripts: as few requests as a page can do with, at addresses that a browser keeps for ever."""

import re
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.templatetags.static import static
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from projects.assets import MAX_BUNDLED_FILES

pytestmark = pytest.mark.django_db


def test_a_page_asks_for_its_styles_and_scripts_in_few_requests(client: Client) -> None:
    html = client.get(reverse("account_login")).content.decode()
    addresses = re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]+)"', html)

    answers = [client.get(address) for address in addresses]

    assert len(addresses) <= 4
    assert all(re.search(r"\?v=\w{12}$", address) for address in addresses)
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert all("immutable" in answer.headers["Cache-Control"] for answer in answers)
    assert b"--" in answers[0].content


def test_a_bundle_holds_its_files_in_order(client: Client) -> None:
    answer = client.get(reverse("bundle", args=["js", "steps+session"]))

    scripts = [Path(configured.BASE_DIR, f"static/js/{name}.js").read_text() for name in ("steps", "session")]
    assert answer.content.decode() == "\n".join(scripts)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("css", "nothing"),
        ("py", "base"),
        ("css", "..+base"),
        ("css", "base+"),
        ("css", "+".join(["base"] * (MAX_BUNDLED_FILES + 1))),
    ],
)
def test_a_bundle_is_of_our_own_files_only(client: Client, kind: str, names: str) -> None:
    assert client.get(reverse("bundle", args=[kind, names])).status_code == 404


def test_an_address_changes_with_what_is_behind_it(tmp_path: Path, settings: Settings) -> None:
    settings.DEBUG = True
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "a.css").write_text("a {}")
    before = static("a.css")
    again = static("a.css")
    (tmp_path / "a.css").write_text("b {}")

    assert before == again != static("a.css")
    assert static("missing.css") == "/static/missing.css"
