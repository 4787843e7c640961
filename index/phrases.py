"""Words that must stand together: matched in texts whatever their case, white space and quotation marks."""

import re
from collections.abc import Sequence

_APOSTROPHE = re.compile("['\u2019]")


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Compile a phrase.

    Args:
        phrase: Words as typed between quotation marks; at least one.

    Returns:
        A pattern that finds the words next to each other, as whole words, in any case; line breaks count as spaces and
        straight apostrophes as curly ones.
    """
    words = [_APOSTROPHE.sub("['\u2019]", re.escape(word)) for word in phrase.split()]
    before = r"(?<!\w)" if phrase.strip()[0].isalnum() else ""
    after = r"(?!\w)" if phrase.strip()[-1].isalnum() else ""
    return re.compile(before + r"\s+".join(words) + after, re.IGNORECASE)


def holds_phrases(text: str, phrases: Sequence[re.Pattern[str]]) -> bool:
    """Whether a text holds every one of some phrases."""
    return all(phrase.search(text) for phrase in phrases)
