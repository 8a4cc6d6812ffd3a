"""Charts drawn by the server: axes, plots, and SVG for pages and for files. Pure: nothing here reads the database."""
