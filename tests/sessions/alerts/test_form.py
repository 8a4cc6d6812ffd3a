"""The form of an alert is a sentence whose words are fields, each with a label and what is wrong with it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.models import Alert, AlertKind

SENTENCE = re.compile(r'<p class="sentence[^"]*">(.*?)</p>', re.DOTALL)
WORD = re.compile(r'<(?:input|select)[^>]* name="(\w+)"[^>]* id="(\w+)"')
LABEL = re.compile(r"<label[^>]*>.*?</label>|<select.*?</select>|<input[^>]*>", re.DOTALL)


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("enters", "When a session enters", ["query"]),
        (
            "crosses",
            "When the of sessions with among over the last is of at least sessions,",
            ["measure", "query", "among", "window_minutes", "side", "bound", "against", "least_sessions"],
        ),
    ],
)
def test_the_condition_is_a_sentence_of_fields_with_labels(
    client: Client, project: Project, alice: User, kind: str, said: str, words: list[str]
) -> None:
    client.force_login(alice)

    html = client.get(reverse("alert-new", args=[project.pk]), {"kind": kind}).content.decode()

    first, *rest = SENTENCE.findall(html)
    assert " ".join(LABEL.sub(" ", first).split()) == said
    assert [name for name, _ in WORD.findall(first)] == words
    assert "then tell" in rest[-1]
    for _, field_id in WORD.findall("".join([first, *rest])):
        assert f'for="{field_id}"' in html


def test_an_error_is_told_with_its_field(client: Client, project: Project, alice: User) -> None:
    client.force_login(alice)
    given = {"name": "Errors", "query": "has:error", "measure": "share", "window_minutes": "60", "side": "above"}
    given |= {"against": "value", "bound": "much", "least_sessions": "2", "recovery_minutes": "60", "pace": "once"}
    given |= {"from_hour": "0", "until_hour": "24"}

    refused = client.post(reverse("alert-new", args=[project.pk]) + f"?kind={AlertKind.CROSSES}", given)

    html = refused.content.decode()
    bound = re.search(r'<input[^>]* name="bound"[^>]*>', html)
    assert refused.status_code == 400
    assert bound is not None
    assert 'aria-invalid="true"' in bound[0]
    assert "id_bound_error" in bound[0]
    assert 'id="id_bound_error"' in html
    assert "Bound: " in html
    assert not Alert.objects.for_project(project).exists()
