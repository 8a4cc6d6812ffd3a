"""Tells others how Confab itself is doing: metrics, its own traces, and its failures."""
