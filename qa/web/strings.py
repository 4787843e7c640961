"""The words of the page in the language chosen, and how counts, sizes and times are said with them.

The words themselves stand in `languages`, a file for each language; here they are attributes: `strings.TITLE`.
"""

import os
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from index import Progress, QAError
from qa.web.languages import en

VARIABLE = "QA_LANGUAGE"  # of the environment; names a file of `languages`


class LanguageError(QAError):
    """The page does not speak the language asked for."""


def load_words(language: str) -> SimpleNamespace:
    """The words in one language; in English where it lacks some.

    Args:
        language: ISO 639-1 code.

    Raises:
        LanguageError: There is no file for it.
    """
    try:
        chosen = import_module(f"qa.web.languages.{language}")
    except ImportError:
        raise LanguageError(
            f"there are no words in {language!r}. Unset {VARIABLE}, or add a file for that language in qa/web/languages."
        ) from None
    return SimpleNamespace(
        **{name: word for words in (en, chosen) for name, word in vars(words).items() if name.isupper()}
    )


words = load_words(os.environ.get(VARIABLE) or "en")


def __getattr__(name: str) -> Any:
    return getattr(words, name)


def count_questions(count: int) -> str:
    """'1 question', '3,000 questions'."""
    return _count(words.QUESTIONS, count)


def count_documents(count: int) -> str:
    """'1 document', '12 documents'."""
    return _count(words.DOCUMENTS, count)


def count_part(count: int, total: int) -> str:
    """'1 of 3 documents', '12 of 3,000 documents'."""
    return words.PART.format(count=f"{count:,}", total=count_documents(total))


def count_passages(count: int) -> str:
    """'1 passage', '3,000 passages'."""
    return _count(words.PASSAGES, count)


def count_pages(count: int) -> str:
    """'1 page', '3,000 pages'."""
    return _count(words.PAGES, count)


def count_rows(count: int) -> str:
    """'1 row', '3,000 rows'."""
    return _count(words.ROWS_COUNTED, count)


def describe_left(seconds: float) -> str:
    """'12 s', '3 min', '1 h 20 min'."""
    hours, minutes = divmod(round(seconds / 60), 60)
    if seconds < 99.5:
        return words.SECONDS_LEFT.format(seconds=round(seconds))
    return (
        words.HOURS_LEFT.format(hours=hours, minutes=minutes) if hours else words.MINUTES_LEFT.format(minutes=minutes)
    )


def describe_size(count: int) -> str:
    """'812 bytes', '12 KB', '3.4 MB', '1,200 MB', for so many bytes; a KB has 1,024."""
    kilobytes = count / 1024
    if kilobytes < 1:
        return words.BYTES.format(count=count)
    rounded = round(kilobytes)
    if rounded < 1024:
        return words.KILOBYTES.format(count=rounded)
    megabytes = kilobytes / 1024
    return words.MEGABYTES.format(count=round(megabytes, 1) if megabytes < 10 else round(megabytes))


def describe_progress(progress: Progress) -> str:
    """Which file is being read; once passages are being embedded, how many, how fast, and how long it will take."""
    if progress.seconds_left is None:
        return words.LOADING_SOURCE.format(done=progress.documents, total=progress.all_documents, name=progress.name)
    left = describe_left(progress.seconds_left)
    return words.INDEXING.format(
        done=f"{progress.passages:,}",
        total=f"{progress.all_passages:,}",
        speed=f"{progress.passages_per_second:,.0f}",
        left=left,
    )


def describe_scope(documents: int, passages: int, *, total: int = 0) -> str:
    """'1 document, 3 passages'; '1 of 3 documents, 3 passages' where there is a total."""
    counted = count_part(documents, total) if total else count_documents(documents)
    return words.SCOPE.format(documents=counted, passages=count_passages(passages))


def _count(forms: tuple[str, str], count: int) -> str:
    """One, or as many; the second form holds the number."""
    return forms[0] if count == 1 else forms[1].format(count=f"{count:,}")
