"""Creates the first organization, project, owner and key, as the CONFAB_INIT_* variables say.

This may run at every start. It uses existing rows and never changes them. A contradiction between them and a variable
is an error that names the variable. The e-mail address and the public key identify rows; the names of organization and
project apply only to new rows, so that people may rename both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from projects.auth import create_key
from projects.keys import PairRefused, check_pair, find_pair
from projects.models import ApiKey, Organization, Project, Role, User

DEFAULT_EMAIL = "owner@localhost"
ORGANIZATION = "My organization"
PROJECT = "My project"


class InitError(Exception):
    """A CONFAB_INIT_* variable cannot be applied. The text names it."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """Owner, project and key of this installation.

    `secret_key` is empty unless it was generated just now."""

    owner: User
    project: Project
    public_key: str
    secret_key: str


@transaction.atomic
def first_start() -> Started:
    """Create what is missing. Raises InitError."""
    _check_variables()
    key = _standing_key()
    person = User.objects.filter(email=settings.INIT_EMAIL.lower()).first()
    organization = _organization(key, person)
    project = _project(key, organization)
    owner = _owner(person, organization)
    public_key, secret_key = (key.public_key, "") if key else _keys(project)
    return Started(owner=owner, project=project, public_key=public_key, secret_key=secret_key)


def _check_variables() -> None:
    """Raise InitError for errors that can be found without the database."""
    if bool(settings.INIT_PUBLIC_KEY) != bool(settings.INIT_SECRET_KEY):
        raise InitError("Set CONFAB_INIT_PUBLIC_KEY and CONFAB_INIT_SECRET_KEY together: a key is a pair.")
    with _named_pair():
        check_pair(settings.INIT_PUBLIC_KEY, settings.INIT_SECRET_KEY)
    for name, value, validate in (
        ("CONFAB_INIT_EMAIL", settings.INIT_EMAIL, validate_email),
        ("CONFAB_INIT_PASSWORD", settings.INIT_PASSWORD, validate_password),
    ):
        try:
            if value:
                validate(value)
        except ValidationError as error:
            raise InitError(f"{name}: {' '.join(error.messages)}") from None


def _standing_key() -> ApiKey | None:
    """Return the key of the variables if it exists already."""
    if not settings.INIT_PUBLIC_KEY:
        return None
    with _named_pair():
        key = find_pair(settings.INIT_PUBLIC_KEY, settings.INIT_SECRET_KEY)
    if key and key.revoked_at:
        raise InitError("CONFAB_INIT_PUBLIC_KEY: this key was revoked. Choose a new pair.")
    return key


@contextmanager
def _named_pair() -> Iterator[None]:
    try:
        yield
    except PairRefused as refusal:
        raise InitError(f"CONFAB_INIT_{refusal.field.upper()}: {refusal}") from None


def _organization(key: ApiKey | None, person: User | None) -> Organization:
    """Return the organization of the key or the person, or the one that is named, or the first one."""
    name = settings.INIT_ORG
    everywhere = Organization.objects.order_by("pk")
    named = everywhere.filter(name=name)
    home: Organization | None
    if key:
        home = key.project.organization
    elif person:
        home = named.filter(members=person).first() or everywhere.filter(members=person).first()
    else:
        home = named.first() if name else everywhere.first()
    if home is None:
        return Organization.objects.create(name=name or ORGANIZATION)
    if home.name != name and named.exists():
        raise InitError(f"CONFAB_INIT_ORG: the key or the person of the other variables belongs to {home.name!r}.")
    return home


def _project(key: ApiKey | None, organization: Organization) -> Project:
    name = settings.INIT_PROJECT
    named = organization.projects.filter(name=name)
    if key is None:
        project = named.first() if name else organization.projects.order_by("pk").first()
        return project or organization.projects.create(name=name or PROJECT)
    if key.project.name != name and named.exists():
        raise InitError(f"CONFAB_INIT_PROJECT: the public key belongs to {key.project.name!r}.")
    return key.project


def _owner(person: User | None, organization: Organization) -> User:
    """Return the person of the variable, or the organization's owner, or a new owner."""
    if person and not organization.memberships.filter(user=person).exists():
        raise InitError(f"CONFAB_INIT_EMAIL: {person} has an account, but not in {organization.name!r}.")
    if not settings.INIT_EMAIL:
        person = User.objects.filter(memberships__organization=organization, memberships__role=Role.OWNER).first()
    return person or _new_owner(organization)


def _new_owner(organization: Organization) -> User:
    """Create an owner. The first person of an installation also becomes its operator."""
    create = User.objects.create_user if User.objects.exists() else User.objects.create_superuser
    owner = create(settings.INIT_EMAIL or DEFAULT_EMAIL, settings.INIT_PASSWORD or None)
    organization.memberships.create(user=owner, role=Role.OWNER)
    return owner


def _keys(project: Project) -> tuple[str, str]:
    """Return the public key and, if it was generated just now, the secret key."""
    standing = project.api_keys.order_by("pk").first()
    if standing and not settings.INIT_PUBLIC_KEY:
        return standing.public_key, ""
    key, secret = create_key(project, public_key=settings.INIT_PUBLIC_KEY, secret_key=settings.INIT_SECRET_KEY)
    return key.public_key, "" if settings.INIT_SECRET_KEY else secret
