"""Settings pages: keys, members, invitations, organizations and the audit log."""
