"""What /api/v1 takes and answers: the OpenAPI document shows it, and tests hold answers against it."""
