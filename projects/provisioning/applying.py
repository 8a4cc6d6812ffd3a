"""Brings what is there to what a document says, in one transaction. What the document does not name stays."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from projects.accounts import people
from projects.administration.forms import GeneralForm, LimitsForm, OrganizationForm
from projects.audit import Action, Actor, DetailValue, record
from projects.auth import create_key
from projects.keys import PairRefused, check_pair, find_pair, revoke
from projects.models import ApiKey, Organization, Project, Role
from projects.provisioning.faults import Fault, Place, ProvisioningRefused, faults_in
from projects.provisioning.shapes import InstallationShape

PROVISIONING_LOCK = 7_301_003  # an arbitrary number; documents are applied one after the other


def apply_document(content: Any, *, actor: Actor, is_dry: bool = False) -> list[str]:
    """Do what the document says, and return a line for each change. A dry run takes everything back.

    Raises ProvisioningRefused with all faults, and then nothing was changed."""
    shape = InstallationShape(data=content)
    if not shape.is_valid():
        raise ProvisioningRefused(faults_in(shape.errors))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": PROVISIONING_LOCK})
        run = _Run(actor)
        for number, organization in enumerate(shape.validated_data["organizations"]):
            run.bring_organization(organization, ("organizations", number))
        if run.faults:
            raise ProvisioningRefused(run.faults)
        transaction.set_rollback(is_dry)
    return run.changes


class _Run:
    """One application of a document."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self.changes: list[str] = []
        self.faults: list[Fault] = []

    def bring_organization(self, wanted: dict[str, Any], place: Place) -> None:
        found = list(Organization.objects.filter(name=wanted["name"], deleted_at=None)[:2])
        if len(found) > 1:
            self._refuse((*place, "name"), f"Two organizations are called {wanted['name']!r}. Rename one of them.")
            return
        organization = found[0] if found else self._new_organization(wanted, place)
        if organization is None:
            return
        members = list(enumerate(wanted.get("members", [])))
        members.sort(key=lambda item: list(Role).index(item[1].get("role", Role.VIEWER)) + item[1]["is_removed"])
        for number, member in members:  # the strongest first, so that there is always an owner
            self._attempt((*place, "members", number), self._bring_member, organization, member)
        for number, project in enumerate(wanted.get("projects", [])):
            self._bring_project(organization, project, (*place, "projects", number))

    def _new_organization(self, wanted: dict[str, Any], place: Place) -> Organization | None:
        if not any(member.get("role") == Role.OWNER for member in wanted.get("members", [])):
            self._refuse(place, f"{wanted['name']!r} is new, so it needs a member with the role owner.")
            return None
        form = OrganizationForm({"name": wanted["name"]})
        if not self._is_valid(form, place):
            return None
        organization: Organization = form.save()
        self._note(f"{organization.name}: created", Action.ORGANIZATION_CREATED, organization, organization.name)
        return organization

    def _bring_member(self, organization: Organization, wanted: dict[str, Any]) -> None:
        email, role = wanted["email"].lower(), Role(wanted.get("role", Role.VIEWER))
        member = organization.memberships.select_related("user").filter(user__email=email).first()
        where = f"{organization.name}, {email}"
        if wanted["is_removed"]:
            if member:
                people.remove(organization, member.user, by=None)
                self._note(f"{where}: removed", Action.MEMBER_REMOVED, organization, email, was=member.role)
        elif member is None:
            people.enrol(organization, email, role, name=wanted.get("name", ""))
            self._note(f"{where}: added as {role}", Action.MEMBER_JOINED, organization, email, role=role)
        elif member.role != role:
            people.change_role(organization, member.user, role, by=None)
            change = f"{where}: role {member.role} -> {role}"
            self._note(change, Action.MEMBER_ROLE_CHANGED, organization, email, was=member.role, role=role)

    def _bring_project(self, organization: Organization, wanted: dict[str, Any], place: Place) -> None:
        project = organization.projects.filter(name=wanted["name"]).first()
        if project is None:
            project = Project(organization=organization, name=wanted["name"])
        elif project.deleted_at:
            self._refuse((*place, "name"), f"{project.name!r} is being deleted. Choose another name, or wait.")
            return
        for form_class in (GeneralForm, LimitsForm):
            if not self._save_settings(form_class, project, wanted, place):
                return
        self._archive(project, wanted.get("is_archived"))
        for number, key in enumerate(wanted.get("keys", [])):
            self._attempt((*place, "keys", number), self._bring_key, project, key)

    def _save_settings(
        self, form_class: type[GeneralForm | LimitsForm], project: Project, wanted: dict[str, Any], place: Place
    ) -> bool:
        """Save the fields of a form, and return whether they are valid."""
        is_new = project.pk is None
        before = {name: getattr(project, name) for name in form_class.base_fields}
        form = form_class(before | {name: wanted[name] for name in before if name in wanted}, instance=project)
        if not self._is_valid(form, place):
            return False
        form.save()
        where = f"{project.organization.name} / {project.name}"
        if is_new:
            self._note(f"{where}: created", Action.PROJECT_CREATED, project, project.name)
        changed = {name: getattr(project, name) for name in before if getattr(project, name) != before[name]}
        if changed:
            told = ", ".join(f"{name} {_shown(before[name])} -> {_shown(value)}" for name, value in changed.items())
            former = {f"{name}_before": before[name] for name in changed}
            self._note(f"{where}: {told}", Action.PROJECT_CHANGED, project, project.name, **former, **changed)
        return True

    def _archive(self, project: Project, is_archived: bool | None) -> None:
        if is_archived is None or is_archived == bool(project.archived_at):
            return
        project.archived_at = timezone.now() if is_archived else None
        project.save(update_fields=["archived_at"])
        action = Action.PROJECT_ARCHIVED if is_archived else Action.PROJECT_RESTORED
        change = f"{project.organization.name} / {project.name}: {'archived' if is_archived else 'restored'}"
        self._note(change, action, project, project.name)

    def _bring_key(self, project: Project, wanted: dict[str, Any]) -> None:
        public_key, secret = wanted["public_key"], wanted.get("secret_key", "")
        check_pair(public_key, secret)
        key = find_pair(public_key, secret)
        if key and key.project_id != project.pk:
            raise PairRefused("public_key", f"{public_key} belongs to another project or to a person.")
        if wanted["is_revoked"]:
            if key and not key.revoked_at:
                revoke(key)
                self._note_key("revoked", Action.KEY_REVOKED, project, key)
        elif key is None:
            if not secret:
                raise PairRefused("public_key", f"{public_key} is new, so it needs its secret key.")
            names = {"name": wanted["name"], "scopes": wanted.get("scopes")}
            key, _ = create_key(project, public_key=public_key, secret_key=secret, **names)
            self._note_key("created", Action.KEY_CREATED, project, key, scopes=", ".join(key.scopes))
        elif key.ended_at():
            raise PairRefused("public_key", f"{public_key} was revoked or has expired. Choose a new pair.")
        elif "scopes" in wanted and set(wanted["scopes"]) != set(key.scopes):
            raise PairRefused(
                "scopes", f"{public_key} has {', '.join(key.scopes)}. Scopes cannot change: use a new pair."
            )

    def _note_key(self, verb: str, action: Action, project: Project, key: ApiKey, **details: DetailValue) -> None:
        change = f"{project.organization.name} / {project.name}, key {key.public_key}: {verb}"
        self._note(change, action, project, str(key), **details)

    def _attempt(self, place: Place, bring: Callable[[Any, dict[str, Any]], None], tenant: Any, wanted: Any) -> None:
        try:
            bring(tenant, wanted)
        except people.MembershipRefusal as refusal:
            self._refuse(place, str(refusal))
        except PairRefused as refusal:
            self._refuse((*place, refusal.field), str(refusal))

    def _is_valid(self, form: GeneralForm | LimitsForm | OrganizationForm, place: Place) -> bool:
        for name, reasons in form.errors.items():
            value = form.data.get(name)
            self._refuse((*place, name), f"{value!r}: {' '.join(map(str, reasons))}")
        return form.is_valid()

    def _refuse(self, place: Place, text: str) -> None:
        self.faults.append(Fault(place, text))

    def _note(
        self, change: str, action: Action, tenant: Organization | Project, target: str, **details: DetailValue
    ) -> None:
        self.changes.append(change)
        record(action, tenant, actor=self._actor, target=target, request=None, **details)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
