"""What the tests of people and their settings share."""

import pytest
from django.test import Client

from projects.models import Membership, Organization, Role, User


@pytest.fixture
def dana(organization: Organization) -> User:
    """An admin."""
    person = User.objects.create_user("dana@example.com", "correct horse battery")
    Membership.objects.create(user=person, organization=organization, role=Role.ADMIN)
    return person


@pytest.fixture
def erin(organization: Organization) -> User:
    """A viewer."""
    person = User.objects.create_user("erin@example.com", "correct horse battery")
    Membership.objects.create(user=person, organization=organization, role=Role.VIEWER)
    return person


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def as_dana(dana: User) -> Client:
    client = Client()
    client.force_login(dana)
    return client
