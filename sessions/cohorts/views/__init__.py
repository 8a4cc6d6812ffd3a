"""Pages of cohorts and their comparison."""
