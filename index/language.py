"""Tell the language of a text, with the py3langid library (97 languages; Lui and Baldwin 2012)."""

import re
from functools import cache
from typing import Any

SAMPLE = 2_000  # characters from the beginning, from the middle and from the end
LETTERS = 12  # fewer do not tell
SURE = 0.5  # probability
# Probability from which a text without English function words is not in English. Of 9,053 English questions cut to
# keywords (SQuAD 2.0, ClapNQ, SelQA) .3 % come out so; of fourteen short foreign ones, all but the shortest.
FOREIGN = 0.6
OTHER_LETTERS = 0.3  # share of letters beyond Latin ones in a text that is not in English
# Words of English that no other language with many speakers has, or hardly ever.
_ENGLISH = frozenset(
    "the of and what which who whom whose when where why how is are were does did has have had can could would should "
    "with from this that these those their there they it its into about between after before because not by".split()
)
_ENOUGH = 0.08  # share of these words in English prose: .2 to .4; in names and tables: none
_WORD = re.compile(r"[^\W\d_]+")


def tell_language(text: str) -> str:
    """ISO 639-1 code of the language most of a text is in; empty where that cannot be told.

    A label for a person to go by; neither search nor answers depend on it.
    """
    middle = max(SAMPLE, len(text) // 2)
    sample = text[:SAMPLE] + text[middle : middle + SAMPLE] + text[max(middle + SAMPLE, len(text) - SAMPLE) :]
    code, probability = _classify(sample)
    return code if probability >= SURE and len(code) == 2 else ""


def is_english(text: str) -> bool:
    """Tell whether a question or a passage can be read as English; also where that cannot be told.

    Args:
        text: A question, or the text of some passages.

    Returns:
        False where it has few words that only English has and another language is all but certain. Names, numbers and
        tables, which are in no language, can be read.
    """
    sample = text[:SAMPLE]
    words = _WORD.findall(sample.lower())
    other = sum(character > "\u024f" for character in sample if character.isalpha())
    if other > OTHER_LETTERS * sum(map(str.isalpha, sample)):
        return False
    if not words or sum(word in _ENGLISH for word in words) >= max(1, _ENOUGH * len(words)):
        return True
    code, probability = _classify(sample)
    return code == "en" or probability < FOREIGN


def _classify(text: str) -> tuple[str, float]:
    """The likeliest language and its probability; 0 for a text with too few letters."""
    if sum(map(str.isalpha, text)) < LETTERS:
        return "", 0.0
    code, probability = _identifier().classify(text)
    return str(code), float(probability)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
