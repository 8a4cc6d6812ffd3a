"""Alerts and rules: sessions that enter a query, numbers that cross a bound, and who is told of them."""
