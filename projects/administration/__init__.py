"""Pages on which people manage their projects and organizations."""
