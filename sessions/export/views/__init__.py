"""Pages that download rows, conversations and export files."""
