"""Colours code in a closed list of languages. Other code is shown without colours.

The author of the code may be an attacker, so the cost is linear by construction: every token begins with characters
that decide its kind, keeps everything that it has matched (`*+` and `++` never backtrack), and needs no end."""

import re
from html import escape
from typing import NamedTuple

MAX_COLOURED_CHARACTERS = 5_000  # a longer block of code stays plain
TO_LINE_END = r"[^\n]*+"
BLOCK = r"/\*(?:[^*]++|\*(?!/))*+(?:\*/)?+"
MARKUP = r"<!--(?:[^-]++|-(?!->))*+(?:-->)?+"
DOUBLE, SINGLE = (rf"{quote}(?:[^{quote}\\\n]++|\\.)*+{quote}?+" for quote in "\"'")
TRIPLE = "|".join(rf"{q * 3}(?:[^{q}\\]++|\\.|{q}(?!{q * 2}))*+(?:{q * 3})?+" for q in "\"'")
TEMPLATE = r"`(?:[^`\\]++|\\.)*+`?+"
CHARACTER = r"'(?:\\.|[^\\\n])'"  # so that a lifetime in Rust does not begin a string
CODE_NUMBER = r"\d[\w.]*+"
CODE_WORD = r"[^\W\d]\w*+"

CONSTANTS = "true false null"
COMMON_KEYWORDS = "break case continue default do else for if return switch while"
OBJECTS = (
    f"{COMMON_KEYWORDS} {CONSTANTS} class new this super try catch finally throw import static public private protected"
)
KEYWORDS_BY_LANGUAGE = {
    "python": "False None True and as assert async await break class continue def del elif else except finally for from"
    " global if import in is lambda nonlocal not or pass raise return try while with yield match case self",
    "javascript": f"{OBJECTS} async await const let var function export extends from in instanceof of typeof undefined"
    " void yield delete interface type enum implements readonly as namespace declare",
    "java": f"{OBJECTS} abstract boolean byte char double enum extends final float implements instanceof int interface"
    " long package record short synchronized throws var void volatile fun val when object override data is in as"
    " companion suspend sealed def trait lazy implicit match with",
    "csharp": f"{OBJECTS} abstract as async await base bool byte char const decimal double enum event float foreach"
    " in int interface internal is long namespace out override readonly ref"
    " sealed string struct using var virtual void",
    "c": f"{COMMON_KEYWORDS} {CONSTANTS} auto bool char class const constexpr delete double enum extern float goto"
    " inline int long namespace new nullptr operator private protected public register short signed sizeof static"
    " struct template this throw try catch typedef typename union unsigned using virtual void volatile NULL",
    "go": f"{COMMON_KEYWORDS} chan const defer fallthrough func go goto import interface map package range select"
    " struct type var true false nil string int int64 float64 bool byte error any",
    "rust": "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod"
    " move mut pub ref return self Self static struct super trait true type unsafe use where while",
    "swift": f"{OBJECTS} as enum extension func guard in init inout is let nil protocol self Self struct var where",
    "php": f"{OBJECTS} abstract array as echo elseif extends fn foreach function global implements interface namespace"
    " use var require include isset unset",
    "ruby": "alias and begin break case class def defined do else elsif end ensure false for if in module next nil not"
    " or redo require rescue retry return self super then true unless until when while yield",
    "shell": "case do done elif else esac exit export fi for function if in local return set shift source then trap"
    " unset until while FROM RUN COPY ADD ENV CMD ENTRYPOINT WORKDIR EXPOSE ARG USER",
    "sql": "add all alter and any as asc begin between by case cast check column commit constraint create cross default"
    " delete desc distinct drop else end exists false foreign from full group having if in index inner insert into is"
    " join key left like limit not null offset on or order outer over partition primary references returning right"
    " rollback select set table then true union unique update using values view when where with",
    "config": "true false null yes no on off",
    "json": CONSTANTS,
    "css": "important",
}  # fmt: skip


