"""Documents and passages as the process that reads files and its parent send them: JSON, and bytes that follow it."""

from array import array
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import Any

from index.records import Document, Locator, Metadata, Passage, Place, Sentence, place_values


def pack_document(document: Document) -> tuple[dict[str, Any], bytes, bytes]:
    """Write a document: the header, the text, and the boxes of its words. Source and path are not written."""
    header = {
        "text_sha256": document.text_sha256,
        "file_sha256": document.file_sha256,
        "locators": [(each.start, each.end, *place_values(each.place)) for each in document.locators],
        "silent": document.silent,
        "extractor": document.extractor,
        "notes": document.notes,
        "metadata": asdict(document.metadata),
    }
    return header, document.text.encode("utf-8"), document.boxes


def unpack_document(header: dict[str, Any], text: bytes, boxes: bytes = b"", *, path: str, name: str) -> Document:
    """Read what `pack_document` wrote, as the document of a path and with the name shown."""
    return Document(
        source=name,
        path=path,
        text=text.decode("utf-8"),
        text_sha256=header["text_sha256"],
        file_sha256=header["file_sha256"],
        locators=tuple(Locator(start, end, Place(*place)) for start, end, *place in header["locators"]),
        silent=tuple((start, end) for start, end in header["silent"]),
        extractor=header["extractor"],
        notes=tuple(header["notes"]),
        boxes=boxes,
        metadata=Metadata(**header["metadata"]),
    )


def pack_passages(passages: Iterable[Passage]) -> tuple[dict[str, Any], bytes, bytes]:
    """Write the passages of a document.

    Returns:
        The header with their places; int32 of shape (passages, 5): start, end, whether it answers, its place and how many
        sentences it has; int32 of shape (sentences, 2): start and end.
    """
    numbers, borders, places = array("i"), array("i"), dict[Place, int]()
    for each in passages:
        place = places.setdefault(each.place, len(places))
        numbers.extend((each.start, each.end, each.answering, place, len(each.sentences)))
        borders.extend(border for sentence in each.sentences for border in (sentence.start, sentence.end))
    return {"places": [place_values(place) for place in places]}, numbers.tobytes(), borders.tobytes()


def unpack_passages(header: dict[str, Any], numbers: bytes, borders: bytes) -> tuple[Passage, ...]:
    """Read what `pack_passages` wrote."""
    places = [Place(*values) for values in header["places"]]
    spans, values = iter(array("i", borders)), iter(array("i", numbers))
    sentences = map(Sentence, spans, spans)
    return tuple(
        Passage(paragraph, start, end, tuple(islice(sentences, count)), bool(answering), places[place])
        for paragraph, (start, end, answering, place, count) in enumerate(zip(*[values] * 5, strict=True), start=1)
    )
