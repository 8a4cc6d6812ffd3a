"""Costs of model calls: from the project's own prices, or from the public list."""
