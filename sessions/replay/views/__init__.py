"""Pages of one session."""
