"""The pages of a project, declared once for the navigation bar, the tabs of the settings and the palette.

Also what the documentation says about every page."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.urls import reverse

from projects.models import Project, Role


class BarGroup(StrEnum):
    """The parts of the navigation bar, from top to bottom."""

    READING = "reading"
    COMPARING = "comparing"
    REVIEWING = "reviewing"
    RUNNING = "running"  # at the end of the bar


class SettingsGroup(StrEnum):
    """The titles between the links of the settings."""

    PROJECT = "Project"
    NUMBERS = "Numbers"
    DATA = "Data"


@dataclass(frozen=True, kw_only=True)
class ProjectPage:
    """A page that people open directly; `route` needs no id but that of the project.

    `section` puts it into the navigation bar. It is the name of the icon, and what the views of the page and of the
    pages below it give their templates as `section`. `tab` puts it into the settings in the same way, below the
    title of its `tab_group`. On a phone, the bar shows the pages with `on_phone`; the others are under More."""

    label: str
    route: str
    section: str = ""
    group: BarGroup = BarGroup.READING
    on_phone: bool = False
    tab: str = ""
    tab_label: str = ""  # if it differs from the label
    tab_group: SettingsGroup = SettingsGroup.PROJECT
    least_role: Role = Role.VIEWER
    count_route: str = ""  # what answers with a number for the bar, if there is one

    def address(self, project: Project) -> str:
        """Return the path of the page."""
        return reverse(self.route, args=[project.pk])


# In the order in which they are offered.
PROJECT_PAGES = (
    ProjectPage(label="Sessions", route="sessions", section="sessions", on_phone=True),
    ProjectPage(label="Traces", route="traces", section="traces", on_phone=True),
    ProjectPage(label="Users", route="users", section="users"),
    ProjectPage(label="Dashboard", route="dashboard", section="dashboard", group=BarGroup.COMPARING, on_phone=True),
    ProjectPage(label="Compare", route="compare", section="compare", group=BarGroup.COMPARING),
    ProjectPage(label="Review", route="review", section="review", group=BarGroup.REVIEWING, on_phone=True),
    ProjectPage(label="Judges", route="judges", section="judges", group=BarGroup.REVIEWING),
    ProjectPage(label="Alerts", route="alerts", section="alerts", group=BarGroup.REVIEWING, count_route="alerts-count"),
    ProjectPage(label="Channels of alerts", route="alert-channels", least_role=Role.MEMBER),
    ProjectPage(label="Cohorts", route="cohorts"),
    ProjectPage(label="Boards", route="boards"),
    ProjectPage(label="Saved views", route="views"),
    ProjectPage(label="Jobs", route="bulk"),
    ProjectPage(label="Exports", route="export-files"),
    ProjectPage(label="Inbox", route="inbox", section="inbox", group=BarGroup.RUNNING, count_route="inbox-count"),
    ProjectPage(label="Setup", route="setup", section="setup", group=BarGroup.RUNNING),
    ProjectPage(
        label="Ingestion issues",
        route="issues",
        section="issues",
        group=BarGroup.RUNNING,
        count_route="issues-count",
    ),
    ProjectPage(
        label="Settings",
        route="project-settings",
        section="settings",
        group=BarGroup.RUNNING,
        tab="general",
        tab_label="General",
        least_role=Role.ADMIN,
    ),
    ProjectPage(label="API keys", route="project-keys", tab="keys", least_role=Role.ADMIN),
    ProjectPage(label="Usage", route="project-usage", tab="usage", tab_label="Usage and limits", least_role=Role.ADMIN),
    ProjectPage(label="Providers", route="project-providers", tab="providers", least_role=Role.ADMIN),
    ProjectPage(
        label="Prices", route="project-prices", tab="prices", tab_group=SettingsGroup.NUMBERS, least_role=Role.ADMIN
    ),
    ProjectPage(
        label="Score types",
        route="project-scores",
        tab="scores",
        tab_group=SettingsGroup.NUMBERS,
        least_role=Role.ADMIN,
    ),
    ProjectPage(
        label="Deletions", route="project-erasures", tab="erasures", tab_group=SettingsGroup.DATA, least_role=Role.ADMIN
    ),
)


def pages_for(role: Role) -> Iterator[ProjectPage]:
    """Yield the pages that a member with this role may open."""
    return (page for page in PROJECT_PAGES if role.covers(page.least_role))


# The part of the documentation that is about a page, by the name of its route. What is not named leads to all pages.
HELP = {
    "sessions": "lists",
    "session": "replay",
    "session-state": "replay",
    "traces": "lists#columns",
    "trace": "replay#a-conversation-in-one-trace",
    "text": "replay",
    "users": "search#users",
    "user": "search#users",
    "views": "lists#saved-views",
    "bulk": "lists#bulk-actions",
    "bulk-new": "lists#bulk-actions",
    "bulk-job": "lists#bulk-actions",
    "export": "export",
    "export-files": "export#whole-or-not-at-all",
    "export-file": "export#whole-or-not-at-all",
    "dashboard": "dashboard",
    "boards": "dashboard#boards",
    "board": "dashboard#boards",
    "board-new": "dashboard#boards",
    "board-change": "dashboard#boards",
    "compare": "cohorts#comparing",
    "cohorts": "cohorts",
    "cohort-new": "cohorts#creating-a-cohort",
    "judges": "judges",
    "judge": "judges",
    "judge-new": "judges#what-a-judge-is",
    "judge-change": "judges#what-a-judge-is",
    "judge-run": "judges#backfills",
    "judged-session": "judges#why-was-this-not-judged",
    "alerts": "alerts",
    "alert": "alerts#what-an-alert-waits-for",
    "alert-new": "alerts#what-an-alert-waits-for",
    "alert-channels": "alerts#channels",
    "review": "annotation#review-queues",
    "review-new": "annotation#review-queues",
    "review-queue": "annotation#review-queues",
    "review-change": "annotation#review-queues",
    "review-item": "annotation#review-queues",
    "annotate": "annotation#scores",
    "inbox": "inbox",
    "setup": "sdks",
    "new-key": "sdks",
    "issues": "issues",
    "project-settings": "operations#usage-retention-and-quota",
    "project-keys": "security#keys",
    "project-usage": "operations#usage-retention-and-quota",
    "project-prices": "numbers#cost",
    "project-scores": "annotation#score-configs",
    "project-score": "annotation#score-configs",
    "project-providers": "providers",
    "project-erasures": "security#deleting",
    "organizations": "security#tenancy",
    "organization": "security#tenancy",
    "organization-members": "security#people",
    "organization-usage": "operations#usage-retention-and-quota",
    "organization-audit": "security#the-audit-log",
    "organization-settings": "security#tenancy",
    "account": "account#profile",
    "account-reading": "account#reading",
    "account-notices": "inbox#by-mail",
    "unsubscribe": "inbox#summaries",
    "account-devices": "account#signed-in-devices",
    "account-keys": "account#api-keys",
    "account_email": "account",
    "account_change_password": "account#password-and-passkeys",
    "mfa_index": "account#password-and-passkeys",
    "mfa_add_webauthn": "account#password-and-passkeys",
    "mfa_activate_totp": "account#password-and-passkeys",
    "mfa_view_recovery_codes": "account#password-and-passkeys",
    "home": "account#invitations",
    "sign-in": "account#password-and-passkeys",
    "account_signup": "account",
    "account_email_verification_sent": "account",
    "account_reset_password": "account#password-and-passkeys",
    "account_confirm_password_reset_code": "account#password-and-passkeys",
    "account_complete_password_reset": "account#password-and-passkeys",
    "mfa_authenticate": "account#password-and-passkeys",
    "account_reauthenticate": "account#password-and-passkeys",
    "mfa_reauthenticate": "account#password-and-passkeys",
    "invitation": "account#invitations",
}


def help_address(route: str) -> str:
    """Return the path of the documentation about a page."""
    page, _, anchor = HELP.get(route, "").partition("#")
    return reverse("docs-article", args=[page]) + (f"#{anchor}" if anchor else "") if page else reverse("docs")
