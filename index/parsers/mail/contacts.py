"""Read contacts (.vcf): each as a row of its name, telephone numbers, addresses and whatever else it has with a label."""

import re
from collections.abc import Iterator

from index.parsers.builder import Extraction, TextBuilder, count_note, describe_row, list_some, one_line
from index.parsers.containers import refuse_kind
from index.parsers.mail.properties import Property, read_components
from index.parsers.plain import decode_text

_LABELS = {
    "NICKNAME": "Nickname", "ORG": "Organization", "TITLE": "Title", "ROLE": "Role", "TEL": "Phone", "EMAIL": "E-mail",
    "IMPP": "Messenger", "ADR": "Address", "BDAY": "Birthday", "ANNIVERSARY": "Anniversary", "URL": "Web page",
    "RELATED": "Related", "CATEGORIES": "Categories", "MEMBER": "Member", "NOTE": "Note",
}  # fmt: skip
_PARTED = ("ORG", "ADR", "NICKNAME")
_DATES = ("BDAY", "ANNIVERSARY")
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_SCHEME = re.compile(r"(?:tel|mailto):", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]+")
_USES = {"work": "work", "home": "home", "cell": "mobile", "fax": "fax", "pager": "pager"}
_PICTURES = ("PHOTO", "LOGO")
# What tells programs about the record, not anybody about the contact.
_TECHNICAL = re.compile(
    r"VERSION|N|FN|PRODID|REV|UID|KIND|PROFILE|SOURCE|CLASS|MAILER|SORT-STRING|CLIENTPIDMAP|LABEL|LANG|TZ|X-.*(?:LABEL|UID|REV|ABADR).*"
)


def read_vcf(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read contacts of any version.

    Raises:
        SourceError: It has none.
    """
    text, notes = decode_text(content, name=name, encoding=encoding)
    cards = [properties for _, properties in read_components(text.removeprefix("\ufeff"), ("VCARD",))]
    if not cards:
        refuse_kind(content.strip(), name=name, suffix=".vcf")
    builder = TextBuilder(name)
    builder.notes += notes
    for number, card in enumerate(cards, start=1):
        shown = _name(card)
        builder.begin_section(0, shown)
        fields = list(_fields(card))
        builder.add_row(
            number, describe_row(["Name", *(label for label, _ in fields)], [shown, *(each for _, each in fields)])
        )
    every = [each.name for card in cards for each in card]
    builder.notes += count_note("pictures", sum(each in _PICTURES for each in every))
    others = sorted({each for each in every if each not in (*_LABELS, *_PICTURES) and not _TECHNICAL.fullmatch(each)})
    builder.notes += [f"other fields are not read: {list_some(others)}"] if others else []
    return builder.finish()


def _name(card: list[Property]) -> str:
    """The name of a contact as it is shown; made of its parts where it is not given so."""
    found = {each.name: each for each in reversed(card)}
    shown = one_line(found["FN"].text()) if "FN" in found else ""
    if shown or "N" not in found:
        return shown
    last, first, middle, before, behind = [*found["N"].parts(), "", "", "", "", ""][:5]
    return one_line(" ".join((before, first, middle, last, behind)))


def _fields(card: list[Property]) -> Iterator[tuple[str, str]]:
    """The label and the value of what is read of a contact, in the order of the labels."""
    for name, label in _LABELS.items():
        for each in card:
            if each.name == name and (value := _value(each)):
                words = [word.lower() for word in _WORDS.findall(each.parameters)]
                uses = [shown for word, shown in _USES.items() if word in words]
                yield f"{label} ({', '.join(uses)})" if uses else label, value


def _value(found: Property) -> str:
    if found.name in _PARTED:
        return ", ".join(filter(None, map(one_line, found.parts())))
    value = one_line(found.text())
    day = _DATE.match(value) if found.name in _DATES else None
    return "-".join(day.groups()) if day else _SCHEME.sub("", value, count=1) if _SCHEME.match(value) else value
