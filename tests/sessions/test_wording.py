"""Conditions of a list's address, as people read them."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from projects.models import Project, User
from sessions.cohorts.making import create_cohort
from sessions.listing.wording import conditions_in_words, properties_asked


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", []),
        ("q=tag%3Avip", ["Tags is vip"]),
        ("tags=vip&tags=new", ["Tags is vip or new"]),
        ("q=tag:all(a,b)+model:only(x)", ["Tags has all of a and b", "Models has only x"]),
        ("q=cost+>+0.1+duration+<%3D+30s+env+!%3D+production", [
            "Cost over $0.100", "Duration at most 30s", "Environments is not production",
        ]),
        ("q=cost:0.1..0.5", ["Cost is 0.1 to 0.5"]),
        ("total_cost__gte=0.02&duration_ms__lte=90000", ["Cost at least $0.020", "Duration at most 1m 30s"]),
        ("created_at__gte=2026-11-23T00:00:00%2B00:00", ["Started from 23 Nov 2026, 00:00"]),
        ("q=refund+-\"late+delivery\"", ["says “refund”", "does not say “late delivery”"]),
        ("q=has:error+-tag:spam", ["With errors", "Tags is not spam"]),
        ("q=metadata.plan:pro+score.quality+>+0.5", ["Metadata plan is pro", "Score quality over 0.5"]),
        ("q=tag:a+OR+tag:b", ["matches tag:a OR tag:b"]),
        ("q=trace(model:gpt)", ["matches trace(model:gpt)"]),
        ("q=cost+>+(", ["cost > ("]),
        ("range=30d&sort=id&limit=5&cursor=x", ["in the last 30 days"]),
        ("cohort=7ad0c0de-0000-4000-8000-000000000000", ["on a fixed list"]),
        ("total_cost__gte=much&created_at__gte=2026-99-99", ["Cost at least much", "Started from 2026-99-99"]),
    ],
)  # fmt: skip
def test_conditions_read_as_words(query: str, words: list[str]) -> None:
    assert [str(one) for one in conditions_in_words(QueryDict(query))] == words


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=tag:vip+OR+-cost>1", {"tags", "total_cost"}),
        ("q=trace(model:gpt)+has:error+score.quality>1+hello", {"model_names", "error_count", "score.quality"}),
        ("environments=a&duration_ms__lte=5", {"environments", "duration_ms"}),
        ("range=7d&sort=-id", set()),
    ],
)
def test_the_properties_that_a_condition_is_about_are_known(query: str, names: set[str]) -> None:
    assert {name for name, _ in properties_asked(QueryDict(query))} == names


def test_no_page_of_cohorts_shows_an_address(project: Project, alice: User, client: Client) -> None:
    client.force_login(alice)
    create_cohort(project, name="VIP", by=alice, query_string="q=tag%3Avip&total_cost__gte=0.5")
    pages = [
        client.get(reverse("cohorts", args=[project.pk])),
        client.get(reverse("cohort-new", args=[project.pk]) + "?q=tag%3Avip"),
        client.get(reverse("compare", args=[project.pk]) + "?filter=%3Fq%3Dtag%253Avip&cohort=all"),
    ]
    for page in pages:
        text = page.content.decode().split("<main")[1].split("<body")[0]
        shown = "".join(part.split(">", 1)[-1] for part in text.split("<"))
        assert "%3A" not in shown
        assert "q=" not in shown
        assert "vip" in shown
