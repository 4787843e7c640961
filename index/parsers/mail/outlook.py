"""Read messages as Outlook saves them (.msg): an OLE file whose streams are the properties of a message.

The message is written as an ordinary one, and read as such; an appointment becomes an invitation. A text that is kept as
compressed rich text alone is read and noted; the fields of contacts and tasks are noted.
"""

import codecs
import io
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.parser import HeaderParser
from email.utils import format_datetime
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, clean_text, one_line
from index.parsers.containers import load_library, refuse_kind
from index.parsers.html import decode_html
from index.parsers.mail import MOST_NESTED, read_message
from index.parsers.mail.calendar import write_event
from index.parsers.mail.rich_text import unpack_rich_text

_OLE = b"\xd0\xcf\x11\xe0"
_TABLE = "__properties_version1.0"
_CLASS, _SUBJECT, _SENT, _HEADERS, _RECEIVED = 0x001A, 0x0037, 0x0039, 0x007D, 0x0E06
_SENDERS = (
    (0x0042, 0x5D02, 0x0065),
    (0x0C1A, 0x5D01, 0x0C1F),
)  # name, addresses: of the author, and of who sent it for them
_ROLE, _RECIPIENT = 0x0C15, (0x3001, 0x39FE, 0x3003)
_RECIPIENTS = {1: "To", 2: "Cc"}
_BODY, _RICH, _PAGE = 0x1000, 0x1009, 0x1013
_DATA, _FILES, _KIND, _IDENTITY, _HIDDEN = 0x3701, (0x3707, 0x3704, 0x3001), 0x370E, 0x3712, 0x7FFE
_TEXT_CODE, _PAGE_CODE = 0x3FFD, 0x3FDE
_PLACE, _START, _END = 0x8208, 0x820D, 0x820E  # of an appointment; these have other numbers in each file
_FIELDS = ("IPM.CONTACT", "IPM.TASK", "IPM.DISTLIST", "IPM.ACTIVITY")
# What Outlook puts into the text that it makes of rich text: addresses behind the words of a link, and in place of pictures.
_ADDRESS = re.compile(r"(?<=[^\s<])<(?:https?|mailto|tel):[^<>\s]*>|\[(?:https?|cid):[^\]\s]*\]")
_MEDIA = re.compile(r"image/[\w.+-]+")


def read_msg(content: bytes, *, name: str) -> Extraction:
    """Read one message.

    Raises:
        SourceError: It is no message of Outlook, or damaged.
    """
    message, notes = parse_outlook(content, name=name)
    return read_message(message, name=name, notes=notes)


def parse_outlook(content: bytes, *, name: str) -> tuple[EmailMessage, list[str]]:
    """Write a message of Outlook as an ordinary one.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.

    Returns:
        The message, with its pictures, and notes on what is not in it.

    Raises:
        SourceError: As for `read_msg`.
    """
    olefile = load_library("olefile", "olefile", name=name, suffix=".msg")
    if not content.startswith(_OLE):
        refuse_kind(content, name=name, suffix=".msg")
    with olefile.OleFileIO(io.BytesIO(content)) as file:
        if not file.exists(_TABLE):
            raise SourceError(f"{name} is an office file of the old kind but no message. Give it its right suffix.")
        writer = _Writer(file, name)
        message = writer.write(_Item(file, [], 32), 0)
        return message, list(dict.fromkeys(writer.notes))


