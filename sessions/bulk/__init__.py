"""One action on many sessions: chosen on the list, worked off in batches, with progress, an end and a receipt."""
