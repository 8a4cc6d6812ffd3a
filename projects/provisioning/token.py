"""The token of the installation, which infrastructure code sends."""

import hmac

from django.conf import settings

PROVISIONING_PATH = "/api/v1/installation"


def is_token(authorization: str) -> bool:
    """Return whether an Authorization header has the token. Without one in the settings, none has it."""
    expected = f"Bearer {settings.PROVISIONING_TOKEN}"
    return bool(settings.PROVISIONING_TOKEN) and hmac.compare_digest(authorization.encode(), expected.encode())
