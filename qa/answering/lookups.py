"""Recognise a look-up: of a value in a row of a table, "How many ferries ran in Norrland in 2022?", of a section, or of keywords.

The reader was trained on questions about prose. It is unsure of rows, which name their columns ("Region: Norrland; 2021: 498;
2022: 512."), and of words that ask nothing.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from index import STOP_TERMS, is_english, question_terms, text_terms
from qa.answering.question import asks
from qa.answering.values import MONTHS

# Verbs that say little beside the names of a row and a column, as stems.
_LIGHT = frozenset(
    text_terms(
        "run ran running work live need cost take sell sold earn pay paid reach weigh measure stand apply happen list state"
    )
)
# Words that ask for a value without saying which.
_VAGUE = frozenset(
    text_terms(
        "number people person name kind type long go goes come comes came went get gets got give gives given make made use used"
    )
)
_SAME_STEM = 5  # letters that two terms begin with to be forms of one word: "supplier", "supplies"


_MOST_KEYWORDS = 4
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty sixty ninety".split()
# What keywords that stand for a value ask for, "warranty duration", and how a quote has one.
_VALUES = {
    frozenset(text_terms(words)): re.compile(pattern, re.IGNORECASE)
    for words, pattern in {
        "duration length period term time": rf"\b(?:\d+|{'|'.join(_NUMBERS)})[ -](?:second|minute|hour|day|week|month|year)s?\b",
        "price cost fee charge fare": r"[$\u20ac\xa3\xa5]\s?\d|\d\s?(?:[$\u20ac\xa3\xa5]|(?:euro|dollar|pound)s?\b|[A-Z]{3}\b)",
        "date deadline day": rf"\b(?:{'|'.join(MONTHS)}) \d|\b\d{{1,2}}\.? (?:{'|'.join(MONTHS)})\b|\b\d{{4}}-\d\d-\d\d\b",
        "phone telephone fax number": r"\+?\d[\d ()/-]{5,}",
        "email mail address": r"\S@\S+\.\w",
    }.items()
}


def is_keyword_lookup(question: str, quote: str, context: Iterable[str]) -> bool:
    """Return whether a question is a few keywords, of no other language, and the quote and what names its place have them all.

    The quote has a word that stands for a value, such as "duration", if it has such a value; but it has another word too.

    Args:
        question: The question, without politeness.
        quote: The best quote.
        context: The headings above it, and what names its document.
    """
    terms = set(question_terms(question)) - STOP_TERMS
    if asks(question) or not is_english(question) or not 0 < len(terms) <= _MOST_KEYWORDS:
        return False
    lacking = terms - {term for text in (quote, *context) for term in text_terms(text)}
    return lacking < terms and all(
        any(term in words and value.search(quote) for words, value in _VALUES.items()) for term in lacking
    )


# An option, a name of a program's with "_" or "." in it, or a call: "--all", "max_connections", "core.editor", "open()".
_IDENTIFIER = r"--?[A-Za-z][\w-]*|[A-Za-z]\w*(?:[._]\w+)+(?:\(\))?|[A-Za-z]\w*\(\)"
_WHAT_IDENTIFIER = re.compile(
    rf"what (?:does|do|is|are) (?:the )?(?:\w+ )?[`'\"\u201c]?(?P<name>{_IDENTIFIER})[`'\"\u201d]?"
    r"(?: (?:option|flag|switch|parameter|argument|setting|variable|command|function|method|field|key|property))?"
    r"(?: (?:do|mean|control|set|specify|for|used for|good for))?[\s?.!]*",
    re.IGNORECASE,
)


def is_identifier_lookup(question: str, quote: str, heading: str) -> bool:
    """Return whether a question asks what an option or a name of a program's is, "What does --all do?", of its own entry.

    Args:
        question: The question, without politeness.
        quote: The best quote.
        heading: The headings above it, joined by " > ".

    Returns:
        True if the quote begins with that name, or the innermost heading does.
    """
    asked = _WHAT_IDENTIFIER.fullmatch(question.strip())
    if not asked:
        return False
    # Behind two words at most, as in "-a, --all" and "The setting core.editor".
    begins = re.compile(rf"(?:\S+\s+){{0,2}}[^\w-]*{re.escape(asked['name'])}(?![\w-]|\.\w)", re.IGNORECASE)
    return bool(begins.match(quote.strip()) or begins.match(heading.rpartition(" > ")[2]))


_KINDS = r"clause|section|article|paragraph|chapter|rule|regulation|annex|appendix|schedule|part|point|item"
_LABEL = r"\d+(?:\.\d+)*[a-z]?|[A-Z](?:\.\d+)*"
_SECTION = re.compile(rf"(?:\b(?:{_KINDS}|sec\.|art\.)|\xa7)\s*({_LABEL})(?![\w.]*\w)", re.IGNORECASE)
_WHICH_SECTION = re.compile(
    rf"(?:which|what) (?:{_KINDS}) (?:is|are|deals?|talks?|speaks?|says?|covers?|mentions?|regulates?)\b", re.IGNORECASE
)
_SAYING = frozenset(
    text_terms(
        "say state mean provide regulate contain read require specify cover deal stipulate steht sagt regelt lautet dit"
    )
)


def is_section_lookup(question: str, text: str, heading: str) -> bool:
    """Return whether a question asks what a numbered section says, or which one says something: "Which clause is about pets?".

    Args:
        question: The question, without politeness.
        text: The text of the passage.
        heading: The headings above it, joined by " > ".

    Returns:
        True if the passage, or a heading above it, begins with the number, and they contain what else is asked.
    """
    asked = _SECTION.search(question)
    label = re.escape(asked[1]) if asked else r"\d+(?:\.\d+)*"
    asked = asked or _WHICH_SECTION.match(question)
    if not asked:
        return False
    begins = re.compile(rf"\W*(?:[^\W\d]+\.?\s+)?{label}(?![\w.]*\w)", re.IGNORECASE)
    if not any(map(begins.match, (text, *heading.split(" > ")))):
        return False
    others = set(question_terms(question[: asked.start()] + question[asked.end() :])) - STOP_TERMS - _SAYING
    return others <= set(text_terms(text)) | set(text_terms(heading))


def is_table_row(text: str, sentences: int) -> bool:
    """Return whether a record of a table or a list is a row of cells, "name: value" or values alone, and no prose.

    Args:
        text: The text of the record.
        sentences: How many sentences it was split into.
    """
    if sentences != 1:
        return False
    cells = text.strip().removesuffix(".").split("; ")
    named = sum(bool(_NAMED_CELL.match(cell)) for cell in cells)
    if len(cells) == 1:
        return named == 1 and len(text.split()) <= _SHORT_FORM
    return 2 * named >= len(cells) or all(len(cell.split()) <= _SHORT_CELL for cell in cells)


_NAMED_CELL = re.compile(r"[^:]{1,80}: \S")
_SHORT_CELL, _SHORT_FORM = 8, 12  # words of a cell without a name, and of a cell alone, at most
_CELL_MARK = re.compile(r"[:;](?= )")


def plain_row(row: str) -> str:
    """Write a row such that the reader takes it for prose: "Region  Norrland, 2021  498.", with as many characters."""
    return _CELL_MARK.sub(lambda mark: "," if mark[0] == ";" else " ", row)


def asks_more(question: str, row: str, context: Iterable[str]) -> bool:
    """Return whether a question has a word that neither a row nor what names its table has, whatever verb asks for the value.

    Args:
        question: The question, without politeness.
        row: The text of the row.
        context: What else names the table: its heading, its sheet, its file.
    """
    known = {term for text in (row, *context) for term in text_terms(text)}
    starts = {term[:_SAME_STEM] for term in known if len(term) >= _SAME_STEM}
    asked = set(question_terms(question)) - STOP_TERMS - _LIGHT - _VAGUE - known
    return any(term[:_SAME_STEM] not in starts for term in asked)


class Cell(NamedTuple):
    """A cell of a row.

    Attributes:
        name: The name of its column; empty without one.
        begin: Its first character in the text of the row, that of the name where the row has it.
        start: The first character of its value.
        end: The character after its value.
    """

    name: str
    begin: int
    start: int
    end: int


_NAMED = re.compile(r"(?:(?P<name>[^\n;:]+): )?(?P<value>[^\n]+?)(?:; |\.?$)")
_SETTING = re.compile(r"(?P<name>[\w .\"'/-]+?)\s*=\s*(?P<value>[^\s].*)", re.DOTALL)
_LEADERS = re.compile(r"(?<= )\.{3,}|\.{4,}|(?:\. ){3,}\.?|\u2026{2,}")  # dots between cells
_PARTED = re.compile(r"[^\s|]+(?: [^\s|]+)*")


def read_cells(row: str, heading: str = "") -> list[Cell]:
    """Read the cells of a row: "name: value; name: value.", "name = value", or parted by blanks, with names in the heading."""
    first = _LEADERS.sub(lambda dots: " " * len(dots[0]), row.partition("\n")[0])
    parted = [match.span() for match in _PARTED.finditer(first)]
    if len(parted) > 1:
        names = heading.rpartition(" > ")[2].split("; ")
        names = ["", *names] if len(names) == len(parted) - 1 else names  # the first column is often without one
        names = names if len(names) == len(parted) else [""] * len(parted)
        return [Cell(name, start, start, end) for name, (start, end) in zip(names, parted, strict=True)]
    if setting := _SETTING.fullmatch(row):
        return [Cell(setting["name"], 0, *setting.span("value"))]
    found = list(_NAMED.finditer(row))
    return [Cell(each["name"] or "", each.start(), *each.span("value")) for each in found]


def _find_asked(question: str, row: str, cells: Sequence[Cell]) -> tuple[list[bool], list[bool]]:
    """Of each cell, whether a question contains its value; and whether it asks for it by the name of its column."""
    asked = set(question_terms(question)) - _LIGHT
    values = [set(text_terms(row[cell.start : cell.end])) - STOP_TERMS for cell in cells]
    keys = [bool(value) and value <= asked for value in values]
    named = [bool((set(text_terms(cell.name)) - STOP_TERMS) & asked) for cell in cells]
    return keys, [name and not key for name, key in zip(named, keys, strict=True)]


def is_row_lookup(question: str, row: str, context: Iterable[str], heading: str = "") -> bool:
    """Return whether a question names a row by one of its values, or a form by itself, and asks for a column by its name.

    Args:
        question: The question, without politeness.
        row: The text of the row: "name: value" or values alone, parted by semicolons or by blanks.
        context: What else names the table: its heading, its sheet, its file.
        heading: The heading of the row, which ends with the names of the columns where the row does not have them.

    Returns:
        True only if nothing else is asked: every word of the question occurs in the row's values, names or context.
    """
    cells = read_cells(row, heading)
    keys, wanted = _find_asked(question, row, cells)
    if not any(wanted) or not (any(keys) or len(cells) == 1):
        return False
    said = [cell.name for cell in cells]
    said += [row[cell.start : cell.end] for cell, key in zip(cells, keys, strict=True) if key]
    asked = set(question_terms(question)) - _LIGHT
    return asked <= {term for text in (*said, *context) for term in text_terms(text)}


def choose_value(question: str, row: str, answer: tuple[int, int], heading: str = "") -> tuple[int, int]:
    """Choose the words of a row that answer: the value, where the reader chose the name of its column or several cells.

    Args:
        question: The question, without politeness.
        row: The text of the row.
        answer: The first of the words that the reader chose, and the character after the last.
        heading: As for `is_row_lookup`.

    Returns:
        The same for the words that answer. A name stays where it is what is asked: "Who or what is KD-20415?".
    """
    cells = read_cells(row, heading)
    covered = [position for position, cell in enumerate(cells) if cell.begin < answer[1] and answer[0] < cell.end]
    if not covered:
        return answer
    _, wanted = _find_asked(question, row, cells)
    first, last = cells[covered[0]], cells[covered[-1]]
    if first == last:
        if answer[1] > first.start:
            return max(answer[0], first.start), answer[1]
        return (first.start, first.end) if wanted[covered[0]] else answer
    if sum(wanted) == 1:
        chosen = cells[wanted.index(True)]
        return chosen.start, chosen.end
    return (max(answer[0], first.start), answer[1]) if answer[1] > last.start else answer
