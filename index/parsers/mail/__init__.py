"""Parse messages: one in .eml and .emlx, many in .mbox. Each has its date, and its subject as heading.

The sender, recipients, date and subject form one paragraph. What is quoted from earlier messages is kept but does not answer:
it was written by somebody else on another day. A forwarded message answers with its own date and subject. Invitations are read
as their events. Attachments and pictures are named and not read; encrypted text is noted.
"""

import re
from collections.abc import Iterator, Sequence
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, clean_text, list_some, one_line
from index.parsers.columns import add_text
from index.parsers.containers import refuse_kind
from index.parsers.html import FORWARDED, add_html
from index.parsers.mail.calendar import read_events

MOST_NESTED = 10  # messages within messages
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_QUOTED = re.compile(r"((?:^>.*(?:\n|\Z))+)", re.MULTILINE)
_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def read_eml(content: bytes, *, name: str) -> Extraction:
    """Read one message.

    Raises:
        SourceError: It has no headers, or its text is not in the encoding that it declares.
    """
    return read_message(parse_message(content, name=name), name=name)


def read_message(message: EmailMessage, *, name: str, notes: Sequence[str] = ()) -> Extraction:
    """Read a message that is parsed.

    Args:
        message: The message.
        name: The file's name, for messages.
        notes: What is known not to be in it.

    Raises:
        SourceError: Its text is not in the encoding that it declares.
    """
    builder = TextBuilder(name)
    builder.describe(
        title=read_header(message, "Subject"), author=read_header(message, "From"), date=_date(message) or ""
    )
    try:
        attached = _add_message(message, builder, name, 0)
    except (LookupError, UnicodeError) as error:
        raise SourceError(f"{name} is not in the encoding that it declares. Save the message anew.") from error
    if attached:
        builder.notes.append(f"attachments are not read: {list_some(attached)}")
    if _is_encrypted(message):
        builder.notes.append("its text is encrypted, or within a signature, and not read")
    builder.notes += notes
    return builder.finish()


def read_emlx(content: bytes, *, name: str) -> Extraction:
    """Read one message as Apple Mail keeps it, as `read_eml` does.

    Raises:
        SourceError: As for `read_eml`, or it does not begin with the length of the message.
    """
    return read_message(parse_message(unwrap_message(content, name=name), name=name, suffix=".emlx"), name=name)


def unwrap_message(content: bytes, *, name: str) -> bytes:
    """Take a message out of a file of Apple Mail, which has its length above it and a list of properties below.

    Raises:
        SourceError: It does not begin with that length.
    """
    length = _LENGTH.match(content)
    if not length:
        refuse_kind(content, name=name, suffix=".emlx")
    return content[length.end() : length.end() + int(length[1])]


_LENGTH = re.compile(rb"\s*(\d{1,12})[ \t]*\r?\n")


def read_mbox(content: bytes, *, name: str) -> Extraction:
    """Read a mailbox; messages that cannot be decoded are noted, and how many attachments there are.

    Raises:
        SourceError: It does not begin like a mailbox, or no message can be decoded.
    """
    builder = TextBuilder(name)
    wrong: list[str] = []
    encrypted: list[str] = []
    attached = 0
    for number, single in enumerate(split_mailbox(content, name=name), start=1):
        try:
            message = _parse(single)
            encrypted += [str(number)] if _is_encrypted(message) else []
            attached += len(_add_message(message, builder, name, 0))
        except (LookupError, ValueError, AttributeError, TypeError):  # what broken messages lead to
            wrong.append(str(number))
    if wrong:
        named = f"{'message' if len(wrong) == 1 else 'messages'} {list_some(wrong)}"
        if not builder.length:
            raise SourceError(f"{name} cannot be read: {named} are not in the encoding declared. Save them anew.")
        builder.notes.append(f"{named} cannot be read in the encoding declared")
    if attached:
        builder.notes.append(f"attachments are not read: {attached:,} in all")
    if encrypted:
        builder.notes.append(
            f"messages whose text is encrypted, or within a signature, and not read: {list_some(encrypted)}"
        )
    return builder.finish()


def parse_message(content: bytes, *, name: str, suffix: str = ".eml") -> EmailMessage:
    """Parse one message.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        suffix: What it should be.

    Raises:
        SourceError: It has no headers.
    """
    message = _parse(content)
    if not any(
        header in message for header in ("From", "To", "Date", "Subject", "Received", "Message-ID", "MIME-Version")
    ):
        refuse_kind(content, name=name, suffix=suffix)
    return message