class _Item:
    """A message, a recipient or an attachment: the properties in a folder of the file."""

    def __init__(self, file: Any, path: list[str], head: int, codec: str = "") -> None:
        """Open a folder whose table of properties is behind a head of so many bytes; `codec` is that of text in bytes."""
        self._file, self._path = file, path
        table = self._read(_TABLE)[head:]
        rows = struct.iter_unpack("<HH4x8s", table[: len(table) // 16 * 16])
        self._values = {identity: value for _, identity, value in rows}
        self.codec = codec or _codec(self.number(_TEXT_CODE)) or "cp1252"

    def number(self, identity: int) -> int:
        return int.from_bytes(self._values.get(identity, b"")[:4], "little")

    def time(self, identity: int) -> datetime | None:
        """A time, in UTC; None where there is none."""
        ticks = int.from_bytes(self._values.get(identity, b""), "little")
        try:
            return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def text(self, identity: int) -> str:
        wide, narrow = (self._read(f"__substg1.0_{identity:04X}{kind}") for kind in ("001F", "001E"))
        return (wide.decode("utf-16-le", "replace") or narrow.decode(self.codec, "replace")).strip("\0")

    def binary(self, identity: int) -> bytes:
        return self._read(f"__substg1.0_{identity:04X}0102")

    def within(self, kind: str) -> Iterator["_Item"]:
        """The recipients or attachments."""
        depth = len(self._path)
        names = {path[depth] for path in self._file.listdir() if path[:depth] == self._path and len(path) > depth + 1}
        for name in sorted(each for each in names if each.startswith(f"__{kind}_version1.0_#")):
            yield _Item(self._file, [*self._path, name], 8, self.codec)

    def message(self) -> "_Item | None":
        """The message that an attachment is; None where it is none."""
        path = [*self._path, f"__substg1.0_{_DATA:04X}000D"]
        return _Item(self._file, path, 24) if self._file.exists([*path, _TABLE]) else None

    def named(self) -> dict[int, int]:
        """The numbers that properties have in this file, by their own numbers."""
        table = self._read("__substg1.0_00030102", folder=["__nameid_version1.0"])
        rows = enumerate(struct.iter_unpack("<IHH", table[: len(table) // 8 * 8]))
        return {number: 0x8000 + position for position, (number, kind, _) in rows if not kind & 1}

    def _read(self, stream: str, *, folder: list[str] | None = None) -> bytes:
        """A stream of this folder, or of another one; nothing where it is missing."""
        path = [*(self._path if folder is None else folder), stream]
        content: bytes = self._file.openstream(path).read() if self._file.exists(path) else b""
        return content


class _Writer:
    """Writes messages of a file.

    Attributes:
        notes: On what is not written.
    """

    def __init__(self, file: Any, name: str) -> None:
        self._file, self._name = file, name
        self.notes: list[str] = []
        registry = HeaderRegistry()
        for header in ("from", "to", "cc"):  # names are no addresses that could be parsed
            registry.map_to_type(header, UnstructuredHeader)  # type: ignore[arg-type]  # it is mixed into the type meant
        self._policy = policy.default.clone(header_factory=registry)

    def write(self, item: _Item, depth: int) -> EmailMessage:
        message = EmailMessage(policy=self._policy)
        for header, value in self._list_headers(item):
            if value := one_line(value):
                message[header] = value
        text, page = clean_text(item.text(_BODY)), self._read_page(item)  # Outlook makes the text of the page
        rich = item.binary(_RICH)
        if rich:
            text = _ADDRESS.sub("", text) if page or text.strip() else self._read_rich(rich)
        message.set_content(page or text, subtype="html" if page else "plain")
        kind = item.text(_CLASS).upper()
        if kind.startswith("IPM.APPOINTMENT"):
            self._add_event(message, item)
        elif kind.startswith(_FIELDS):
            self.notes.append(f"the fields of an item of the kind {kind} are not read")
        elif kind.startswith("IPM.NOTE.SMIME"):
            self.notes.append("its text is encrypted, or within a signature, and not read")
        for attachment in item.within("attach"):
            inner = attachment.message()
            if inner is None:
                _attach(message, attachment)
            elif depth < MOST_NESTED:
                message.add_attachment(self.write(inner, depth + 1))
        return message

    def _list_headers(self, item: _Item) -> Iterator[tuple[str, str]]:
        yield "From", next(filter(None, (_describe(item, *sender) for sender in _SENDERS)), "")
        found: dict[str, list[str]] = {"To": [], "Cc": []}
        for recipient in item.within("recip"):
            if header := _RECIPIENTS.get(recipient.number(_ROLE) & 3):
                found[header].append(_describe(recipient, *_RECIPIENT))
        yield from ((header, ", ".join(filter(None, names))) for header, names in found.items())
        sent = item.time(_SENT) or item.time(_RECEIVED)
        own = HeaderParser().parsestr(item.text(_HEADERS).lstrip(), headersonly=True)["Date"]  # in the sender's zone
        yield "Date", str(own) if own else format_datetime(sent) if sent else ""
        yield "Subject", item.text(_SUBJECT)

    def _read_page(self, item: _Item) -> str:
        """The text as a page; empty where there is none."""
        content = item.binary(_PAGE)
        if not content:
            return item.text(_PAGE)
        builder = TextBuilder(self._name)
        page = decode_html(content, builder, name=self._name, declared=_codec(item.number(_PAGE_CODE)))
        self.notes += builder.notes
        return page

    def _read_rich(self, content: bytes) -> str:
        """The text in compressed rich text; empty where that is damaged."""
        striprtf = load_library("striprtf.striprtf", "striprtf", name=self._name, suffix=".msg")
        try:
            text: str = striprtf.rtf_to_text(unpack_rich_text(content).decode("latin-1"), errors="replace")
        except ValueError:
            self.notes.append("its text is compressed rich text, which is damaged and not read")
            return ""
        self.notes.append("its text is kept as compressed rich text alone: what it shows besides words is not read")
        return clean_text(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))

    def _add_event(self, message: EmailMessage, item: _Item) -> None:
        """Write the time and the place of an appointment as an invitation."""
        named = item.named()
        place, (start, end) = (
            item.text(named.get(_PLACE, 0)),
            (item.time(named.get(each, 0)) for each in (_START, _END)),
        )
        event = write_event(item.text(_SUBJECT), start, end, place)
        message.add_attachment(event, subtype="calendar", disposition="inline")


def _describe(item: _Item, name: int, *addresses: int) -> str:
    """A name, with the first address that is one of the internet."""
    shown = one_line(item.text(name))
    address = next((found for each in addresses if "@" in (found := one_line(item.text(each)))), "")
    return f"{shown} <{address}>" if shown and address and address != shown else shown or address


def _attach(message: EmailMessage, item: _Item) -> None:
    """Attach a file by its name; pictures with their content, so that the message can be shown with them."""
    file = next(filter(None, (one_line(item.text(each)) for each in _FILES)), "attachment")
    media = item.text(_KIND).lower()
    media = media if _MEDIA.fullmatch(media) else "application/octet-stream"
    content = item.binary(_DATA) if media.startswith("image/") else b""
    identity = one_line(item.text(_IDENTITY))
    message.add_attachment(
        content,
        *media.split("/"),
        filename=file,
        cid=f"<{identity}>" if identity else None,
        disposition="inline" if item.number(_HIDDEN) else "attachment",
    )


_CODES = {
    20127: "ascii",
    1200: "utf-16-le",
    65001: "utf-8",
    20866: "koi8_r",
    21866: "koi8_u",
    54936: "gb18030",
    51932: "euc_jp",
}
_CODES |= {50220: "iso2022_jp", 51949: "euc_kr", 51936: "gb2312", 10000: "mac_roman"}


def _codec(page: int) -> str:
    """Python's name of an encoding by the number that Windows has for it; empty where there is none."""
    name = _CODES.get(page) or (f"iso8859-{page - 28590}" if 28591 <= page <= 28605 else f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""
