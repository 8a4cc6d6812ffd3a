"""CSV tables whose cells no spreadsheet takes for formulas."""

import csv
from collections.abc import Iterable

from projects.normal_forms import normalized

FORMULA_SIGNS = ("=", "+", "-", "@", "\u2212")  # a text that begins with one may be taken for a formula
BLANKS = ("\t", "\r", "\n")  # some spreadsheets begin a new cell after these


class _Echo:
    """A file whose `write` returns the written text."""

    def write(self, line: str) -> str:
        return line


_writer = csv.writer(_Echo())


def csv_line(cells: Iterable[object]) -> str:
    """Return one line. Texts of strangers must be made harmless first."""
    line: str = _writer.writerow(cells)  # what the file's `write` returns
    return line


def harmless(text: str) -> str:
    """Return the text, after an apostrophe if a spreadsheet could take it for a formula.

    Leading blanks and wide forms of the signs are recognized, too."""
    start = normalized("NFKC", text.lstrip(" \ufeff\u200b\xa0\u3000")[:1])
    return f"'{text}" if start.startswith((*FORMULA_SIGNS, *BLANKS)) else text