def split_mailbox(content: bytes, *, name: str) -> Iterator[bytes]:
    """Split a mailbox into its messages.

    Raises:
        SourceError: It does not begin like a mailbox.
    """
    separators = list(_SEPARATOR.finditer(content))
    if not separators or content[: separators[0].start()].strip():
        refuse_kind(content, name=name, suffix=".mbox")
    ends = [*(match.start() for match in separators[1:]), len(content)]
    for match, end in zip(separators, ends, strict=True):
        yield _ESCAPED.sub(rb"\1", content[match.end() : end])


def _parse(content: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(content)


def _add_message(message: EmailMessage, builder: TextBuilder, name: str, depth: int) -> list[str]:
    """Write a message and those inside it; returns the names of the attachments and pictures, which are not read."""
    builder.begin_section(0, read_header(message, "Subject"))
    builder.move_to(date=_date(message))
    parts = divide_message(message)
    attached = parts.attached()
    builder.add_paragraph("\n".join(parts.headers + ([f"Attachments: {', '.join(attached)}"] if attached else [])))
    for part in parts.texts:
        _add_body(part, builder, name, forwards=bool(_FORWARDS.match(read_header(message, "Subject"))))
    for event in dict.fromkeys(event for part in parts.events for event in read_events(str(part.get_content()))):
        builder.add_paragraph(event.line)
        _add_text(builder, clean_text(event.description), quoted=False)
    names = [name_part(part) for part in parts.unread]
    if depth < MOST_NESTED:
        for part in parts.within:
            names += _add_message(part.get_content(), builder, name, depth + 1)
    return names


class MessageParts(NamedTuple):
    """What a message has.

    Attributes:
        headers: The sender, recipients, date and subject, each as one line with its name.
        texts: Its body, and other texts.
        within: Messages inside it.
        events: Invitations.
        unread: Everything else, such as attachments and pictures.
    """

    headers: list[str]
    texts: list[MIMEPart]
    within: list[MIMEPart]
    events: list[MIMEPart]
    unread: list[MIMEPart]

    def attached(self) -> list[str]:
        """The names of the attachments."""
        return [name_part(part) for part in (*self.unread, *self.events) if part.is_attachment()]


def divide_message(message: EmailMessage, *, preferred: tuple[str, ...] = ("plain", "html")) -> MessageParts:
    """Divide a message into its parts.

    Args:
        message: The message.
        preferred: The kinds of text, of which the first that it has is taken for its body.
    """
    body = message.get_body(preferred)
    others = [part for part in _parts(message, body) if part is not body]
    texts = [part for part in others if part.get_content_type() in _READ and not part.is_attachment()]
    within = [part for part in others if part.get_content_type() == "message/rfc822"]
    events = [part for part in others if part.get_content_type() == "text/calendar"]
    return MessageParts(
        headers=[f"{header}: {value}" for header in _HEADERS if (value := read_header(message, header))],
        texts=([body] if body is not None else []) + texts,
        within=within,
        events=events,
        unread=[part for part in others if part not in (*texts, *within, *events) and not _is_wrapping(part)],
    )


_READ = ("text/plain", "text/html")
_WRAPPING = ("signature", "pgp-encrypted", "x-pkcs7-signature", "pgp-signature", "pkcs7-signature")
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")


def _parts(message: MIMEPart, body: MIMEPart | None) -> Iterator[MIMEPart]:
    """The parts of a message that have no parts, less the texts that say the same as its body."""
    if not message.is_multipart() or message.get_content_maintype() == "message":
        yield message
        return
    for part in message.iter_parts():
        if message.get_content_type() == "multipart/alternative":
            yield from (each for each in _parts(part, body) if each is body or _is_other(each))
        else:
            yield from _parts(part, body)


def _is_other(part: MIMEPart) -> bool:
    """Whether one of several alternatives has something that the others lack: a picture, an invitation."""
    return part.get_content_maintype() != "text" or part.get_content_type() == "text/calendar"


def _is_wrapping(part: MIMEPart) -> bool:
    """Whether a part only signs the message or says how it is encrypted."""
    return part.get_content_subtype() in _WRAPPING and not part.is_attachment()


def _is_encrypted(message: EmailMessage) -> bool:
    """Whether a message, or what is between its lines, is sealed for its recipient."""
    if message.get_content_type() in _SEALED:
        return True
    body = message.get_body(("plain",))
    return body is not None and _PGP.search(str(body.get_payload())) is not None


_PGP = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)


def name_part(part: MIMEPart) -> str:
    """The name of an attachment, or its kind where it has none, as one line."""
    return one_line(part.get_filename() or part.get_content_type())


