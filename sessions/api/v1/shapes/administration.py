"""Projects, members and keys of an organization."""

from rest_framework import serializers

from projects.models import PROJECT_SCOPES, Role, Scope
from projects.provisioning.shapes import MAX_PROVISIONED_NAME_CHARACTERS
from sessions.api.v1.shapes.operations import moment, number, text


class ProjectChangeShape(serializers.Serializer[None]):
    """What to change of a project. What is left out stays; null is no limit, or the server's setting."""

    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS, required=False)
    time_zone = serializers.CharField(required=False, help_text="A name such as Europe/Lisbon.")
    session_quiet_minutes = serializers.IntegerField(min_value=1, max_value=10_080, required=False, allow_null=True)
    retention_days = serializers.IntegerField(min_value=1, max_value=36_500, required=False, allow_null=True)
    monthly_span_quota = serializers.IntegerField(min_value=1, max_value=10**15, required=False, allow_null=True)
    is_archived = serializers.BooleanField(required=False)


class GivenProjectShape(ProjectChangeShape):
    """A new project."""

    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS)
    is_archived = None  # type: ignore[assignment]


class OrganizationProjectShape(serializers.Serializer[None]):
    """A project of the organization, with its settings."""

    id = number()
    name = text()
    time_zone = text()
    session_quiet_minutes = number("Null: the server's setting.", is_known=False)
    retention_days = number("Null: everything is kept.", is_known=False)
    monthly_span_quota = number("Null: no limit.", is_known=False)
    created_at = moment()
    archived_at = moment(is_known=False)


class MemberShape(serializers.Serializer[None]):
    """A member of the organization."""

    id = number()
    email = text()
    name = text()
    role = serializers.ChoiceField(Role.choices)
    created_at = moment("When they joined.")


class MemberChangeShape(serializers.Serializer[None]):
    """Another role of a member."""

    role = serializers.ChoiceField(Role.choices)


class GivenInvitationShape(serializers.Serializer[None]):
    """Who is to become a member."""

    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)


class InvitationShape(serializers.Serializer[None]):
    """An invitation, which ends the one before it to the same address."""

    email = text()
    role = serializers.ChoiceField(Role.choices)
    expires_at = moment()
    link = text("To hand over where no mail is sent; null where it was mailed.", is_known=False)


class OpenInvitationShape(serializers.Serializer[None]):
    """An invitation that nobody has accepted yet."""

    id = number()
    email = text()
    role = serializers.ChoiceField(Role.choices)
    invited_by = text("The e-mail address of its maker.", is_known=False)
    created_at = moment()
    expires_at = moment("It may be past.")


class GivenKeyShape(serializers.Serializer[None]):
    """A new key of the project."""

    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS)
    scopes = serializers.ListField(
        child=serializers.ChoiceField([(scope.value, scope.label) for scope in PROJECT_SCOPES]),
        min_length=1,
        max_length=len(PROJECT_SCOPES),
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Null: never.")


class ProjectKeyShape(serializers.Serializer[None]):
    """A key of the project, without its secret."""

    id = number()
    name = text()
    public_key = text()
    secret_prefix = text("The beginning of the secret key.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    created_at = moment()
    expires_at = moment(is_known=False)
    last_used_at = moment(is_known=False)
    revoked_at = moment(is_known=False)


class NewKeyShape(ProjectKeyShape):
    """A new key, with its secret, which is not answered again."""

    secret_key = text()
