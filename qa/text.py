"""Show counts, sizes, errors and text from outside in plain words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from index import BatchError, Progress

_LINE_END = re.compile(r"\r\n?")


# C0 and C1 controls but tab and line feed; embeddings, overrides and isolates of writing direction.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Make control characters visible; tabs stay, every line end becomes a line feed."""
    return _CONTROL.sub(_escape, _LINE_END.sub("\n", text))


def visible_line(text: str) -> str:
    """Make control characters visible and line ends spaces: the text as one line."""
    return " ".join(visible(text).split("\n"))


def shorten(text: str, most: int = 60) -> str:
    """Cut a text that has more characters than `most`, and say so with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 2].rstrip()} …"


def name_first(source: str, text: str) -> str:
    """Put the name of a document before a message, unless the message starts with it."""
    return text if text.startswith(source) else f"{source}: {text}"


def count(number: int, word: str) -> str:
    """Say how many: '1 passage', '2,000 passages'."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


@contextmanager
def file_errors(action: str, advice: str = "") -> Iterator[None]:
    """Raise BatchError instead of OSError: 'cannot write answers.csv: Permission denied', then the advice."""
    try:
        yield
    except OSError as error:
        raise BatchError(f"cannot {action}: {error.strerror or error}{advice}") from error


def describe_progress(progress: Progress) -> str:
    """Say how fast indexing goes and how long it will take: '35 a second, 12 min left'; nothing while unknown."""
    if progress.seconds_left is None:
        return ""
    minutes = round(progress.seconds_left / 60)
    left = f"{progress.seconds_left:.0f} s" if progress.seconds_left < 100 else f"{minutes} min"
    left = left if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
    return f"{progress.passages_per_second:,.0f} a second, {left} left"


def describe_size(size: int) -> str:
    """Say how many bytes: '512 bytes', '1.5 kB', '12 MB'."""
    if size < 1000:
        return count(size, "byte")
    amount, units = size / 1000, iter(("kB", "MB", "GB"))
    unit = next(units)
    while amount >= 999.5 and unit != "GB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:,.0f} {unit}" if amount >= 9.95 else f"{amount:.1f} {unit}"


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
