"""Boards of one's own: tiles with a measure, a split, a query and a kind of chart."""
