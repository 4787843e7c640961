"""Recognise a look-up: of a value in a row of a table, "How many ferries ran in Norrland in 2022?", of a section, or of keywords.

The reader was trained on questions about prose. It is unsure of rows, which name their columns ("Region: Norrland; 2021: 498;
2022: 512."), and of words that ask nothing.
"""

import re
from collections.abc import Iterable

from index import STOP_TERMS, is_english, question_terms, text_terms
from qa.answering.question import asks

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
_MONTHS = "january february march april may june july august september october november december".split()
# What keywords that stand for a value ask for, "warranty duration", and how a quote has one.
_VALUES = {
    frozenset(text_terms(words)): re.compile(pattern, re.IGNORECASE)
    for words, pattern in {
        "duration length period term time": rf"\b(?:\d+|{'|'.join(_NUMBERS)})[ -](?:second|minute|hour|day|week|month|year)s?\b",
        "price cost fee charge fare": r"[$\u20ac\xa3\xa5]\s?\d|\d\s?(?:[$\u20ac\xa3\xa5]|(?:euro|dollar|pound)s?\b|[A-Z]{3}\b)",
        "date deadline day": rf"\b(?:{'|'.join(_MONTHS)}) \d|\b\d{{1,2}}\.? (?:{'|'.join(_MONTHS)})\b|\b\d{{4}}-\d\d-\d\d\b",
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


_KINDS = r"clause|section|article|paragraph|chapter|rule|regulation|annex|appendix|schedule|part|point|item"
_LABEL = r"\d+(?:\.\d+)*[a-z]?|[A-Z](?:\.\d+)*"
_SECTION = re.compile(rf"(?:\b(?:{_KINDS}|sec\.|art\.)|\xa7)\s*({_LABEL})(?![\w.]*\w)", re.IGNORECASE)
_WHICH_SECTION = re.compile(
    rf"(?:which|what) (?:{_KINDS}) (?:is|are|deals?|talks?|speaks?|says?|covers?|mentions?|regulates?)\b", re.IGNORECASE
)
_SAYING = frozenset(text_terms("say state mean provide regulate contain read require specify cover deal stipulate"))


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
    return sentences == 1 and bool(_CELL_MARK.search(text))


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


def is_row_lookup(question: str, row: str, context: Iterable[str]) -> bool:
    """Return whether a question names a row by one of its values, or a form by itself, and asks for a column by its name.

    Args:
        question: The question, without politeness.
        row: The text of the row: "name: value" or values alone, parted by semicolons.
        context: What else names the table: its heading, its sheet, its file.

    Returns:
        True only if nothing else is asked: every word of the question occurs in the row's values, names or context.
    """
    asked = set(question_terms(question)) - _LIGHT
    cells = [cell.rpartition(": ") for cell in row.removesuffix(".").split("; ")]
    names = [set(text_terms(name)) - STOP_TERMS for name, _, _ in cells]
    values = [set(text_terms(value)) - STOP_TERMS for _, _, value in cells]
    keys = [bool(value) and value <= asked for value in values]
    wanted = [bool(name & asked) and not key for name, key in zip(names, keys, strict=True)]
    if not any(wanted) or not (any(keys) or len(cells) == 1):
        return False
    known = set().union(*names, *(value for value, key in zip(values, keys, strict=True) if key))
    return asked <= known | {term for text in context for term in text_terms(text)}
