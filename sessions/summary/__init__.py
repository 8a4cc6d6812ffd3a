"""What the sessions of a list come to: the strip above it, the series beside it, the values of its facets.

Exact up to COUNTED sessions; of a longer list the newest so many are summed up, and said to be."""
