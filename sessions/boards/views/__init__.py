"""The pages of boards, the acts on them, and tiles as files."""
