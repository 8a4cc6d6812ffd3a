"""The switch of languages, each turn's translation, who translates, and the same by API."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from projects.models import AuditEvent, Project, User
from sessions.models import TranslationJob, TranslationSettings
from sessions.translation import jobs
from sessions.translation.secrets import decrypted, encrypted
from tests.conftest import Key
from tests.conversations import read, tell
from tests.downloads import body_of
from tests.translation.engines import Engine, served
from tracing.models import Trace

pytestmark = pytest.mark.django_db

PEDIDO = (("Olá! O meu pedido #A-1029 ainda não chegou.", "Sinto muito. Veja `status(id=42)`, **Maria**."),)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def trace(project: Project) -> Trace:
    return Trace.objects.for_project(project).get(trace_id=tell(project, "pedido", PEDIDO)[0])


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def url(trace: Trace, query: str = "?to=en") -> str:
    return reverse("translation", args=[trace.project_id, trace.trace_id]) + query


def work(project: Project) -> None:
    for job in jobs.unfinished(project.pk):
        jobs.run(job)


def test_a_turn_is_asked_for_waited_for_and_read(alices: Client, project: Project, trace: Trace) -> None:
    asked = alices.get(url(trace), headers=HTMX).content.decode()
    assert "Translating into English" in asked
    assert 'hx-trigger="load delay:1s"' in asked

    work(project)
    read = alices.get(url(trace), headers=HTMX).content.decode()

    assert "Portuguese → English" in read
    assert "Machine translation by Embedded models" in read
    assert 'lang="en" dir="ltr"' in read
    assert "<strong>Maria</strong>" in read
    assert "<code>status(id=42)</code>" in read
    assert "ainda não chegou" not in read


def test_a_plain_page_begins_nothing_until_its_form_is_sent(alices: Client, project: Project, trace: Trace) -> None:
    looked = alices.get(url(trace))
    assert "not translated yet" in looked.content.decode()
    assert not TranslationJob.objects.for_project(project).exists()

    sent = alices.post(url(trace))
    work(project)
    page = alices.get(sent.headers["Location"]).content.decode()

    assert "My order #A-1029" in page
    assert "O meu pedido #A-1029" in page


def test_a_translated_turn_costs_the_same_number_of_queries_whatever_it_says(
    alices: Client, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    said = tuple((f"Onde está o pedido {n}?", f"O pedido {n} está a caminho da sua casa.") for n in range(4))
    traces = [Trace.objects.for_project(project).get(trace_id=key) for key in tell(project, "muitos", said)]
    for trace in traces:
        alices.get(url(trace), headers=HTMX)
    work(project)

    for trace in traces[1:3]:
        with django_assert_num_queries(11):
            alices.get(url(trace), headers=HTMX)


@pytest.mark.parametrize(("query", "status"), [("", 404), ("?to=", 404), ("?to=xx", 404), ("?to=%00", 400)])
def test_there_is_no_translation_into_no_language(alices: Client, trace: Trace, query: str, status: int) -> None:
    assert alices.get(url(trace, query)).status_code == status


def test_text_that_an_engine_answers_is_shown_as_text(
    alices: Client, project: Project, trace: Trace, settings: Any
) -> None:
    settings.TRANSLATION_HOSTS = ["127.0.0.1"]
    with served(
        Engine(translate=lambda text: text + " &lt;img src=x onerror=alert(1)&gt; javascript:alert(1)")
    ) as engine:
        TranslationSettings.objects.create(
            project=project, provider="libretranslate", base_url=engine.url, consent_at=timezone.now()
        )
        alices.get(url(trace), headers=HTMX)
        work(project)
        read = alices.get(url(trace), headers=HTMX).content.decode()

    assert "<img" not in read


def test_a_project_that_turned_translation_off_says_so_and_shows_the_original(
    alices: Client, project: Project, trace: Trace
) -> None:
    TranslationSettings.objects.create(project=project, provider="")

    read = alices.get(url(trace), headers=HTMX).content.decode()

    assert "turned off for this project" in read


def test_a_failure_offers_to_try_again(alices: Client, project: Project, trace: Trace, settings: Any) -> None:
    settings.TRANSLATION_HOSTS = ["127.0.0.1"]
    with served(Engine(status=403, failures=1)) as engine:
        TranslationSettings.objects.create(
            project=project, provider="libretranslate", base_url=engine.url, consent_at=timezone.now()
        )
        alices.get(url(trace), headers=HTMX)
        work(project)
        failed = alices.get(url(trace), headers=HTMX).content.decode()
        assert "refused the key" in failed
        assert "Try again" in failed

        alices.post(url(trace, "?to=en&again=1"), headers=HTMX)
        work(project)
        assert "SINTO MUITO." in alices.get(url(trace), headers=HTMX).content.decode()


def test_the_switch_leads_to_the_readers_language(alices: Client, project: Project, trace: Trace) -> None:
    page = reverse("session", args=[project.pk, "pedido"])
    switch = reverse("translation-language", args=[project.pk])

    assert switch in alices.get(page).content.decode()
    by_browser = alices.get(switch, {"back": page}, headers={"Accept-Language": "tlh, pt-BR;q=0.9, en;q=0.5"})
    assert by_browser.headers["Location"] == f"{page}?lang=pt"
    chosen = alices.post(f"{switch}?back={page}?only=errors", {"lang": "fr"})
    assert chosen.headers["Location"] == f"{page}?only=errors&lang=fr"
    remembered = alices.get(switch, {"back": f"{page}?lang=de"}, headers={"Accept-Language": "pt"})
    assert remembered.headers["Location"] == f"{page}?lang=fr"


@pytest.fixture
def german(project: Project) -> str:
    said = [("Ich komme nicht mehr in mein Konto, was kann ich tun?", "Ich habe Ihnen einen neuen Link geschickt.")]
    tell(project, "konto", said)
    return reverse("session", args=[project.pk, "konto"])


def offered(client: Client, project: Project, session_id: str, **more: str) -> str:
    page = reverse("session", args=[project.pk, session_id])
    asked = {"choose": "", "session": session_id, "back": page, **more}
    return read(client.get(reverse("translation-language", args=[project.pk]), asked, headers=HTMX))


def test_only_languages_that_work_are_offered_under_their_own_names(
    alices: Client, project: Project, trace: Trace, german: str
) -> None:
    menu = offered(alices, project, "pedido")
    assert re.findall(r'name="lang" value="(\w+)" lang="\w+" ?>([^<]+)<', menu) == [("en", "English")]

    nothing = offered(alices, project, "konto")
    assert 'name="lang"' not in nothing
    assert "Embedded models cannot translate from German into English" in nothing
    assert "DeepL" in nothing
    TranslationSettings.objects.create(
        project=project, provider="deepl", consent_at=timezone.now(), secret=encrypted("k")
    )
    names = dict(re.findall(r'name="lang" value="(\w+)" lang="\w+" ?>([^<]+)<', offered(alices, project, "konto")))
    assert {"en": "English", "ja": "日本語", "pt": "Português"}.items() <= names.items()
    assert "de" not in names


def test_the_language_of_the_reader_gives_way_to_one_that_works(
    alices: Client, project: Project, trace: Trace, german: str
) -> None:
    page = reverse("session", args=[project.pk, "pedido"])
    switch = reverse("translation-language", args=[project.pk])

    def leads_to(language: str) -> str:
        answer = alices.get(switch, {"back": page, "session": "pedido"}, headers={"Accept-Language": language})
        return answer.headers["Location"]

    assert leads_to("de") == f"{page}?lang=en"  # the only one into which Portuguese can be translated here
    assert leads_to("pt") == f"{page}?lang=pt"
    assert "The conversation is in Portuguese already." in read(alices.get(f"{page}?lang=pt"))


def test_one_notice_says_who_translates_or_why_nobody_does(
    alices: Client, project: Project, trace: Trace, german: str
) -> None:
    page = reverse("session", args=[project.pk, "pedido"])

    shown = read(alices.get(f"{page}?lang=en"))
    assert shown.count("Shown in English, machine translation by Embedded models.") == 1
    assert re.search(rf'<a href="{page}\??" data-revert>Show original</a>', shown)
    assert "machine translation by" not in read(alices.get(page))

    refused = read(alices.get(f"{german}?lang=en"))
    assert refused.count("Embedded models cannot translate from German into English") == 1
    assert "Shown in English" not in refused


def test_a_page_asks_for_languages_only_when_the_menu_is_opened(
    alices: Client, project: Project, trace: Trace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page = reverse("session", args=[project.pk, "pedido"])

    with django_assert_max_num_queries(15):  # four of them limit the time of finding the neighbours
        plain = read(alices.get(page))
    with django_assert_max_num_queries(16):
        alices.get(f"{page}?lang=en")

    assert 'name="lang"' not in plain
    assert 'hx-trigger="toggle from:closest details once"' in plain
    choose = reverse("translation-language", args=[project.pk]) + f"?choose&session=pedido&back={page}"
    assert 'value="en"' in alices.get(choose).content.decode()  # the same without a script


def test_a_preview_is_read_in_another_language(alices: Client, project: Project, trace: Trace) -> None:
    page = reverse("session", args=[project.pk, "pedido"])
    preview = read(alices.get(page, {"peek": ""}, headers=HTMX))
    [way] = re.findall(r'hx-get="([^"]+language[^"]+)"', preview)
    there = alices.get(way.replace("&amp;", "&"), headers=HTMX).headers["Location"]
    shown = read(alices.get(there, headers=HTMX))
    sides = [side.replace("&amp;", "&") for side in re.findall(r'hx-get="([^"]+brief=[^"]+)"', shown)]

    assert there == f"{page}?peek=&lang=en"
    assert "Shown in English" in shown
    assert len(sides) == 2
    assert 'data-state="open"' in read(alices.get(sides[0], headers=HTMX))
    work(project)
    asked, answered = (read(alices.get(side, headers=HTMX)) for side in sides)
    assert "My order #A-1029" in asked
    assert "See status(id=42), Maria." in answered
    assert '<p class="peek-text" lang="en"' in asked


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example/project/1/", "/admin/", ""])
def test_the_switch_leads_nowhere_else(alices: Client, project: Project, back: str) -> None:
    answer = alices.get(reverse("translation-language", args=[project.pk]), {"back": back})

    assert answer.headers["Location"] == f"/project/{project.pk}/sessions?lang=en"


def test_the_page_of_a_session_asks_only_when_its_address_says_so(
    alices: Client, project: Project, trace: Trace
) -> None:
    page = reverse("session", args=[project.pk, "pedido"])

    assert 'data-state="asked"' not in alices.get(page).content.decode()
    assert 'data-state="asked"' in alices.get(f"{page}?lang=en").content.decode()
    assert "Show the original" in alices.get(f"{page}?lang=en").content.decode()


def settings_form(**given: Any) -> dict[str, Any]:
    chosen = {"part": "translation", "provider": "libretranslate", "base_url": "https://93.184.216.34"}
    return {**chosen, "daily_characters": 1000, **given}


def test_nothing_is_turned_on_without_consent(alices: Client, project: Project) -> None:
    page = reverse("project-providers", args=[project.pk])

    refused = alices.post(page, settings_form())
    assert refused.status_code == 400
    assert "without your consent" in refused.content.decode()

    assert alices.post(page, settings_form(consent="on", secret="k-secret")).status_code == 302
    saved = TranslationSettings.objects.get(project=project)
    assert (saved.consent_by, saved.provider) == ("alice@example.com", "libretranslate")
    assert "k-secret" not in saved.secret
    assert decrypted(saved.secret) == "k-secret"
    event = AuditEvent.objects.get(action="project changed")
    assert event.details["translation"] == "libretranslate"
    assert "k-secret" not in str(event.details)
    assert "k-secret" not in alices.get(page).content.decode()


def test_a_key_and_a_consent_stay_with_the_address_that_they_were_given_for(alices: Client, project: Project) -> None:
    page = reverse("project-providers", args=[project.pk])
    alices.post(page, settings_form(consent="on", secret="k-secret"))

    alices.post(page, settings_form(consent="on", daily_characters=7))
    assert decrypted(TranslationSettings.objects.get(project=project).secret) == "k-secret"

    alices.post(page, settings_form(consent="on", base_url="https://93.184.216.35"))
    assert TranslationSettings.objects.get(project=project).secret == ""


@pytest.mark.parametrize("address", ["http://127.0.0.1:5000", "http://169.254.169.254/latest", "ftp://93.184.216.34"])
def test_an_address_inside_is_refused_when_it_is_entered(alices: Client, project: Project, address: str) -> None:
    answer = alices.post(reverse("project-providers", args=[project.pk]), settings_form(consent="on", base_url=address))

    assert answer.status_code == 400
    assert not TranslationSettings.objects.exists()


def test_a_key_that_can_no_longer_be_read_is_asked_for_again(
    alices: Client, project: Project, trace: Trace, settings: Any
) -> None:
    TranslationSettings.objects.create(
        project=project, provider="deepl", secret=encrypted("k"), consent_at=timezone.now()
    )
    settings.ENCRYPTION_KEY = "another"

    alices.get(url(trace), headers=HTMX)
    work(project)

    assert "enter it again" in alices.get(url(trace), headers=HTMX).content.decode()


def test_the_same_by_api(client: Client, project: Project, key: Key, trace: Trace) -> None:
    headers = {"Authorization": key.bearer}
    path = f"/api/v1/traces/{trace.trace_id}/translation"
    assert client.get(f"{path}?to=en", headers=headers).status_code == 404

    begun = client.post(path, {"to": "en-US"}, content_type="application/json", headers=headers)
    assert begun.status_code == 202
    work(project)
    read = client.get(begun.json()["status_url"], headers=headers).json()

    assert (read["state"], read["from"], read["kept"]) == ("done", ["pt"], 0)
    assert "#A-1029" in read["input"]
    assert "**Maria**" in read["output"]
    again = client.post(path, {"to": "en"}, content_type="application/json", headers=headers)
    assert again.status_code == 200


def test_the_api_says_what_it_cannot_follow(client: Client, project: Project, key: Key, trace: Trace) -> None:
    headers = {"Authorization": key.bearer}
    path = f"/api/v1/traces/{trace.trace_id}/translation"

    assert client.post(path, {"to": "xx"}, content_type="application/json", headers=headers).status_code == 400
    assert client.post(path.replace(trace.trace_id, "t-unknown"), {"to": "en"}, headers=headers).status_code in (
        400,
        404,
        415,
    )
    TranslationSettings.objects.create(project=project, provider="")
    off = client.post(path, {"to": "en"}, content_type="application/json", headers=headers)
    assert off.status_code == 409
    assert "turned off" in off.json()["detail"]


def test_paper_has_what_was_translated_and_says_what_was_not(alices: Client, project: Project, trace: Trace) -> None:
    page = reverse("session", args=[project.pk, "pedido"])
    before = read(alices.get(page, {"print": "", "lang": "en"}))
    assert "into English: 0 of 1 turn." in before
    assert "ainda não chegou" in before
    assert "?print&amp;lang=en" in read(alices.get(page, {"lang": "en"}))

    alices.get(url(trace), headers=HTMX)
    work(project)
    paper = read(alices.get(page, {"print": "", "lang": "en"})).partition('class="turns"')[2]  # behind the title

    assert "into English: 1 of 1 turn." in paper
    assert 'lang="en" dir="ltr"' in paper
    assert "order #A-1029" in paper
    assert "ainda não chegou" not in paper
    assert "ainda não chegou" in read(alices.get(page, {"print": ""}))
    tell(project, "pedido", (("Obrigado, mas o meu pedido ainda não chegou.", PEDIDO[0][1]),))  # corrected since
    assert "0 of 1 turn." in read(alices.get(page, {"print": "", "lang": "en"}))


def test_an_export_in_the_readers_language_has_what_was_translated(
    alices: Client, project: Project, trace: Trace
) -> None:
    alices.get(url(trace), headers=HTMX)
    work(project)
    path = reverse("export-session", args=[project.pk, "pedido"])

    markdown = body_of(alices.get(path, {"format": "markdown", "lang": "en"})).decode()
    lines = body_of(alices.get(path, {"format": "jsonl", "lang": "en"})).decode()

    assert "My order #A-1029" in markdown
    assert "ainda não chegou" not in markdown
    first = json.loads(lines.splitlines()[0])
    assert first["original"] == PEDIDO[0][0]
    assert "order #A-1029" in first["content"]
