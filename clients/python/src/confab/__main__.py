"""`python -m confab` is the command `confab`."""

from confab.commands import main

main(prog_name="confab")
