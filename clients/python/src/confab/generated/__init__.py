"""Written from the OpenAPI document of the API."""
