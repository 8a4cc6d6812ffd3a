"""What all lists share: pages by position, time limits, the layout of columns; and the list of traces."""
