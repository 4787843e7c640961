"""Decode text files without altering a character: byte-order mark, line ends and tabs stay, so offsets stay true."""

import codecs

from index.errors import SourceError
from index.readers.extraction import Extraction

SAMPLE_BYTES = 65_536


def read_text(content: bytes, *, name: str) -> Extraction:
    """Read a text file: its text is the file's own characters."""
    return Extraction(decode_text(content, name=name))


def decode_text(content: bytes, *, name: str, encoding: str = "utf-8") -> str:
    """Decode the bytes of a text file.

    UTF-8 is expected. UTF-16 is read where a byte-order mark announces it. Nothing is guessed: text in a wrongly
    guessed encoding would be quoted wrongly.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        encoding: Read in place of UTF-8 where a format declares another one.

    Returns:
        The text, as decoded; a UTF-8 byte-order mark stays as its first character.

    Raises:
        SourceError: The bytes are not text, or not in that encoding.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content[:SAMPLE_BYTES]:
        raise SourceError(f"{name} is not a text file: it holds zero bytes. Remove it, or give it its right suffix.")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not valid {encoding.upper()}: byte {error.start} cannot be decoded. "
            "Save it as UTF-8, then index it again."
        ) from error
    if "\0" in text:
        raise SourceError(f"{name} is not a text file: it holds zero bytes. Remove it, or give it its right suffix.")
    return text
