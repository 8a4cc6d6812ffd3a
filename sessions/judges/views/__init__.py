"""Pages of judges, and of the model that they ask."""
