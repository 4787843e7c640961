"""Unpack the rich text that Outlook keeps compressed (LZFu, as [MS-OXRTFCP] describes it)."""

import struct

_HEAD = struct.Struct("<IIII")  # bytes behind the first number, bytes unpacked, kind, check sum
_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
# What the window holds at first: the words that most rich texts begin with.
_BEGINNING = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbol"
    b"ArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par " + rb"\pard\plain\f0\fs20\b\i\u\tab\tx"
)


def unpack_rich_text(content: bytes) -> bytes:
    """Unpack a compressed rich text; what is cut off is unpacked as far as it goes.

    Raises:
        ValueError: It is no such text.
    """
    if len(content) < _HEAD.size:
        raise ValueError("a compressed rich text has a head of 16 bytes")
    packed, size, kind, _ = _HEAD.unpack_from(content)
    if kind == _PLAIN:
        return content[_HEAD.size : _HEAD.size + size]
    if kind != _PACKED:
        raise ValueError(f"{kind:#x} is no kind of compression")
    window = bytearray(_BEGINNING.ljust(_WINDOW, b"\0"))
    found = bytearray()
    place, position, end = len(_BEGINNING), _HEAD.size, min(len(content), packed + 4)
    while position < end:
        flags, position = content[position], position + 1
        for bit in range(8):
            if flags >> bit & 1:
                if position + 2 > end:
                    return bytes(found)
                start, length = divmod(int.from_bytes(content[position : position + 2], "big"), 16)
                position += 2
                if start == place:  # the mark of the end
                    return bytes(found)
                copied = range(start, start + length + 2)
            elif position < end:
                window[place] = content[position]
                copied, position = range(place, place + 1), position + 1
            else:
                return bytes(found)
            for each in copied:
                byte = window[each % _WINDOW]
                found.append(byte)
                window[place] = byte
                place = (place + 1) % _WINDOW
    return bytes(found)
