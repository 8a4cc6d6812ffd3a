"""The Model Context Protocol at `/mcp`: agents use operations of /api/v1 as tools."""
