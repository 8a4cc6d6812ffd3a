"""API key → project: the one place where a machine's request gets its tenant.

The key of a person opens what the person may open, one project for each request, with the person's role there.

Each request asks the database about its key (projects/known_keys.py), so that revoking a key works at once."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from projects.access import projects_of
from projects.known_keys import key_of
from projects.models import ApiKey, Project, Role, Scope, User, every_scope
from projects.values import whole_number

PROJECT_HEADER = "X-Confab-Project"  # names the project that a request with a person's key is about
MAX_OFFERED_PROJECTS = 20
PROJECT_SECRET, OWN_SECRET = "sk-", "sk-own-"
SHOWN_SECRET_CHARACTERS = 5  # of a secret, behind its beginning, by which people know it again
UNKNOWN_KEY = "Unknown, expired or revoked API key. Copy a live pair from the project's settings."
LAST_USED_PRECISION = timedelta(minutes=1)  # one write per request would cost more than the precision is worth


class KeyRefused(Exception):
    """The Authorization header has no valid key. The text says what to do."""

    status = 401


class ScopeMissing(KeyRefused):
    """The key is valid but lacks the scope."""

    status = 403


class ProjectNotNamed(KeyRefused):
    """The key is a person's, and the request does not say which of several projects it is about."""

    status = 400


class ProjectNotFound(KeyRefused):
    """The key is a person's who may not open the project that the request names."""

    status = 404


class ProjectArchived(KeyRefused):
    """The key is valid, but its project accepts no more data."""

    status = 403


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret, which is enough for 32 random bytes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_key(
    project: Project,
    *,
    name: str = "default",
    public_key: str = "",
    secret_key: str = "",
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key, and return it with its secret, which cannot be read again later.

    Without `scopes`, the key has all of them."""
    secret = secret_key or f"{PROJECT_SECRET}{secrets.token_urlsafe(32)}"
    key = ApiKey(project=project, name=name, scopes=every_scope() if scopes is None else scopes, expires_at=expires_at)
    return _stored(key, public_key or f"pk-{secrets.token_urlsafe(16)}", secret)


def create_own_key(owner: User, *, name: str, scopes: list[str], expires_at: datetime | None) -> tuple[ApiKey, str]:
    """Create a key of a person, and return it with its secret, which cannot be read again later."""
    key = ApiKey(owner=owner, name=name, scopes=scopes, expires_at=expires_at)
    return _stored(key, f"pk-own-{secrets.token_urlsafe(16)}", f"{OWN_SECRET}{secrets.token_urlsafe(32)}")


def _stored(key: ApiKey, public_key: str, secret: str) -> tuple[ApiKey, str]:
    beginning = OWN_SECRET if key.owner else PROJECT_SECRET
    key.secret_prefix = secret[: len(beginning) + SHOWN_SECRET_CHARACTERS]
    key.public_key, key.secret_hash = public_key, hash_secret(secret)
    key.save(force_insert=True)
    return key, secret


def project_for(authorization: str, scope: Scope = Scope.INGEST) -> Project:
    """Return the project of `Basic base64(pk:sk)` or `Bearer sk`. Raises KeyRefused."""
    return key_for(authorization, scope).project


def key_for(authorization: str, scope: Scope) -> ApiKey:
    """Return the valid key of a request, with its project, and note its use.

    Raises KeyRefused if there is none, ScopeMissing if it lacks `scope`, and ProjectArchived for data of an archived
    project."""
    key = live_key(authorization)
    permit(key, scope)
    return key


def permit(key: ApiKey, scope: Scope, role: Role | None = None) -> None:
    """Note that a live key is used for what `scope` names. Raise KeyRefused when it may not be.

    `role` is the one that a person needs; without one, no key of a person will do."""
    if key.role is not None and role is None:
        raise ScopeMissing("The key of a person is for /api/v1 alone. Use a key of the project here.")
    if key.role is not None and role is not None and not key.role.covers(role):
        raise ScopeMissing(f"Only somebody with the role {role.label.lower()} may do this in {key.project}.")
    if scope not in key.scopes:
        raise ScopeMissing(f"This API key lacks the scope '{scope}'. Use or create a key that has it.")
    if key.project.archived_at and scope != Scope.READ:
        raise ProjectArchived("The project is archived and accepts no more data. Restore it in its settings.")
    _note_use(key)


def live_key(authorization: str, named_project: str = "") -> ApiKey:
    """Return the valid key of a request, with its project, whatever its scopes are. Raises KeyRefused.

    `named_project` is the id that the request names, which only the key of a person needs."""
    public_key, secret = _credentials(authorization)
    secret_hash = hash_secret(secret)
    key = key_of(secret_hash)
    if key is None or key.ended_at() or not hmac.compare_digest(key.secret_hash, secret_hash):
        raise KeyRefused(UNKNOWN_KEY)
    if public_key is not None and not hmac.compare_digest(key.public_key.encode(), public_key.encode()):
        raise KeyRefused("The public key does not belong to this secret key. Copy both from the same pair.")
    if key.owner is not None:
        key.project = _opened(key.owner, named_project)
        key.role = key.project.role
    elif key.project.deleted_at:
        raise KeyRefused(UNKNOWN_KEY)
    return key


def _opened(owner: User, named: str) -> Project:
    """Return the project that a person's request is about: the one that it names, or the only one."""
    if not owner.is_active:
        raise KeyRefused(UNKNOWN_KEY)
    projects = projects_of(owner)
    if named:
        number = whole_number(named.strip())
        found = None if number is None else projects.filter(pk=number).first()
        if found is None:
            raise ProjectNotFound(
                f"There is no such project, or you are not a member of its organization: {named[:40]}"
            )
        return found
    offered = list(projects[: MAX_OFFERED_PROJECTS + 1])
    if len(offered) == 1:
        return offered[0]
    listed = ", ".join(f"{project.pk} ({project.name})" for project in offered[:MAX_OFFERED_PROJECTS])
    raise ProjectNotNamed(
        f"Say in the header {PROJECT_HEADER} which project you mean: {listed}"
        if offered
        else "You are not a member of any organization with a project."
    )


def _credentials(authorization: str) -> tuple[str | None, str]:
    text = authorization.strip()
    if " " not in text:  # as OTEL_EXPORTER_OTLP_HEADERS has it, for exporters that send it as it is
        text = text.replace("%20", " ", 1)
    scheme, _, value = text.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return None, value
    if scheme.lower() == "basic" and value:
        try:
            public_key, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise KeyRefused("The Basic credentials are not base64 of 'public key:secret key'.") from None
        if colon and secret:
            return public_key, secret
    raise KeyRefused("Send 'Authorization: Bearer <secret key>' or 'Basic <base64 of public key:secret key>'.")


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_PRECISION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
