"""Keeps session rows equal to the traces they consist of."""
