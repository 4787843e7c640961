"""Word questions as people type them, so that the reader learns that the wording does not matter."""

import random
import re

VARIANTS = 5  # wordings of a question: as it is, lower case, keywords, a typo, wrapped
_WRAPPERS = (
    "According to the document, {}", "According to the text, {}", "Based on the passage, {}", "Can you tell me {}",
    "Could you please tell me {}", "I would like to know {}", "Hi, {}", "Hello! {}", "Please tell me: {}",
    "In the document, {}", "Do you know {}", "{} Thanks!", "From the sources: {}", "Quick question: {}",
)  # fmt: skip
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for from by with is are was were be been do does did has have had can could would will "
    "should may might what which who whom whose when where why how it its that this these those there and or as".split()
)
_ASKING = frozenset(("who", "when", "where", "why", "how"))  # words that keywords sometimes begin with
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")


def reword(question: str, rng: random.Random) -> list[str]:
    """Word a question in `VARIANTS` ways: as it is, lower case without question mark, keywords, a typo, wrapped."""
    bare = question.strip().rstrip("?").strip()
    words = bare.split()
    kept = [word for word in words if word.lower() not in _FUNCTION_WORDS]
    if rng.random() < 0.5 and words and words[0].lower() in _ASKING:
        kept = [words[0], *kept]
    keywords = " ".join(kept).lower() if len(kept) >= 2 else bare.lower()
    typo = misspell(question, rng)
    inner = question if rng.random() < 0.5 or not question[:1].isupper() else question[0].lower() + question[1:]
    wrapped = rng.choice(_WRAPPERS).format(inner)
    return [question, bare.lower(), keywords, typo if rng.random() < 0.5 else typo.lower().rstrip("?"), wrapped]


def misspell(text: str, rng: random.Random) -> str:
    """Swap, drop, double or replace one letter of one word of five letters or more, never its first."""
    long = list(_LONG_WORD.finditer(text))
    if not long:
        return text
    match = rng.choice(long)
    word, at = match.group(), rng.randrange(1, len(match.group()) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    elif kind == 2:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
    return text[: match.start()] + word + text[match.end() :]
