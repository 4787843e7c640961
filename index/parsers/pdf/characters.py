"""Read the characters of a PDF's page, each once: programs print text twice, a little apart, to make it bold or cast a shadow."""

import ctypes
import math
import re
import unicodedata
from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index.parsers.pdf.fonts import Lost

# How far a copy is at most from its original, along the line and across it, in times the size of the type.
_ALONG, _ACROSS = 0.13, 0.2
_WITHIN = 0.6  # times its width: a narrow letter that is shifted further may be a double, such as "ll"
_SAME_SIZE = 1.2  # the factor by which the type of a copy, in bold perhaps, is larger or smaller at most
_SLANT = 0.05  # quarter turns
_FARTHEST = 1e6  # points; damaged files place text anywhere
_HYPHENS = ("\x02", "\ufffe", "\xad")  # how PDFium gives the hyphen of a word divided at a line's end
QUOTES = {"\u0300": "\u2018", "\u0301": "\u2019"}  # accents above no letter, with which TeX may draw quotation marks
_SYMBOLS = re.compile("[\uf000-\uf0ff]")  # what a symbol font draws: bullets, nearly always


class Character(NamedTuple):
    """What a page draws in one box: a character, or the letters of a ligature.

    Attributes:
        position: Of the first, among the characters of the page.
        text: One or several characters; a hyphen that divides a word at the end of a line is a soft hyphen.
        edges: Left, bottom, right and top of its box, in points.
        spaced: Whether white space is before it.
        guessed: Whether none of it is drawn: PDFium takes a gap for it, or a place where text is drawn in pieces.
    """

    position: int
    text: str
    edges: tuple[float, float, float, float]
    spaced: bool
    guessed: bool


def read_characters(text_page: Any, lost: Lost) -> list[Character]:
    """Read the characters of a page, in the order in which the file draws them.

    Args:
        text_page: A `pypdfium2.PdfTextPage`.
        lost: Its characters that cannot be read, which are left out.
    """
    import pypdfium2.raw as pdfium

    count, page = pdfium.FPDFText_CountChars(text_page), text_page.raw
    code_at, box_at = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    box = pdfium.FS_RECTF()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    found: list[Character] = []
    last_edges: tuple[float, float, float, float] | None = None
    spaced = drawn = False
    all_read = not lost.any
    for position in range(count):
        code = code_at(page, position)
        if 0x20 < code < 0x7F and all_read:
            text = chr(code)
        elif not all_read and lost.has(text_page, position, code):
            spaced = drawn = True
            continue
        else:
            text = chr(code) if 0x20 <= code < 0x7F else _read_character(code, pdfium, text_page, position, count)
            if text in QUOTES and (spaced or not found):
                text = QUOTES[text]
            if not text:
                continue
            if text.isspace():
                drawn = drawn or pdfium.FPDFText_IsGenerated(text_page, position) != 1
                spaced = True
                continue
        if box_at(page, position, box):
            edges = (box.left, box.bottom, box.right, box.top)
        elif pdfium.FPDFText_GetCharBox(text_page, position, left, right, bottom, top):
            edges = (left.value, bottom.value, right.value, top.value)
        else:
            continue
        if edges == last_edges:  # PDFium spells a ligature out, each letter in the box of the whole
            found[-1] = found[-1]._replace(text=found[-1].text + text)
            continue
        found.append(Character(position, text, edges, spaced, spaced and not drawn))
        last_edges = edges
        spaced = drawn = False
    return _drop_copies(found, text_page)


def _read_character(code: int, pdfium: Any, text_page: Any, position: int, count: int) -> str:
    """The character of a code beyond ASCII; empty for the second half of one beyond the basic plane."""
    if 0xD800 <= code < 0xDC00:  # PDFium gives such a character as two halves
        low = pdfium.FPDFText_GetUnicode(text_page, position + 1) if position + 1 < count else 0
        return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)) if 0xDC00 <= low < 0xE000 else ""
    if not code or 0xDC00 <= code < 0xE000 or code > 0x10FFFF:
        return ""
    character = chr(code)
    if character in _HYPHENS:
        return "\xad"
    if "\ufb00" <= character <= "\ufdfb" or "\ufe70" <= character <= "\ufefc":
        return unicodedata.normalize("NFKC", character)  # ligatures (fi, ffi) and the shapes of Arabic letters
    return _SYMBOLS.sub("\u2022", character)


