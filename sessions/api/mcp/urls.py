"""The address of the MCP server."""

from django.urls import path

from sessions.api.mcp.views import McpEndpoint

urlpatterns = [path("mcp", McpEndpoint.as_view())]
