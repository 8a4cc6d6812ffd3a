"""People: signing in, the link and mail for it, sessions of browsers, and membership of organizations."""
