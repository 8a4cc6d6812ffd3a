"""Shows formulas in TeX as MathML. Where that fails, their source is shown.

A formula may come from an attacker: it is short, defines nothing, doubles nothing, and its nesting is limited. The
sanitizer of Markdown allows the elements and attributes named here, none of which holds an address, style or event."""

import html
import re
from typing import Any
from xml.etree.ElementTree import Element, tostring

from tracing.reading import budget

MAX_FORMULA_CHARACTERS = 1_000
MAX_FORMULAS = 200  # per text
MAX_FORMULA_HTML = 100_000  # characters per text; the rest stays as it was written
MAX_FORMULA_DEPTH = 40  # elements
MAX_INLINE_CHARACTERS = 40  # a longer formula gets a box in which it can be scrolled
# `\( \)`, `\[ \]`, `$$ $$`, and `$ $` on one line with a command in it. No formula contains code or an empty line, and
# words between escaped brackets or double dollars are none without one of TeX's signs.
LINE_END = r"\n(?![ \t]*+(?:\n|>))"
WORDS = r"(?!(?=[^\\$`]*[^\W\d_]{2})[^\\$`^_=+<>{}]*"
FORMULA = re.compile(
    rf"(?<!\\)(?:\\\({WORDS}\\\))(?:[^\\`\n]|\\[^()`]|{LINE_END})*+\\\)"
    rf"|\\\[{WORDS}\\\])(?:[^\\`\n]|\\[^\[\]`]|{LINE_END})*+\\\]"
    rf"|\$\${WORDS}\$\$)(?:[^\\$`\n]|\\[^$`]|{LINE_END})++\$\$"
    r"|\$(?=[^\s$])(?=[^$`\n]*\\[A-Za-z])(?:[^\\$`\n]|\\[^$`\n])++(?<!\s)\$(?!\d))"
)
# Definitions grow without end, one command doubles what it is given, and browsers do not draw the others.
REFUSED_COMMAND = re.compile(
    r"\\(?:\w*def|\w*newcommand|newenvironment|Declare|sideset|href|rule|unicode|\w?cancel"
    r"|begin(?!\{(?:[pbBvV]?matrix|smallmatrix|cases|array|split|align)\*?\}))"
)
TEX_ENVIRONMENTS = {r"\begin{aligned}": r"\begin{align*}", r"\end{aligned}": r"\end{align*}"}
TEX_ENVIRONMENTS |= {f"\\{side}{{{name}}}": "" for side in ("begin", "end") for name in ("equation", "equation*")}
TEX_ENVIRONMENT = re.compile("|".join(map(re.escape, TEX_ENVIRONMENTS)))
MATH_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
BINARY_SIGNS = {"±", "∓"}
MATH_TAGS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose",
}  # fmt: skip
TRUTH = {"true", "false"}
MATH_SPACES = {"0.167em", "0.222em", "0.278em", "0.333em", "1em", "2em"}
COLUMN_SIDES = {"left", "center", "right"}
MATH_ATTRIBUTES: dict[str, dict[str, set[str]]] = {
    "math": {"display": {"block", "inline"}},
    "mi": {"mathvariant": {"normal", "bold"}},
    "mo": {"stretchy": TRUTH, "fence": TRUTH, "accent": TRUTH, "movablelimits": TRUTH, "form": {"prefix", "postfix"}},
    "mspace": {"width": MATH_SPACES},
    "mfrac": {"linethickness": {"0"}},
    "mover": {"accent": TRUTH},
    "mtd": {"columnalign": COLUMN_SIDES},
    "menclose": {"notation": {"box"}},
}
# Code points without a character: between them stands the number of a formula while the parser reads the text.
START, END = "\ufdd2", "\ufdd3"
PLACE = re.compile(rf"{START}(\d+){END}")


class Formulas:
    """The formulas of one text."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.left = MAX_FORMULA_HTML

    def taken_out(self, text: str) -> str:
        """Return the text with a number in place of each formula, so that a parser sees nothing of it."""
        return FORMULA.sub(self._place, text.replace(START, "\ufffd").replace(END, "\ufffd"))

    def spelled(self, text: str) -> str:
        """Return the text with the formulas as they were written."""
        return PLACE.sub(lambda place: self.sources[int(place[1])], text)

    def drawn(self, text: str) -> str:
        """Return escaped text with the formulas drawn."""
        return PLACE.sub(lambda place: self._drawn(int(place[1])), text)

    def _place(self, found: re.Match[str]) -> str:
        self.sources.append(found[0])
        return f"{START}{len(self.sources) - 1}{END}"

    def _drawn(self, number: int) -> str:
        source = self.sources[number]
        mathml = (mathml_of(source) if number < MAX_FORMULAS else None) or ""
        if mathml and len(mathml) <= self.left:
            self.left -= len(mathml)
            return mathml
        return html.escape(source).replace("\n", "<br>\n")


def has_formula(text: str) -> bool:
    """Return whether a text contains a formula."""
    return ("$" in text or "\\" in text) and FORMULA.search(text) is not None


def mathml_of(source: str) -> str | None:
    """Return the MathML of a formula with its delimiters, or None if it cannot be drawn.

    Raises Late if the time is over."""
    if not budget.has_time():
        raise budget.Late
    width = 1 if source[0] == "$" != source[1] else 2
    tex = TEX_ENVIRONMENT.sub(lambda found: TEX_ENVIRONMENTS[found[0]], source[width:-width])
    if len(tex) > MAX_FORMULA_CHARACTERS or REFUSED_COMMAND.search(tex):
        return None
    is_block = source.startswith(("$$", "\\["))
    try:
        math = _element(tex, "block" if is_block else "inline")
        if not _is_drawable(math):
            return None
        drawn = tostring(math, encoding="unicode")
    except Exception:
        return None
    if is_block or len(tex) > MAX_INLINE_CHARACTERS:
        return f'<span class="formula{" block" * is_block}" tabindex="0">{drawn}</span>'
    return drawn


def _element(tex: str, display: str) -> Any:
    from latex2mathml.converter import convert_to_element  # its table of signs is read with the first formula

    return convert_to_element(tex, display=display)


def _is_drawable(math: Element) -> bool:
    """Give each element its text, and return whether all are known and none is nested too deeply."""
    del math.attrib["xmlns"]
    level, depth = [math], 0
    while level and depth < MAX_FORMULA_DEPTH:
        for element in level:
            text = html.unescape(element.text or "")
            if text.startswith("\\") or element.tag not in MATH_TAGS or (element.tag == "mi" and text == "&"):
                return False
            if len(element) != MATH_PARTS.get(element.tag, len(element)):
                return False
            element.text = text
            if text in BINARY_SIGNS:
                element.tag = "mo"
        level, depth = [child for element in level for child in element], depth + 1
    return not level