class Grammar(NamedTuple):
    """The tokens of a language, with one group for each HTML class. A word in `keywords` gets the class `k`."""

    tokens: re.Pattern[str]
    keywords: frozenset[str] = frozenset()
    has_cases: bool = True


def _grammar(keywords: str, comment: str, strings: str, *, has_cases: bool = True) -> Grammar:
    tokens = rf"(?P<c>{comment})|(?P<s>{strings})|(?P<m>{CODE_NUMBER})|(?P<word>{CODE_WORD})"
    return Grammar(re.compile(tokens, re.DOTALL), frozenset(KEYWORDS_BY_LANGUAGE[keywords].split()), has_cases)


SLASHES, HASH = rf"//{TO_LINE_END}|{BLOCK}", rf"\#{TO_LINE_END}"
CODE_STRING = f"{DOUBLE}|{SINGLE}"
GRAMMARS = {
    "python py python3 py3": _grammar("python", HASH, f"{TRIPLE}|{CODE_STRING}"),
    "javascript js jsx mjs node typescript ts tsx": _grammar("javascript", SLASHES, f"{CODE_STRING}|{TEMPLATE}"),
    "java kotlin kt scala groovy dart": _grammar("java", SLASHES, f"{TRIPLE}|{CODE_STRING}"),
    "csharp cs c#": _grammar("csharp", SLASHES, CODE_STRING),
    "c h cpp c++ cc hpp cuda objc": _grammar("c", SLASHES, CODE_STRING),
    "go golang": _grammar("go", SLASHES, f"{CODE_STRING}|{TEMPLATE}"),
    "rust rs": _grammar("rust", SLASHES, f"{DOUBLE}|{CHARACTER}"),
    "swift": _grammar("swift", SLASHES, DOUBLE),
    "php": _grammar("php", f"{SLASHES}|{HASH}", CODE_STRING),
    "ruby rb perl pl r lua elixir": _grammar("ruby", HASH, CODE_STRING),
    "bash sh shell zsh fish console dockerfile docker makefile": _grammar("shell", HASH, CODE_STRING),
    "sql postgresql postgres mysql sqlite": _grammar("sql", rf"--{TO_LINE_END}|{BLOCK}", CODE_STRING, has_cases=False),
    "yaml yml toml ini cfg env properties hcl terraform": _grammar("config", HASH, CODE_STRING),
    "json jsonc json5 jsonl": _grammar("json", SLASHES, CODE_STRING),
    "css scss less": _grammar("css", BLOCK, CODE_STRING),
    "html xml svg vue htm": Grammar(
        re.compile(rf"(?P<c>{MARKUP})|(?P<k></?+[A-Za-z][\w:.-]*+|/?>)|(?P<s>=(?:\"[^\"]*+\"?+|'[^']*+'?+))")
    ),
    "diff patch udiff": Grammar(
        re.compile(rf"^(?:(?P<gi>\+{TO_LINE_END})|(?P<gd>-{TO_LINE_END})|(?P<k>@@{TO_LINE_END}))", re.MULTILINE)
    ),
}  # fmt: skip
GRAMMARS_BY_NAME = {name: grammar for names, grammar in GRAMMARS.items() for name in names.split()}


def coloured(code: str, language: str) -> str:
    """Return HTML whose classes static/css/reading.css colours."""
    grammar = GRAMMARS_BY_NAME.get(language.lower())
    if grammar is None or len(code) > MAX_COLOURED_CHARACTERS:
        return escape(code)
    html: list[str] = []
    end = 0
    for found in grammar.tokens.finditer(code):
        if kind := _class_of(found, grammar):
            html += escape(code[end : found.start()]), f'<span class="{kind}">{escape(found[0])}</span>'
            end = found.end()
    return "".join([*html, escape(code[end:])])


def _class_of(match: re.Match[str], grammar: Grammar) -> str:
    """Return the class of a token, or "" for a word that is not a keyword."""
    if match.lastgroup != "word":
        return match.lastgroup or ""
    word = match[0] if grammar.has_cases else match[0].lower()
    return "k" if word in grammar.keywords else ""
