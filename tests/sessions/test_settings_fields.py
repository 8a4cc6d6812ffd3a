"""Settings ask for what the chosen type or provider needs, and for nothing else."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.models import DataType, ScoreConfig

FIELD = re.compile(r'<(?:input|textarea|select)[^>]* name="(\w+)"')


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def asked(html: str) -> set[str]:
    """The names of the fields of the page, without those that carry a choice."""
    form = html[html.index('class="settings-body"') :]
    return set(FIELD.findall(form)) - {"csrfmiddlewaretoken", "data_type", "provider", "archived", "q"}


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
        ("", {"daily_characters"}),
    ],
)
def test_a_provider_asks_for_its_own_fields(alices: Client, project: Project, provider: str, fields: set[str]) -> None:
    address = reverse("project-translation", args=[project.pk])

    html = alices.get(f"{address}?provider={provider}").content.decode()

    assert asked(html) == fields
    assert f'name="provider" value="{provider}"' in html or (provider == "" and 'name="provider"' in html)


def test_a_refused_provider_keeps_its_fields(alices: Client, project: Project) -> None:
    address = reverse("project-translation", args=[project.pk])

    refused = alices.post(address, {"provider": "deepl", "daily_characters": 5})

    assert refused.status_code == 400
    assert "DeepL needs a key." in refused.content.decode()
    assert "base_url" not in asked(refused.content.decode())
