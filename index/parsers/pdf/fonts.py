"""Find the characters of a page that its fonts do not identify: people see them, but a program gets codes without a meaning.

Such fonts lack a table of their Unicode characters. PDFium then gives the codes of the font: control characters, characters for
private use, or letters that are the wrong ones.
"""

from typing import Any, NamedTuple

_SAMPLED = 1_000  # characters of a page, at most
_FEW = 0.05  # of the characters; fewer are symbols, which are read as PDFium gives them
_MANY = 0.1  # of the characters; so many are noted
_MOST_SYMBOLS = 0.3  # of the characters; fewer in a symbol font are bullets
_FEWEST_LETTERS = 0.2  # of the characters; a page with fewer, and many lost, is unreadable
_HYPHEN = 0x02  # at the end of a line, or a code of a font
_BLANK = (_HYPHEN, 0x0A, 0x0D, 0x20, 0xA0)


class Lost(NamedTuple):
    """What cannot be read on a page.

    Attributes:
        share: Of its characters.
        letters: The share of those that are letters, and readable.
        symbols: Whether the characters of symbol fonts are among those lost.
    """

    share: float = 0.0
    letters: float = 1.0
    symbols: bool = False

    @property
    def any(self) -> bool:
        """Whether there are so many that they are left out."""
        return self.share > _FEW

    @property
    def many(self) -> bool:
        """Whether there are so many that they are noted."""
        return self.share > _MANY

    @property
    def all(self) -> bool:
        """Whether next to no text is left."""
        return self.share > 0.5 and self.letters < _FEWEST_LETTERS

    def has(self, text_page: Any, position: int, code: int) -> bool:
        """Whether a character is lost: the one of this code, at this position."""
        import pypdfium2.raw as pdfium

        if code in _BLANK and code != _HYPHEN:
            return False
        odd = (_is_odd(code) and code != _HYPHEN) or (self.symbols and _is_symbol(code))
        return odd or (not _is_symbol(code) and pdfium.FPDFText_HasUnicodeMapError(text_page, position) == 1)


def find_lost(text_page: Any) -> Lost:
    """Find out from a sample of its characters what is lost on a page.

    Args:
        text_page: A `pypdfium2.PdfTextPage`.
    """
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(text_page)
    codes = {each: pdfium.FPDFText_GetUnicode(text_page, each) for each in range(0, count, max(1, count // _SAMPLED))}
    codes = {position: code for position, code in codes.items() if code not in _BLANK}
    symbols = sum(map(_is_symbol, codes.values())) > _MOST_SYMBOLS * len(codes)
    odd = sum(_is_odd(code) or (symbols and _is_symbol(code)) for code in codes.values())
    if odd <= _FEW * len(codes):
        return Lost()
    lost = Lost(1.0, 0.0, symbols)
    readable = [code for position, code in codes.items() if not lost.has(text_page, position, code)]
    letters = sum(code < 0xD800 and chr(code).isalpha() for code in readable)
    return Lost(1 - len(readable) / len(codes), letters / len(codes), symbols)


def _is_symbol(code: int) -> bool:
    """Whether a character is for private use, where symbol fonts have theirs."""
    return 0xF000 <= code <= 0xF0FF


def _is_odd(code: int) -> bool:
    """Whether a code is no character of a text."""
    private = 0xE000 <= code < 0xF900 and not _is_symbol(code)
    return code < 0x20 or 0x7F <= code < 0xA0 or private or code == 0xFFFD
