"""Write a citation in the styles that papers ask for, and many as BibTeX or CSL-JSON.

What is cited is the document, as its file describes itself: title, author and date. A document without a title goes by the
name of its file. References are made by Typst from the styles of the Citation Style Language, BibTeX by pybtex. Nothing is
looked up anywhere, and no path is written.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import TYPE_CHECKING, Any

from index import Metadata
from qa.answering.citation import Citation
from qa.text import visible_line
from qa.typesetting import typeset

if TYPE_CHECKING:
    from pybtex.database import BibliographyData, Entry

# The name of each style here, in the Citation Style Language, and how it refers to pages and to paragraphs.
_CSL = {
    "apa": ("apa", "p. {}", "para. {}"),
    "mla": ("mla", "{}", "par. {}"),
    "chicago": ("chicago-author-date", "{}", "para. {}"),
}
STYLES = ("quote", "footnote", *_CSL, "bibtex")
Cited = tuple[Citation, Metadata]

_BETWEEN_NAMES = re.compile(r"\s*(?:;|\band\b|&)\s*")
_OF_ORGANISATIONS = re.compile(
    r"\b(?:of|the|for|and|inc|ltd|llc|plc|gmbh|ag|university|institute|department|ministry|council|committee|group|team"
    r"|company|corporation|agency|office|bank|society|association|foundation)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_MARKUP = re.compile(r"\s*<[^>]+>\s*$|<[^>]+>")
_ENDS = (".", "?", "!", "”")
_OPEN, _CLOSE = "\x02", "\x03"  # braces of ours in BibTeX; visible text never contains these
# What LaTeX would run, or BibTeX count, each as a character that visible text never contains, and as it is written.
_LATEX = {
    _OPEN: "{",
    _CLOSE: "}",
    "\x04": r"\textbraceleft{}",
    "\x05": r"\textbraceright{}",
    "\x06": r"\textbackslash{}",
    "\x07": r"\$",
    "\x08": r"\textasciicircum{}",
    "\x0e": r"\textasciitilde{}",
}
_HELD = str.maketrans(dict(zip("{}\\$^~", list(_LATEX)[2:], strict=True)))


def cite_as(citation: Citation, metadata: Metadata, style: str) -> str:
    """Write a citation in one style.

    Args:
        citation: The quote and its place.
        metadata: What the document says of itself, as in `Document.metadata`.
        style: One of `STYLES`. "quote": the words alone. "footnote": the words with file and place. "apa", "mla" and
            "chicago": the words with a citation in the text, then the reference. "bibtex": an entry.

    Returns:
        Plain text.

    Raises:
        ValueError: There is no such style.
        MissingPackage: Typst is not installed.
    """
    if style not in STYLES:
        raise ValueError(f"no style {style!r}; there are {', '.join(STYLES)}")
    return cite_in_styles(citation, metadata, (style,))[style]


def cite_in_styles(citation: Citation, metadata: Metadata, styles: Iterable[str] = STYLES) -> dict[str, str]:
    """Write a citation in several styles at once, which is faster; arguments and errors as for `cite_as`.

    Returns:
        Text by style, in the order asked for. All take about 50 ms together.
    """
    wanted = tuple(styles)
    texts = {"quote": citation.quote, "footnote": f"“{citation.quote}” ({citation.source}, {citation.locator()})"}
    if "bibtex" in wanted:
        texts["bibtex"] = write_bibtex([(citation, metadata)])
    texts |= _refer(citation, metadata, [style for style in wanted if style in _CSL])
    return {style: texts[style] for style in wanted}


def write_bibtex(cited: Iterable[Cited]) -> str:
    """Write an entry for each document as BibTeX, with the places and the words quoted from it."""
    from pybtex.database import BibliographyData

    documents = _describe_all(cited)
    return _write_entries(BibliographyData({item["id"]: _make_entry(item, metadata) for item, metadata in documents}))


def write_csl_json(cited: Iterable[Cited]) -> str:
    """Write an item for each document as CSL-JSON, which Zotero, pandoc and other programs import."""
    return json.dumps([item for item, _ in _describe_all(cited)], ensure_ascii=False, indent=2) + "\n"


def _describe_all(cited: Iterable[Cited]) -> Iterator[tuple[dict[str, Any], Metadata]]:
    """Describe each cited document once, as an item of CSL-JSON, in the order first cited."""
    documents: dict[str, list[Cited]] = {}
    for citation, metadata in cited:
        documents.setdefault(citation.path, []).append((citation, metadata))
    taken: set[str] = set()
    for each in documents.values():
        citation, metadata = each[0]
        item = _describe(citation, metadata)
        item["id"] = next(key for key in _list_keys(item) if key not in taken)
        taken.add(item["id"])
        pages = dict.fromkeys(str(one.place.page) for one, _ in each if one.place.page is not None)
        item |= {"page": ", ".join(pages)} if pages else {}
        places = "; ".join(one.locator() for one, _ in each)
        item["note"] = _line(f"{citation.source}: {places}")
        item["annote"] = _line(" / ".join(f"“{one.quote}”" for one, _ in each))
        yield item, metadata


def _describe(citation: Citation, metadata: Metadata) -> dict[str, Any]:
    """Describe a document by its title, author and date as an item of CSL-JSON, without an id."""
    item: dict[str, Any] = {"id": "", "type": "report", "title": _line(metadata.title) or _name(citation)}
    if names := parse_names(_line(metadata.author)):
        item["author"] = names
    if found := _DATE.match(metadata.date or citation.place.date or ""):
        item["issued"] = {"date-parts": [[int(part) for part in found.groups() if part]]}
    return item


def parse_names(author: str) -> list[dict[str, str]]:
    """Split the author of a document into names.

    Args:
        author: As the file has it: "Jane Doe", "Doe, Jane; Roe, Rick", "City of Exeter".

    Returns:
        For each a family name with the given names, or what cannot be taken apart as "literal".
    """
    names = [name for name in _BETWEEN_NAMES.split(author) if name]
    if len(names) > 1 and _OF_ORGANISATIONS.search(names[0]):
        names = [author]  # Department of Trade and Industry
    return [parsed for name in names for parsed in _parse_listed(name)]


def _parse_listed(name: str) -> list[dict[str, str]]:
    """Read one name, or several with commas between them where each has a given name of its own."""
    from pybtex.database import InvalidNameString, Person

    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) > 1 and all(" " in part for part in parts):
        return [parsed for part in parts for parsed in _parse_listed(part)]
    if _OF_ORGANISATIONS.search(name) or "{" in name or not 1 < len(name.split()) < 6:
        return [{"literal": name}]
    try:
        person = Person(name)
    except InvalidNameString:
        return [{"literal": name}]
    family = " ".join([*person.prelast_names, *person.last_names, *person.lineage_names])
    given = " ".join([*person.first_names, *person.middle_names])
    return [{"family": family, "given": given}] if family and given else [{"literal": name}]


def _refer(citation: Citation, metadata: Metadata, styles: list[str]) -> dict[str, str]:
    """The quote with its citation in the text and the reference, by style."""
    if not styles:
        return {}
    item = _describe(citation, metadata)
    title = item["title"]
    work: dict[str, Any] = {"type": "report"}
    # Braces keep the case, which a style changes in a title but may not change in the name of a file.
    work["title"] = _escape_work(title) if _line(metadata.title) else f"{{{_escape_work(title)}}}"
    if "author" in item:
        work["author"] = [
            {"name": name["literal"]} if "literal" in name else {"name": name["family"], "given-name": name["given"]}
            for name in item["author"]
        ]
    if "issued" in item:
        year, *rest = item["issued"]["date-parts"][0]
        work["date"] = "-".join([f"{year:04}", *(f"{part:02}" for part in rest)])
    locators = {_CSL[style][0]: _locate(citation, style) for style in styles}
    made = typeset("citing.typ", {"work": work, "locators": locators}, to="html", fonts=False).decode("utf-8")
    found = [_read_markup(paragraph) for paragraph in _PARAGRAPH.findall(made)]
    texts = {}
    for style, cited, reference in zip(styles, found[::2], found[1::2], strict=True):
        ended = reference if reference.endswith(_ENDS) else f"{reference}."
        texts[style] = f"“{citation.quote}” {cited}\n\n{ended}"
    return texts


def _locate(citation: Citation, style: str) -> str:
    """The place in a document, as a citation in the text has it."""
    _, page, paragraph = _CSL[style]
    place = citation.place
    if place.page is not None:
        return page.format(place.page)
    if place.slide is not None:
        return f"slide {place.slide}"
    if place.time is not None:
        return place.time
    if place.row is not None:
        return _line(f"{place.sheet}, row {place.row}" if place.sheet else f"row {place.row}")
    return paragraph.format(citation.paragraph)


def _read_markup(paragraph: str) -> str:
    text = " ".join(unescape(_MARKUP.sub("", paragraph)).split())
    return re.sub(r"(?<=[?!])\.", "", text)  # the styles add a period to a title that ends a sentence already


def _escape_work(text: str) -> str:
    """Escape what Typst would read as markup in a title: braces, and formulas between dollar signs, which it would run."""
    return re.sub(r"[\\{}$]", r"\\\g<0>", text)


def _list_keys(item: dict[str, Any]) -> Iterator[str]:
    """Keys for an item in order of preference: doe2019growth, doe2019growth-2 and so on."""
    author = item.get("author", [{}])[0]
    name = author.get("family") or author.get("literal") or ""
    year = str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""
    word = next((word for word in re.findall(r"[a-z]+", item["title"].lower()) if len(word) > 3), "")
    key = re.sub(r"[^a-z0-9]", "", f"{name.lower()}{year}{word}")
    key = key if key[:1].isalpha() else f"document{key}"
    yield key
    for number in range(2, 1_000_000):
        yield f"{key}-{number}"


def _make_entry(item: dict[str, Any], metadata: Metadata) -> "Entry":
    from pybtex.database import Entry, Person

    fields = {"title": item["title"] if _line(metadata.title) else _hold(item["title"])}
    if "issued" in item:
        year, *rest = item["issued"]["date-parts"][0]
        fields |= {"year": f"{year:04}", **({"month": str(rest[0])} if rest else {})}
    fields |= {"pages": item["page"]} if "page" in item else {}
    fields |= {"note": item["note"], "annote": item["annote"]}
    persons = [
        Person(last=_hold(name["literal"])) if "literal" in name else Person(f"{name['family']}, {name['given']}")
        for name in item.get("author", ())
    ]
    return Entry("misc", fields=fields, persons={"author": persons} if persons else {})


def _hold(text: str) -> str:
    """Put braces around a text, so that BibTeX leaves it as it is."""
    return f"{_OPEN}{text}{_CLOSE}"


def _write_entries(entries: "BibliographyData") -> str:
    from io import StringIO

    from pybtex.database.output.bibtex import Writer

    class _Writer(Writer):  # type: ignore[misc]
        def _encode(self, text: str) -> str:
            """Encode text as LaTeX that shows it and runs nothing."""
            encoded: str = super()._encode(text.translate(_HELD))
            return "".join(_LATEX.get(character, character) for character in encoded)

    file = StringIO()
    _Writer(encoding="UTF-8").write_stream(entries, file)
    return file.getvalue()


def _line(text: str) -> str:
    """A text as one line without control characters and halves of characters."""
    return " ".join(re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", visible_line(text)).split())


def _name(citation: Citation) -> str:
    """The name of a document's file, without its folders."""
    return _line(citation.source.rpartition("/")[2])
