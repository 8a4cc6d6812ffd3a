"""`manage.py apply` brings organizations, members, projects and keys to what a file says."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from projects.auth import hash_secret, project_for
from projects.models import ApiKey, AuditEvent, Membership, Organization, Project, Role, User
from tests.live import BASE_DIR

pytestmark = pytest.mark.django_db
SECRET = "sk-of-infrastructure-code-0123456789"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


@pytest.fixture
def document(tmp_path: Path, secret_file: Path) -> Path:
    """The document of docs/provisioning.md, with a secret of ours."""
    text = (BASE_DIR / "docs" / "provisioning.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    path = tmp_path / "tenants.yaml"
    path.write_text(text.replace("/run/secrets/acme_support", str(secret_file)))
    return path


def apply(path: Path, *options: str) -> list[str]:
    output = StringIO()
    call_command("apply", str(path), *options, stdout=output)
    return output.getvalue().splitlines()


def refusal(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(CommandError) as refused:
        apply(path)
    return str(refused.value)


def test_the_document_of_the_docs_makes_what_it_says_and_a_second_run_changes_nothing(document: Path) -> None:
    told = apply(document)

    project = Project.objects.get(organization__name="Acme", name="Support")
    assert (project.time_zone, project.retention_days, project.session_quiet_minutes) == ("Europe/Lisbon", 90, 10)
    assert project.monthly_span_quota == 5_000_000
    roles = Membership.objects.filter(organization=project.organization).values_list("user__email", "role")
    assert dict(roles) == {"ana@example.com": "owner", "bruno@example.com": "member"}
    assert User.objects.get(email="ana@example.com").name == "Ana"
    assert project_for(f"Bearer {SECRET}") == project
    assert ApiKey.objects.get(public_key="pk-acme-support").scopes == ["ingest", "read"]
    assert told[-1] == f"{len(told) - 1} changes made."
    assert SECRET not in "".join(told)
    assert apply(document) == ["Nothing to change."]


def test_each_change_is_in_the_audit_log_without_the_secret(document: Path) -> None:
    told = apply(document)

    events = AuditEvent.objects.filter(actor="manage.py apply")
    assert events.count() == len(told) - 1
    assert {event.action for event in events} >= {"organization created", "member joined", "key created"}
    assert not any(SECRET in str(event.details) + event.target for event in events)


def test_a_dry_run_shows_the_same_changes_and_makes_none(document: Path) -> None:
    shown = apply(document, "--dry-run")

    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert not AuditEvent.objects.exists()
    assert apply(document)[:-1] == shown[:-1]
    assert shown[-1].endswith("changes, none made.")


def test_only_what_differs_is_changed_and_what_is_not_named_stays(
    document: Path, project: Project, alice: User, bob: User
) -> None:
    project.retention_days = 7
    project.save()
    document.write_text(
        """
organizations:
  - name: Acme
    members: [{email: BOB@example.com, role: viewer}]
    projects: [{name: Support, monthly_span_quota: 10, is_archived: true}]
