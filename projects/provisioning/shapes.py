"""The shape of a document. Field names are those of the models; what a document leaves out stays as it is."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from rest_framework import serializers

from projects.models import Role, every_scope

MAX_PROVISIONED_NAME_CHARACTERS = 120
MAX_SECRET_CHARACTERS = 200


class StrictShape(serializers.Serializer[None]):
    """A mapping that refuses unknown names: a typing error must not look like a setting that was left out."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the values. Raise ValidationError."""
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({str(name): [self._unknown(str(name))] for name in unknown})
        return super().to_internal_value(data)

    def _unknown(self, name: str) -> str:
        close = get_close_matches(name, self.fields, n=1)
        return f"is not known here. {f'Did you mean {close[0]}?' if close else 'Known: ' + ', '.join(self.fields)}"


class ProvisionedKeyShape(StrictShape):
    """A key pair that is known beforehand, by its public key."""

    public_key = serializers.CharField(max_length=80)
    secret_key = serializers.CharField(max_length=MAX_SECRET_CHARACTERS, required=False, write_only=True)
    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS, default="default")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=every_scope()), min_length=1, required=False)
    is_revoked = serializers.BooleanField(default=False)


class ProvisionedProjectShape(StrictShape):
    """A project of an organization, by its name."""

    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS)
    time_zone = serializers.CharField(required=False)
    session_quiet_minutes = serializers.IntegerField(required=False, allow_null=True)
    retention_days = serializers.IntegerField(required=False, allow_null=True)
    monthly_span_quota = serializers.IntegerField(required=False, allow_null=True)
    is_archived = serializers.BooleanField(required=False)
    keys = ProvisionedKeyShape(many=True, required=False)


class ProvisionedMemberShape(StrictShape):
    """A member of an organization, by the e-mail address, for which the operator vouches."""

    email = serializers.EmailField()
    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS, required=False, allow_blank=True)
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    is_removed = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values. Raise ValidationError for a member without a role."""
        if not attrs["is_removed"] and "role" not in attrs:
            raise serializers.ValidationError({"role": [f"is missing: one of {', '.join(Role.values)}."]})
        return attrs


class ProvisionedOrganizationShape(StrictShape):
    """An organization, by its name."""

    name = serializers.CharField(max_length=MAX_PROVISIONED_NAME_CHARACTERS)
    members = ProvisionedMemberShape(many=True, required=False)
    projects = ProvisionedProjectShape(many=True, required=False)


class InstallationShape(StrictShape):
    """What an installation is to have."""

    organizations = ProvisionedOrganizationShape(many=True)
