"""Pages of settings: keys, members, invitations, organizations, the audit log."""
