"""The first start makes what one needs, every other start finds it, and a contradiction names its variable."""

import pytest
from pytest_django import Settings

from projects.auth import create_key, project_for
from projects.first_start import InitError, first_start
from projects.models import ApiKey, Membership, Organization, Project, Role, User

PUBLIC, SECRET = "pk-of-the-operator", "sk-of-the-operator-0123456789"
pytestmark = pytest.mark.django_db


@pytest.fixture
def init(settings: Settings) -> Settings:
    settings.INIT_EMAIL = "Alice@Example.com"
    settings.INIT_PASSWORD = "correct horse battery"
    settings.INIT_ORG = "Acme"
    settings.INIT_PROJECT = "Support"
    settings.INIT_PUBLIC_KEY = PUBLIC
    settings.INIT_SECRET_KEY = SECRET
    return settings


def test_an_empty_installation_gets_an_owner_a_project_and_keys_that_work() -> None:
    started = first_start()

    assert project_for(f"Bearer {started.secret_key}") == started.project
    assert started.owner.is_superuser
    assert not started.owner.has_usable_password()
    assert Membership.objects.get(user=started.owner).role == Role.OWNER


def test_the_second_start_changes_nothing_and_knows_the_secret_no_more() -> None:
    first = first_start()
    second = first_start()

    assert (second.owner, second.project, second.public_key) == (first.owner, first.project, first.public_key)
    assert second.secret_key == ""
    assert [model.objects.count() for model in (Organization, Project, User, Membership, ApiKey)] == [1, 1, 1, 1, 1]


def test_the_variables_fix_everything(init: Settings) -> None:
    started = first_start()

    assert started.owner.email == "alice@example.com"
    assert started.owner.check_password("correct horse battery")
    assert (started.project.organization.name, started.project.name) == ("Acme", "Support")
    assert (started.public_key, started.secret_key) == (PUBLIC, "")
    assert project_for(f"Bearer {SECRET}") == started.project


def test_the_variables_are_followed_once(init: Settings) -> None:
    assert first_start() == first_start()
    assert [model.objects.count() for model in (Organization, Project, User, Membership, ApiKey)] == [1, 1, 1, 1, 1]


def test_a_start_does_not_undo_what_people_changed(init: Settings) -> None:
    started = first_start()
    started.owner.set_password("another horse battery")
    started.owner.save()
    Organization.objects.update(name="Acme Inc")
    Project.objects.update(name="Help desk")

    again = first_start()

    assert again.owner.check_password("another horse battery")
    assert (again.project.organization.name, again.project.name) == ("Acme Inc", "Help desk")
    assert Project.objects.count() == 1


def test_new_variables_add_a_pair_to_a_standing_installation(settings: Settings) -> None:
    standing = first_start()
    settings.INIT_PUBLIC_KEY, settings.INIT_SECRET_KEY = PUBLIC, SECRET

    assert first_start().project == standing.project
    assert project_for(f"Bearer {SECRET}") == standing.project


def test_only_the_first_person_operates_the_installation(settings: Settings) -> None:
    first_start()
    settings.INIT_EMAIL = "bob@example.com"

    bob = first_start().owner

    assert (bob.email, bob.is_superuser, bob.organizations.count()) == ("bob@example.com", False, 1)


def test_revoked_keys_are_not_replaced_behind_their_owners_back() -> None:
    started = first_start()
    ApiKey.objects.update(revoked_at=started.project.created_at)

    assert first_start().secret_key == ""


@pytest.mark.parametrize(
    ("variable", "change"),
    [
        ("CONFAB_INIT_EMAIL", {"INIT_EMAIL": "nobody"}),
        ("CONFAB_INIT_PASSWORD", {"INIT_PASSWORD": "short"}),
        ("CONFAB_INIT_PUBLIC_KEY", {"INIT_PUBLIC_KEY": ""}),
        ("CONFAB_INIT_PUBLIC_KEY", {"INIT_PUBLIC_KEY": "pk:1"}),
        ("CONFAB_INIT_SECRET_KEY", {"INIT_SECRET_KEY": ""}),
        ("CONFAB_INIT_SECRET_KEY", {"INIT_SECRET_KEY": "sk-short"}),
    ],
)
def test_a_variable_that_cannot_be_followed_is_named(init: Settings, variable: str, change: dict[str, str]) -> None:
    for name, value in change.items():
        setattr(init, name, value)

    with pytest.raises(InitError, match=variable):
        first_start()
    assert not Organization.objects.exists()


@pytest.mark.parametrize(
    ("variable", "change"),
    [
        ("CONFAB_INIT_SECRET_KEY", {"INIT_SECRET_KEY": "sk-something-else-0123456789"}),
        ("CONFAB_INIT_PUBLIC_KEY", {"INIT_PUBLIC_KEY": "pk-something-else"}),
        ("CONFAB_INIT_EMAIL", {"INIT_EMAIL": "charlie@example.com"}),
        ("CONFAB_INIT_ORG", {"INIT_ORG": "Globex"}),
        ("CONFAB_INIT_PROJECT", {"INIT_PROJECT": "Sales"}),
    ],
)
def test_a_variable_that_contradicts_what_stands_is_named(
    init: Settings, charlie: User, variable: str, change: dict[str, str]
) -> None:
    Project.objects.create(organization=first_start().project.organization, name="Sales")
    for name, value in change.items():
        setattr(init, name, value)

    with pytest.raises(InitError, match=variable):
        first_start()


def test_a_revoked_pair_is_not_brought_back(init: Settings) -> None:
    started = first_start()
    ApiKey.objects.update(revoked_at=started.project.created_at)

    with pytest.raises(InitError, match="revoked"):
        first_start()


def test_the_secret_of_another_pair_is_refused(init: Settings, project: Project) -> None:
    create_key(project, secret_key=SECRET)

    with pytest.raises(InitError, match="CONFAB_INIT_PUBLIC_KEY"):
        first_start()
