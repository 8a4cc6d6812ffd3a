"""A project at a glance: what its sessions come to over time, beside the period before. Every number is the list's."""