def _drop_copies(characters: list[Character], text_page: Any) -> list[Character]:
    """Leave out what repeats a character at nearly its place."""
    copies = _find_copies(characters, text_page)
    if not copies:
        return characters
    found: list[Character] = []
    drawn = False
    for place, character in enumerate(characters):
        drawn = drawn or (character.spaced and not character.guessed)
        if place in copies:
            continue
        if place - 1 in copies:  # PDFium guesses spaces where text goes back: only drawn ones count
            character = character._replace(spaced=drawn, guessed=False)
        found.append(character)
        drawn = False
    return found


def _find_copies(characters: Sequence[Character], text_page: Any) -> set[int]:
    """The places, in the sequence, of what repeats a character before it."""
    doubtful, squares = _find_near_alike(characters)
    originals: dict[tuple[str, int, int, int], list[Character]] = {}
    copies: set[int] = set()
    for place in doubtful:
        character = characters[place]
        scale, x, y = squares[place].tolist()
        around = [(character.text, scale, x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        near = (original for square in around for original in originals.get(square, ()))
        if any(_is_copy(original, character, text_page) for original in near):
            copies.add(place)
        else:
            originals.setdefault((character.text, scale, x, y), []).append(character)
    return copies


def _find_near_alike(characters: Sequence[Character]) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Find the characters that have one like them nearby, in time that grows with their number only.

    Returns:
        Their places in the sequence, and of each character the square of the page it is in: a power of two that its size gives,
        and its column and row; int64 of shape (characters, 3). Copies are in the same or in neighbouring squares.
    """
    numbers = array("d", chain.from_iterable(character.edges for character in characters))
    left, bottom, right, top = np.frombuffer(numbers).reshape(-1, 4).clip(-_FARTHEST, _FARTHEST).T
    size = np.maximum(np.maximum(right - left, top - bottom), 0.5)
    scale = np.ceil(np.log2(_ACROSS * size))
    codes = np.array([ord(character.text[0]) for character in characters], dtype=np.int64)
    x, y = (left + right) / 2 / 2**scale, (bottom + top) / 2 / 2**scale
    doubtful = np.zeros(len(characters), dtype=bool)
    for i in (0, 1):
        for j in (0, 1):  # of the four grids of double squares, one has two near characters in one square
            columns, rows = ((each + shift) // 2 for each, shift in ((x, i), (y, j)))
            keys = codes * 73_856_093 + columns * 19_349_663 + rows * 83_492_791 + scale * 49_979_687
            ordered = np.sort(keys)
            doubtful |= np.isin(keys, ordered[1:][ordered[1:] == ordered[:-1]])
    squares = np.column_stack([scale, np.floor(x), np.floor(y)]).astype(np.int64)
    return np.flatnonzero(doubtful).tolist(), squares


def _is_copy(original: Character, character: Character, text_page: Any) -> bool:
    """Whether a character, of the same text as another, is nearly at its place and of nearly its size."""
    import pypdfium2.raw as pdfium

    one, other = original.edges, character.edges
    apart = [abs(one[side] + one[side + 2] - other[side] - other[side + 2]) / 2 for side in (0, 1)]
    extents = [sorted((one[side + 2] - one[side], other[side + 2] - other[side])) for side in (0, 1)]
    if max(apart) > _ACROSS * max(extents[0][1], extents[1][1]):
        return False
    turns = pdfium.FPDFText_GetCharAngle(text_page, character.position) / (math.pi / 2)
    if round(turns) % 2:
        apart, extents = apart[::-1], extents[::-1]
    (width, _), (size, larger) = extents
    return (
        apart[0] <= min(_ALONG * size, _WITHIN * width)
        and apart[1] <= _ACROSS * size
        and larger <= _SAME_SIZE * size
        and abs(turns - round(turns)) < _SLANT  # else the box says little of where the character is
    )
