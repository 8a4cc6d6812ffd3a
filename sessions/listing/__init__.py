"""The list of sessions: its parameters, filters, orders, columns, totals and saved views."""
