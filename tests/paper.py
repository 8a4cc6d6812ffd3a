"""The words of a PDF that Chromium made."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
TO_UNICODE = re.compile(rb"/ToUnicode (\d+) 0 R")
MAPPED = re.compile(rb"beginbf(char|range)\n(.*?)\nendbf", re.DOTALL)
HEX = re.compile(rb"<([0-9A-Fa-f]+)>")
SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]*)> Tj|(BT)")


def words_of(pdf: bytes) -> str:
    """Return the text of all pages, with one blank between words and lines."""
    objects = {int(found[1]): found[2] for found in OBJECT.finditer(pdf)}
    fonts = {name: _letters(objects, int(number)) for name, number in FONT.findall(pdf)}
    pages = (_stream(body) for body in objects.values() if b"stream" in body)
    said = (_text(page, fonts) for page in pages if b" Tf" in page and b" Tj" in page)
    return " ".join(" ".join(said).split())


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    data = found[1] if found else b""
    return zlib.decompress(data) if b"/FlateDecode" in body and b"/Image" not in body else data


def _letters(objects: dict[int, bytes], number: int) -> dict[int, str]:
    """Return what the glyphs of a font stand for."""
    named = TO_UNICODE.search(objects[number])
    letters: dict[int, str] = {}
    for kind, lines in MAPPED.findall(_stream(objects[int(named[1])]) if named else b""):
        for line in lines.splitlines():
            values = HEX.findall(line)
            first, last = int(values[0], 16), int(values[1 if kind == b"range" else 0], 16)
            text = bytes.fromhex(values[-1].decode()).decode("utf-16-be")
            letters |= {glyph: text[:-1] + chr(ord(text[-1]) + glyph - first) for glyph in range(first, last + 1)}
    return letters


def _text(page: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    letters: dict[int, str] = {}
    said = []
    for font, glyphs, begins in SHOWN.findall(page):
        if font:
            letters = fonts.get(font, {})
        said.append(
            " " if begins else "".join(letters.get(int(glyphs[at : at + 4], 16), "") for at in range(0, len(glyphs), 4))
        )
    return "".join(said)
