"""Pages that several wings contribute to: the session list, the palette, onboarding, users."""
