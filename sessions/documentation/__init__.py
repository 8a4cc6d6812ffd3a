"""The documentation inside the product: docs/ as pages, with a search, without signing in and without a network."""
