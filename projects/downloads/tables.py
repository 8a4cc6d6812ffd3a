"""Tables as CSV whose cells no spreadsheet runs."""

import csv
from collections.abc import Iterable

from projects.normal_forms import normalized

FORMULA_SIGNS = ("=", "+", "-", "@", "\u2212")  # a text that begins with one may be taken for a formula
BLANKS = ("\t", "\r", "\n")  # some spreadsheets begin a cell of their own behind these


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


_writer = csv.writer(_Echo())


def csv_line(cells: Iterable[object]) -> str:
    """One line. Texts of strangers must be made harmless first."""
    line: str = _writer.writerow(cells)  # what the file's `write` returns
    return line


def harmless(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet could take it for a formula: also behind blanks and with wide
    forms of the signs."""
    start = normalized("NFKC", text.lstrip(" \ufeff\u200b\xa0\u3000")[:1])
    return f"'{text}" if start.startswith((*FORMULA_SIGNS, *BLANKS)) else text
