"""Settings ask for what the chosen type or provider needs, and for nothing else."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import AuditEvent, Project, User
from sessions.models import DataType, ModelProvider, ScoreConfig, TranslationSettings
from sessions.translation.secrets import decrypted

FIELD = re.compile(r'<(?:input|textarea|select)[^>]* name="(\w+)"')


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def asked(html: str) -> set[str]:
    """The names of the fields of the page, without those that carry a choice."""
    form = html[html.index('class="settings-body"') :]
    return set(FIELD.findall(form)) - {"csrfmiddlewaretoken", "data_type", "part", "provider", "archived", "q"}


@pytest.mark.parametrize(
    ("data_type", "fields"),
    [
        ("NUMERIC", {"name", "description", "min_value", "max_value"}),
        ("CATEGORICAL", {"name", "description", "categories"}),
        ("BOOLEAN", {"name", "description"}),
        ("TEXT", {"name", "description"}),
    ],
)
def test_a_score_type_asks_for_its_own_fields(
    alices: Client, project: Project, data_type: str, fields: set[str]
) -> None:
    address = reverse("project-scores", args=[project.pk])
    assert asked(alices.get(f"{address}?type={data_type}").content.decode()) == fields

    given = {"name": "mood", "data_type": data_type, "categories": "good\nbad"}
    alices.post(address, {name: value for name, value in given.items() if name in {*fields, "data_type"}})
    config = ScoreConfig.objects.for_project(project).get()
    assert config.data_type == data_type
    page = reverse("project-score", args=[project.pk, config.id])
    assert asked(alices.get(page).content.decode()) == fields


def test_an_unknown_type_is_a_number(alices: Client, project: Project) -> None:
    html = alices.get(reverse("project-scores", args=[project.pk]) + "?type=x").content.decode()

    assert f'name="data_type" value="{DataType.NUMERIC}"' in html


@pytest.mark.parametrize(
    ("provider", "fields"),
    [
        ("embedded", {"daily_characters", "tool_results"}),
        ("deepl", {"secret", "daily_characters", "tool_results", "consent"}),
        ("libretranslate", {"base_url", "secret", "daily_characters", "tool_results", "consent"}),
        ("openai_compatible", {"base_url", "model", "secret", "daily_characters", "tool_results", "consent"}),
        ("", set()),
    ],
)
def test_a_provider_asks_for_its_own_fields(alices: Client, project: Project, provider: str, fields: set[str]) -> None:
    address = reverse("project-providers", args=[project.pk])

    html = alices.get(f"{address}?translation={provider}").content.decode()

    assert asked(html) == fields
    assert f'name="provider" value="{provider}"' in html or (provider == "" and 'name="provider"' in html)


def test_a_refused_provider_keeps_its_fields(alices: Client, project: Project) -> None:
    address = reverse("project-providers", args=[project.pk])

    refused = alices.post(address, {"part": "translation", "provider": "deepl", "daily_characters": 5})

    assert refused.status_code == 400
    assert "DeepL needs a key." in refused.content.decode()
    assert "base_url" not in asked(refused.content.decode())


def test_the_former_addresses_lead_to_their_sections(alices: Client, project: Project) -> None:
    page = reverse("project-providers", args=[project.pk])
    before = page.removesuffix("providers")

    assert alices.get(f"{before}translation").url == f"{page}#translation"
    assert alices.get(f"{before}models").url == f"{page}#judging"


def test_one_section_keeps_the_other(alices: Client, project: Project) -> None:
    page = reverse("project-providers", args=[project.pk])
    judging = {"part": "judging", "provider": "anthropic", "model": "m", "consent": "on"}
    judging |= {"requests_per_minute": 5, "window_tokens": 5000}
    off = {"part": "translation", "provider": ""}

    assert alices.post(page, judging | {"secret": "k-123"}).url == f"{page}#judging"
    assert alices.post(page, off).url == f"{page}#translation"

    stored = ModelProvider.objects.get(project=project)
    assert (stored.protocol, stored.model, stored.consent_by) == ("anthropic", "m", "alice@example.com")
    assert TranslationSettings.objects.get(project=project).provider == ""


def test_a_key_and_consent_of_judges_stay_with_their_provider_and_go_when_nobody_is_chosen(
    alices: Client, project: Project
) -> None:
    page = reverse("project-providers", args=[project.pk])
    chosen = {"part": "judging", "provider": "anthropic", "model": "m", "consent": "on", "secret": "k-123"}
    chosen |= {"requests_per_minute": 5, "window_tokens": 5000}
    alices.post(page, chosen)

    alices.post(page, chosen | {"secret": "", "model": "n"})
    assert decrypted(ModelProvider.objects.get(project=project).secret) == "k-123"
    assert "checked" not in alices.get(f"{page}?judging=openai_compatible").content.decode().partition("judging_")[2]
    alices.post(page, chosen | {"secret": "", "provider": "openai_compatible"})
    assert ModelProvider.objects.get(project=project).secret == ""

    alices.post(page, {"part": "judging", "provider": ""})
    assert not ModelProvider.objects.exists()
    assert AuditEvent.objects.latest("id").details["judge_protocol"] == "off"
    assert alices.post(page, {"part": "else"}).status_code == 404
