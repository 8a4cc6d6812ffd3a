"""The cast of every test: Alice owns the project, Bob is a member, Charlie is a stranger."""

import base64
import os
from typing import NamedTuple

import hypothesis
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from projects.auth import create_key
from projects.models import Membership, Organization, Project, Role, User
from tests import cluster
from tests.emptying import stand_in_for_flush
from tracing.store.partitions import make_ahead

# The same inputs in every run, so that a change fails for what it does; CONFAB_ROAM=1 looks for new ones. How fast this
# machine is, is no fault of a test.
hypothesis.settings.register_profile(
    "confab",
    deadline=None,
    derandomize="CONFAB_ROAM" not in os.environ,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("confab")


class Key(NamedTuple):
    public: str
    secret: str

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.public}:{self.secret}".encode()).decode()

    @property
    def bearer(self) -> str:
        return f"Bearer {self.secret}"


def pytest_configure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the slow ones are slow on purpose
    # Every test comes from one address; those about the limits switch them on.
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = settings.COUNT_PEOPLE = False
    stand_in_for_flush()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m database` selects what meets one, by a mark or by a fixture."""
    for item in items:
        meets = not {"db", "transactional_db", "live_server"}.isdisjoint(getattr(item, "fixturenames", ()))
        if meets or item.get_closest_marker("django_db"):
            item.add_marker("database")
        if item.get_closest_marker("citus") and not cluster.nodes():
            item.add_marker(pytest.mark.skip(reason="DATABASE_URL leads to no cluster of Citus"))


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """On a cluster, Django cannot make the test database, since each node needs one."""
    if cluster.nodes():
        cluster.make_database()
        return True
    return bool(request.config.option.reuse_db)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The partitions of these days outlast the transactions of single tests."""
    with django_db_blocker.unblock():
        if cluster.nodes():
            cluster.spread()
        make_ahead(timezone.now().date())


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Acme")


@pytest.fixture
def project(organization: Organization) -> Project:
    return Project.objects.create(organization=organization, name="Support")


@pytest.fixture
def other_project(db: None) -> Project:
    """A project of another organization, which nobody of the cast but Charlie may see."""
    return Project.objects.create(organization=Organization.objects.create(name="Globex"), name="Secret")


@pytest.fixture
def key(project: Project) -> Key:
    created, secret = create_key(project)
    return Key(created.public_key, secret)


def _person(email: str, organization: Organization, role: Role) -> User:
    person = User.objects.create_user(email, "correct horse battery")
    Membership.objects.create(user=person, organization=organization, role=role)
    return person


@pytest.fixture
def alice(organization: Organization) -> User:
    return _person("alice@example.com", organization, Role.OWNER)


@pytest.fixture
def bob(organization: Organization) -> User:
    return _person("bob@example.com", organization, Role.MEMBER)


@pytest.fixture
def charlie(other_project: Project) -> User:
    return _person("charlie@example.com", other_project.organization, Role.OWNER)
