"""Pages of alerts, their channels and their messages."""
