"""Read a file into a Document: one module a format, chosen by the file's suffix."""

from pathlib import Path

from index.errors import SourceError
from index.readers.markdown import read_markdown
from index.readers.text import decode_text
from index.records import Document
from index.sources import file_hash, text_hash

TEXT_SUFFIXES = (".txt", ".text")
MARKDOWN_SUFFIXES = (".md", ".markdown")


def read_document(path: str | Path, *, name: str) -> Document:
    """Read one file.

    Args:
        path: The file.
        name: The name shown, in messages too.

    Returns:
        Its text with locators. For text and Markdown the text is the file's own characters, so
        `text[start:end]` holds for anyone who decodes the file.

    Raises:
        SourceError: The file cannot be opened, is of a format that is not read, or is not what its suffix says.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TEXT_SUFFIXES + MARKDOWN_SUFFIXES:
        known = ", ".join(TEXT_SUFFIXES + MARKDOWN_SUFFIXES)
        raise SourceError(f"{name}: files of type {suffix or 'without suffix'!r} are not read (those read: {known}).")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{name} cannot be opened: {error.strerror}. Check that it exists and may be read."
        ) from error
    text = decode_text(content, name=name)
    locators, silent = read_markdown(text) if suffix in MARKDOWN_SUFFIXES else ((), ())
    return Document(name, str(path), text, text_hash(text), file_hash(content), locators, silent)
