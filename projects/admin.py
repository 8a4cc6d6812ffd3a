"""The operator's admin of tenants, people and keys. It never shows secrets.

Organizations and projects cannot be deleted here: only their own pages know which rows of other tables must go, too."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.keys import revoke
from projects.models import ApiKey, AuditEvent, Invitation, JobRun, Membership, Organization, Project, User

admin.site.site_header = admin.site.site_title = "Confab"
admin.site.index_title = "Operator"
# Operators sign in on the product's page, with its second factor and its rate limit.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


# allauth's own admin would show the secrets of second factors and of other services.
admin.site.unregister([Authenticator, SocialAccount, SocialApp, SocialToken])


class NeverDeleted:
    """Mixin for rows that are deleted elsewhere."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NeverAdded:
    """Mixin for rows that only the application can create correctly."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(NeverAdded, NeverDeleted):
    """Mixin for rows that people can only look at."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


class OwnMembershipInline(MembershipInline):
    autocomplete_fields = ["organization"]


class ProjectInline(NeverAdded, NeverDeleted, admin.TabularInline):  # type: ignore[type-arg]
    model = Project
    fields = ["name", "archived_at"]
    show_change_link = True


@admin.register(Organization)
class OrganizationAdmin(NeverDeleted, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "created_at"]
    search_fields = ["name"]
    inlines = [ProjectInline, MembershipInline]


@admin.register(Project)
class ProjectAdmin(NeverDeleted, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "organization", "created_at", "archived_at", "data"]
    list_select_related = ["organization"]
    list_filter = [("archived_at", admin.EmptyFieldListFilter), ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "organization__name"]
    autocomplete_fields = ["organization"]
    readonly_fields = ["created_at", "archived_at", "deleted_at", "data"]

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> list[str]:
        """Return the fields; an existing project cannot change its organization.

        Its keys and its audit log belong to that organization."""
        return [*self.readonly_fields, *(["organization"] if obj else [])]

    @admin.display(description="data")
    def data(self, project: Project) -> SafeString | str:
        """Return links to the read-only pages of the project's sessions and traces."""
        if project.pk is None:
            return ""
        sessions, traces = (reverse(name, args=[project.pk]) for name in ("admin-sessions", "admin-traces"))
        return format_html('<a href="{}">sessions</a> · <a href="{}">traces</a>', sessions, traces)


@admin.register(User)
class UserAdmin(NeverAdded, admin.ModelAdmin):  # type: ignore[type-arg]
    """Admin of people. They join by invitation, sign-up or `createsuperuser`, so that their address is proven."""

    list_display = ["email", "name", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]
    readonly_fields = ["email", "last_login", "date_joined"]
    inlines = [OwnMembershipInline]


@admin.register(ApiKey)
class ApiKeyAdmin(NeverAdded, NeverDeleted, admin.ModelAdmin):  # type: ignore[type-arg]
    """Admin of keys. They are created in the project's settings, where the secret is shown once."""

    list_display = [
        "public_key",
        "name",
        "project",
        "owner",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_select_related = ["project__organization", "owner"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["public_key", "name", "project__name", "owner__email"]
    readonly_fields = [
        "project", "owner", "public_key", "secret_prefix", "scopes", "created_at", "last_used_at", "revoked_at",
        "replaced_by",
    ]  # fmt: skip
    fields = ["name", "expires_at", *readonly_fields]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys:
            revoke(key)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["user", "organization", "role", "created_at"]
    list_select_related = ["user", "organization"]
    list_filter = ["role"]
    search_fields = ["user__email", "organization__name"]
    autocomplete_fields = ["user", "organization"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["email", "organization", "role", "invited_by", "created_at", "expires_at"]
    list_select_related = ["organization", "invited_by"]
    search_fields = ["email", "organization__name"]
    exclude = ["token_hash"]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["at", "actor", "action", "target", "organization_id", "project_id", "ip"]
    search_fields = ["actor", "target"]
    ordering = ["-at", "-id"]
    show_full_result_count = False


@admin.register(JobRun)
class JobRunAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The Jobs page: the last run of each scheduled job, its duration, changed rows and error."""

    list_display = ["name", "started_at", "finished_at", "duration_ms", "rows", "error"]
    list_filter = [("error", admin.EmptyFieldListFilter), ("finished_at", admin.EmptyFieldListFilter)]
