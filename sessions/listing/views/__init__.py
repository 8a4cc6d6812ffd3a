"""Pages and fragments of the list."""
