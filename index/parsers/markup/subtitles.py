"""Read subtitles (.srt, .vtt): what is said one after the other becomes paragraphs, each with the time at which it begins.

A paragraph ends with a sentence, after half a minute or some hundred characters, and where another speaker begins. Marks of
style, comments and readings beside characters are left out. Captions that roll, each with the line before, are read once.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import pairwise
from pathlib import PurePath
from typing import NamedTuple

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, one_line
from index.parsers.containers import describe_kind, refuse_kind
from index.parsers.plain import decode_text

_TIME = re.compile(r"\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,]\d+)?\s*-->")
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_UNSHOWN = re.compile(r"\ufeff?(?:WEBVTT|NOTE|STYLE|REGION)(?:[ \t].*)?(?:\n|\Z)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^<>]*)>")
_MARK = re.compile(r"<rt>[^<]*</rt>|</?[A-Za-z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}", re.IGNORECASE)
# How the line of another speaker begins: with a dash, or a name.
_TURN = re.compile(r"([-\u2010-\u2015])(?!\1)\s*\S|>>|[A-Z\xc0-\xde][^\s:]*(?: [^\s:]+){0,2}: ")
_ENDED = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d\xbb\u300d)\]]*\Z")
_LONG, _LONGEST = (
    (300, 30),
    (700, 60),
)  # characters and seconds of a paragraph at whose end a sentence ends, and of any other
_MOST_ROLLING = 4  # lines of a caption
_FEWEST_ROLLING, _ROLLING = 2, 1 / 3  # captions, and the share of all, that repeat the line before at least


class _Line(NamedTuple):
    """A line that is shown.

    Attributes:
        second: When, from the beginning.
        speaker: Who speaks; empty if unknown.
        text: What is said.
    """

    second: int
    speaker: str
    text: str


def read_subtitles(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read subtitles of either format.

    Raises:
        SourceError: They have no times.
    """
    text, notes = decode_text(content, name=name, encoding=encoding)
    timed = _part(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not timed:
        if not text.strip() or describe_kind(content):
            refuse_kind(content.strip(), name=name, suffix=PurePath(name).suffix.lower())
        raise SourceError(f"{name} holds no subtitles: no line is like 00:01:30,000 --> 00:01:33,500. Is it damaged?")
    builder = TextBuilder(name)
    builder.notes += notes
    captions = [_lines(second, "\n".join(shown)) for second, shown in timed]
    for second, paragraph in _join(_unroll(captions)):
        builder.move_to(time=f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}")
        builder.add_paragraph(paragraph)
    return builder.finish()


def _part(text: str) -> list[tuple[int, list[str]]]:
    """The second at which each caption begins, and what it shows, which may have blank lines in it."""
    found: list[tuple[int, list[str]]] = []
    for block in _BLANK.split(text.strip()):
        lines = block.split("\n")
        times = {position: _seconds(time) for position, line in enumerate(lines) if (time := _TIME.match(line))}
        first = next(iter(times), len(lines) + 1)
        if found and not _UNSHOWN.match(block) and not block.strip().isdecimal():
            found[-1][1].extend(lines[: max(0, first - 1)])  # the line before a time is a number or a name
        for position, end in pairwise([*times, len(lines)]):
            below = lines[position + 1 : end]
            if end < len(lines) and below and below[-1].strip().isdecimal():  # the number of the next one
                below.pop()
            found.append((times[position], below))
    return found


def _seconds(time: re.Match[str]) -> int:
    hours, minutes, seconds = (int(number or 0) for number in time.groups())
    return hours * 3600 + minutes * 60 + seconds


def _lines(second: int, shown: str) -> list[_Line]:
    """The lines of a caption that begins at a second."""
    lines: list[_Line] = []
    speaker = ""
    for position, piece in enumerate(_VOICE.split(shown)):
        if position % 2:
            speaker = one_line(unescape(piece))
        else:
            said = (one_line(unescape(_MARK.sub("", line))) for line in piece.split("\n"))
            lines += [_Line(second, speaker, line) for line in said if line]
    return lines


def _unroll(captions: list[list[_Line]]) -> Iterator[_Line]:
    """The lines of captions; of captions that roll, without those that the one before shows already."""
    pairs = list(zip([[], *captions], captions, strict=False))
    repeated = [_repeated(before, caption) for before, caption in pairs]
    rolling = sum(map(bool, repeated)) > max(_FEWEST_ROLLING, _ROLLING * len(captions))
    for caption, count in zip(captions, repeated, strict=True):
        yield from caption[count if rolling else 0 :]


def _repeated(before: list[_Line], caption: list[_Line]) -> int:
    """How many lines at the beginning of a caption are those at the end of the one before."""
    texts, last = [line.text for line in caption], [line.text for line in before]
    most = min(len(texts), _MOST_ROLLING)
    return next((count for count in range(most, 0, -1) if texts[:count] == last[-count:]), 0)


def _join(lines: Iterable[_Line]) -> Iterator[tuple[int, str]]:
    """Join lines to paragraphs, each with the second at which it begins; who speaks stands at its beginning."""
    begun, speaker, said = 0, "", ""
    for line in lines:
        characters, seconds = _LONG if _ENDED.search(said) else _LONGEST
        full = len(said) >= characters or line.second - begun >= seconds
        if said and not full and line.speaker == speaker:
            said += ("\n" if _TURN.match(line.text) else " ") + line.text
            continue
        yield begun, said
        begun, speaker = line.second, line.speaker
        said = f"{speaker}: {line.text}" if speaker else line.text
    yield begun, said