"""
    )

    assert apply(document) == [
        "Acme, bob@example.com: role member -> viewer",
        "Acme / Support: monthly_span_quota none -> 10",
        "Acme / Support: archived",
        "3 changes made.",
    ]
    project.refresh_from_db()
    assert (project.retention_days, project.monthly_span_quota, bool(project.archived_at)) == (7, 10, True)
    assert alice.memberships.get().role == Role.OWNER
    document.write_text(
        "organizations: [{name: Acme, projects: [{name: Support, retention_days: null, is_archived: false}]}]"
    )
    assert apply(document)[:2] == ["Acme / Support: retention_days 7 -> none", "Acme / Support: restored"]


def test_the_owner_can_be_exchanged_in_one_document_but_not_be_missing(
    document: Path, project: Project, alice: User, bob: User
) -> None:
    lines = "organizations:\n  - name: Acme\n    members:\n      - {email: alice@example.com, is_removed: true}\n"

    assert "An organization needs an owner" in refusal(document, lines)
    assert f"{document}:4: organizations[0].members[0]" in refusal(document, lines)
    document.write_text(lines + "      - {email: bob@example.com, role: owner}\n")
    apply(document)
    assert list(Membership.objects.values_list("user__email", "role")) == [("bob@example.com", "owner")]


def test_a_key_is_revoked_and_its_pair_is_not_taken_again(document: Path, project: Project, secret_file: Path) -> None:
    def key_document(key: str) -> str:
        return f"organizations: [{{name: Acme, projects: [{{name: Support, keys: [{{{key}}}]}}]}}]"

    pair = f"public_key: pk-a, secret_key_file: {secret_file}"
    document.write_text(key_document(pair))
    assert apply(document)[0] == "Acme / Support, key pk-a: created"
    document.write_text(key_document("public_key: pk-a, is_revoked: true"))
    assert apply(document)[0] == "Acme / Support, key pk-a: revoked"
    assert apply(document) == ["Nothing to change."]

    assert "pk-a was revoked" in refusal(document, key_document(pair))
    assert "belongs to another public key" in refusal(document, key_document(pair.replace("pk-a", "pk-b")))
    assert "it needs its secret key" in refusal(document, key_document("public_key: pk-c"))
    assert "must not contain a colon" in refusal(document, key_document("public_key: 'a:b'"))
    secret_file.write_text("short")
    assert "shorter than 16" in refusal(document, key_document(pair.replace("pk-a", "pk-d")))
    assert not ApiKey.objects.filter(secret_hash=hash_secret("short")).exists()


def test_a_secret_may_come_from_a_variable_but_not_stand_in_the_file(
    document: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "organizations:\n- name: Acme\n  projects:\n  - name: Support\n    keys:\n    - public_key: pk-a\n      "
    monkeypatch.setenv("SECRET_OF_ACME", SECRET)

    told = refusal(document, f"{head}secret_key: {SECRET}")
    assert f"{document}:7: " in told
    assert SECRET not in told
    assert "The variable NOT_THERE is not set." in refusal(document, f"{head}secret_key_env: NOT_THERE")
    assert "cannot be read" in refusal(document, f"{head}secret_key_file: /nonexistent/secret")
    document.write_text(f"{head}secret_key_env: SECRET_OF_ACME")
    apply(document)
    assert project_for(f"Bearer {SECRET}") == project


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("organizations:\n- name: A\n  projets: []", 3, "Did you mean projects?"),
        ("organizations:\n- name: A\n  name: B", 3, "is there twice"),
        ("organizations:\n- name: [", 2, "is no YAML"),
        ("organizations:\n- {}", 2, "This field is required."),
        ("organizations:\n- name: A", 2, "'A' is new, so it needs a member with the role owner."),
        ("organizations:\n- name: A\n  members:\n  - email: nobody", 4, "Enter a valid email address."),
        (
            "organizations:\n- name: A\n  members:\n  - email: a@b.cd\n    role: king",
            5,
            '"king" is not a valid choice.',
        ),
        ("organizations:\n- name: A\n  members:\n  - email: a@b.cd", 4, "role: is missing"),
        ("- organizations", 1, "Expected a dictionary"),
        ("", 1, "This field is required."),
    ],
)
def test_a_fault_has_its_line_and_its_value(tmp_path: Path, text: str, line: int, words: str) -> None:
    told = refusal(tmp_path / "x.yaml", text)

    assert words in told
    assert f"x.yaml:{line}: " in told
    assert told.endswith("Nothing was changed.")


def test_every_fault_is_named_at_once_and_nothing_is_changed(document: Path, project: Project, alice: User) -> None:
    told = refusal(
        document,
        """
organizations:
  - name: Acme
    projects:
      - name: Support
        time_zone: Mars/Base
      - name: Sales
        retention_days: 0
      - name: Fine
""",
    )

    assert ":6: organizations[0].projects[0].time_zone: 'Mars/Base'" in told
    assert ":8: organizations[0].projects[1].retention_days: 0" in told
    assert list(Project.objects.values_list("name", flat=True)) == ["Support"]
