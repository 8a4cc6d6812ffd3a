"""What a model call costs: by the project's own prices, or by the public list."""
