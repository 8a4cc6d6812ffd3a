"""Counts of what all processes do, which they add up in Redis, so that one address has the sums of every process."""
