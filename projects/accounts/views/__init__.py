"""Pages about one's own account, one module for each, and the link that signs somebody in."""
