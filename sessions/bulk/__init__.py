"""One action on many sessions: selected in the list, done in batches, with progress and a receipt."""