def _add_body(part: MIMEPart, builder: TextBuilder, name: str, *, forwards: bool) -> None:
    """Write a text of a message; `forwards` tells that its subject says it passes an earlier one on."""
    text = part.get_content(errors="strict")
    if part.get_content_type() == "text/html":

        def ends_message(block: str) -> bool:
            nonlocal forwards
            mark = _EARLIER.match(block)
            if not mark or _WROTE.search(mark.group()):
                return False
            if forwards or FORWARDED.match(block):
                forwards = False
                _begin_forwarded(builder, block)
                return False
            return True

        add_html(text, builder, name=name, ends_message=ends_message)
        return
    own, mark, earlier = _split_earlier(clean_text(text))
    for position, stretch in enumerate(_QUOTED.split(own)):
        _add_text(builder, stretch, quoted=position % 2 == 1)
    if FORWARDED.match(mark.strip()) or (forwards and not _WROTE.search(mark)):
        _add_forwarded(builder, earlier)
    else:
        _add_text(builder, mark + earlier, quoted=True)


_FORWARDS = re.compile(r"(?:fwd?|wg|tr|rv|i|vs|doorst)\s*:", re.IGNORECASE)  # before a subject
_WROTE = re.compile(r":[ ]*$")  # how a line ends below which the quotation is marked
_EARLIER = re.compile(
    r"""
    ^[ ]?-{2,}[ ]?(?:original[ ]message|urspr\xfcngliche[ ]nachricht|message[ ]d.origine|mensaje[ ]original|messaggio[ ]originale
        |forwarded[ ]message|weitergeleitete[ ]nachricht|message[ ]transf\xe9r\xe9|mensaje[ ]reenviado)[ ]?-{2,}[ ]*$
    |^begin[ ]forwarded[ ]message:[ ]*$
    |^_{10,}[ ]*\n(?=(?:from|von|de|da|van):)
    |^(?:on|am|le|el|il|op|den)[ ][^\n]{6,200}(?:\n[^\n]{0,120})?
        \b(?:wrote|a[ ]\xe9crit|escribi\xf3|ha[ ]scritto|(?:schrieb|schreef|skrev)[^\n]{0,80})[ ]?:[ ]*$
    |^(?=\*?(?:from|von|de|da|van|fra|fr\xe5n)[ ]?:\*?[ ][^\n]+\n(?:\*?\w+[ ]?:\*?[ ][^\n]*\n){0,3}?
        \*?(?:sent|date|gesendet|datum|envoy\xe9|enviado|inviato|data|verzonden|sendt|skickat)[ ]?:\*?[ ])
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)


def _split_earlier(text: str) -> tuple[str, str, str]:
    """Part a message from the earlier one that it quotes below a mark: the message, the mark, and the earlier one."""
    mark = _EARLIER.search(text)
    return (text[: mark.start()], mark.group(), text[mark.end() :]) if mark else (text, "", "")


def _add_forwarded(builder: TextBuilder, text: str) -> None:
    """Write a forwarded message, which answers, with its own date and subject."""
    head, _, below = text.lstrip("\n").partition("\n\n")
    body, mark, earlier = _split_earlier(below)
    _begin_forwarded(builder, head)
    builder.add_paragraph(head)
    _add_text(builder, body, quoted=False)
    _add_text(builder, mark + earlier, quoted=True)


def _begin_forwarded(builder: TextBuilder, head: str) -> None:
    """Set date and subject of what follows to those of a forwarded message, given the lines above it."""
    fields = dict(line.split(":", 1) for line in head.split("\n") if ":" in line)
    named = {name.strip().strip("*").casefold(): value.strip(" *") for name, value in fields.items()}
    subject = next((named[name] for name in ("subject", "betreff", "objet", "asunto", "oggetto") if name in named), "")
    sent = next(
        (named[name] for name in ("date", "sent", "datum", "gesendet", "envoy\xe9", "fecha") if name in named), ""
    )
    builder.begin_section(0, subject)
    builder.move_to(date=_day(sent.replace(" at ", " ")) or _written_day(sent))


_WRITTEN = re.compile(r"([A-Za-z]{3})[a-z]* (\d{1,2}), (\d{4})")


def _written_day(text: str) -> str | None:
    """The day in a date as Outlook writes it in English, "Monday, May 20, 2024 10:00 AM"."""
    found = _WRITTEN.search(text)
    return _day(f"{found[2]} {found[1]} {found[3]} 00:00:00") if found else None


def _add_text(builder: TextBuilder, text: str, *, quoted: bool) -> None:
    if not quoted:
        add_text(builder, text)
        return
    for paragraph in re.split(r"\n(?:[>\s]*\n)+", text):
        builder.add_paragraph("\n".join(line.rstrip() for line in paragraph.split("\n")), silent=True)


def read_header(message: MIMEPart, header: str) -> str:
    """A header as one line; empty when it is missing or broken."""
    try:
        return one_line(str(message.get(header) or ""))
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):  # what the parser of headers lets through
        return ""


def _date(message: EmailMessage) -> str | None:
    """The day it was sent, as the sender's clock had it."""
    return _day(read_header(message, "Date"))


def _day(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
