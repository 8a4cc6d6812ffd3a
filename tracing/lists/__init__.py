"""The common parts of all lists (pages by position, time limits, column layouts), and the list of traces."""
