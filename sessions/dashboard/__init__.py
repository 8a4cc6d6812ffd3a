"""A project at a glance: figures of its sessions over time, beside the preceding period.

Every number equals that of the list."""
