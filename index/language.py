"""Tell the language of a text, with the py3langid library (97 languages; Lui and Baldwin 2012).

A label for a person to go by; neither search nor answers depend on it.
"""

from functools import cache

SAMPLE = 2_000  # characters from the beginning, from the middle and from the end
LETTERS = 12  # fewer do not tell
SURE = 0.5  # probability


def tell_language(text: str) -> str:
    """ISO 639-1 code of the language most of a text is in; empty where that cannot be told."""
    middle = max(SAMPLE, len(text) // 2)
    sample = text[:SAMPLE] + text[middle : middle + SAMPLE] + text[max(middle + SAMPLE, len(text) - SAMPLE) :]
    if sum(map(str.isalpha, sample)) < LETTERS:
        return ""
    code, probability = _identifier().classify(sample)
    return code if probability >= SURE and len(code) == 2 else ""


@cache
def _identifier():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
