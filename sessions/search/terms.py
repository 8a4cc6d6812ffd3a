"""Terms out of one line of text: words, "phrases", -excluded ones and beginnings*."""

import re

from sessions.search.matching import Term

PIECE = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


def terms_in(text: str) -> list[Term]:
    """In their order. A quote that is not closed reaches to the end."""
    terms = []
    for piece in PIECE.finditer(text):
        is_negated = bool(piece["minus"])
        if piece["phrase"] is not None:
            if piece["phrase"].strip():
                terms.append(Term(piece["phrase"], is_phrase=True, is_negated=is_negated))
        elif word := piece["word"].rstrip("*"):
            terms.append(Term(word, is_negated=is_negated, is_prefix=piece["word"].endswith("*")))
    return terms
