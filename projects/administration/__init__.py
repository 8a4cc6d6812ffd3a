"""The pages on which people look after their projects and organizations."""
