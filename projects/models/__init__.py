"""People, organizations, their projects, and the keys of machines."""

from projects.models.browsers import BrowserSession
from projects.models.history import AuditEvent
from projects.models.jobs import JobRun
from projects.models.keys import OWN_SCOPES, PROJECT_SCOPES, ApiKey, Scope, every_scope
from projects.models.people import Notation, NoticeKind, User
from projects.models.preferences import Preference
from projects.models.tenants import Invitation, Membership, Organization, Project, ProjectDeletion, Role

__all__ = [
    "OWN_SCOPES",
    "PROJECT_SCOPES",
    "ApiKey",
    "AuditEvent",
    "BrowserSession",
    "Invitation",
    "JobRun",
    "Membership",
    "Notation",
    "NoticeKind",
    "Organization",
    "Preference",
    "Project",
    "ProjectDeletion",
    "Role",
    "Scope",
    "User",
    "every_scope",
]
