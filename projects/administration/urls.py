"""Settings of projects below /project, of organizations below /organization."""

from django.urls import include, path

from projects.administration.views import audit, general, invitations, keys, members, organizations

project = [
    path("", general.general, name="project-settings"),
    path("/rename", general.rename, name="project-rename"),
    path("/limits", general.limit, name="project-limits"),
    path("/archive", general.archive, name="project-archive"),
    path("/delete", general.delete, name="project-delete"),
    path("/keys", keys.keys, name="project-keys"),
    path("/keys/new", keys.create, name="key-create"),
    path("/keys/<int:key_id>/rotate", keys.rotate_key, name="key-rotate"),
    path("/keys/<int:key_id>/revoke", keys.revoke_key, name="key-revoke"),
]

organization = [
    path("", organizations.organization, name="organization"),
    path("/projects/new", organizations.create_project, name="project-create"),
    path("/members", members.members, name="organization-members"),
    path("/members/invite", members.invite, name="member-invite"),
    path("/members/<int:user_id>/role", members.change_role, name="member-role"),
    path("/members/<int:user_id>/remove", members.remove, name="member-remove"),
    path("/invitations/<int:invitation_id>/renew", members.renew, name="invitation-renew"),
    path("/invitations/<int:invitation_id>/withdraw", members.withdraw, name="invitation-withdraw"),
    path("/leave", members.leave, name="organization-leave"),
    path("/transfer", members.transfer, name="organization-transfer"),
    path("/settings", organizations.settings, name="organization-settings"),
    path("/delete", organizations.delete, name="organization-delete"),
    path("/audit", audit.audit, name="organization-audit"),
    path("/audit.csv", audit.audit_csv, name="organization-audit-csv"),
]

urlpatterns = [
    path("project/<int:project_id>/settings", include(project)),
    path("organizations", organizations.organizations, name="organizations"),
    path("organizations/new", organizations.create, name="organization-create"),
    path("organization/<int:organization_id>", include(organization)),
    path("invitation/<token>", invitations.invitation, name="invitation"),
    path("invitation/<token>/accept", invitations.accept, name="invitation-accept"),
]
