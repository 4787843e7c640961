"""Read a sentence that may become a question: whether it is a plain statement, and what stands before its verb."""

import re
from collections.abc import Callable

from qa.wordings import DETERMINERS, NAMING_ONLY, PARTICLES, POINTING

LONGEST_SENTENCE = 260  # characters
SUBJECT_WORDS = 6
Lowered = Callable[[str], bool | None]


def read_statement(sentence: str) -> str:
    """The sentence as one line, without what stands in brackets; empty where it is no plain statement."""
    if len(sentence) > 2 * LONGEST_SENTENCE:
        return ""
    if re.search(r"^.{0,60}\n\s*[^\Wa-z_]", sentence.strip()) or re.search(r"[)\]]\w", sentence):
        return ""  # a heading that stands before the sentence may have become a part of it
    line = " ".join(sentence.split())
    line = re.sub(r" ?\[[^\]]*\]| ?\([^()]*\)", "", line)
    line = re.sub(r" ([.,;])", r"\1", line).replace("\u2019", "'")
    line = re.sub(
        r",? (?:also|formerly|commonly|sometimes|often|previously) (?:known as|called|spelled) [^,]{2,50},", "", line
    )
    if len(line) > LONGEST_SENTENCE or not re.match(r"[A-Z]", line) or not line.endswith("."):
        return ""
    if re.search(r"[^\w\s.,;:'\"\u201c\u201d%$&/\u2013\u2014()+-]|``|''|__|https?|\d\.\d\.|\. [A-Z]| '|' ", line):
        return ""
    return line


def read_subject(text: str, lowered: Lowered) -> str:
    """A subject as it stands inside a question; empty where it is no short and plain one that stands alone."""
    words = text.split()
    if not 1 <= len(words) <= SUBJECT_WORDS or not re.fullmatch(r"[\w'&. -]+", text) or re.search(r"\.$|- | -", text):
        return ""
    small = [word.lower() for word in words]
    if any(word in POINTING for word in small) or re.search(r"\d{3}|ly$|ing$|ed$", small[0]):
        return ""
    if small[-1] in PARTICLES or any(re.search(r"\w{3}(?:ed|ing|ly)$|'(?!s?$)", word) for word in words):
        return ""
    first, others = words[0], words[1:]
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if word in NAMING_ONLY and not (before[0].isupper() and after[0].isupper()):
            return ""
    if any(a.islower() and a not in PARTICLES and b[0].isupper() for a, b in zip(words, others, strict=False)):
        return ""  # "the benefits Apple offers"
    capitals = [word for word in others if word[0].isupper()]
    if not capitals and "the" in small[1:]:
        return ""  # "the length of the wall"
    if small[0] in DETERMINERS:
        if not others or (not capitals and len([word for word in others if word not in PARTICLES]) < 2):
            return ""  # "the company": which one, only the sentences before tell
        return " ".join([small[0], *others])
    if small[0] in PARTICLES:
        return ""
    if first.isupper() or (others and others[0][0].isupper()):
        return text
    known = lowered(first)
    if known is None:
        return ""
    return " ".join([small[0], *others]) if known else text


def read_dated_subject(match: re.Match, lowered: Lowered) -> str:
    """A subject that may stand behind a date, where its first word is written as it is."""
    text = match["subject"]
    return read_subject(
        text[0].upper() + text[1:], lambda word: text[0].islower() if match.start("subject") else lowered(word)
    )


def is_name(subject: str) -> bool:
    """Whether a subject is written like a person's name: two or three capitalised words."""
    return bool(re.fullmatch(r"(?:[A-Z][\w'.-]+ ){1,2}(?:(?:de|von|van|la|le) )?[A-Z][\w'-]+", subject))


def agrees(subject: str, verb: str) -> bool:
    """Whether a subject and a form of a verb are both singular, or both plural."""
    head = re.split(r" (?:of|in|for|on|at) ", subject)[0]
    plural = " and " in head or bool(re.search(r"[^\Wsui]s$|ies$", head))
    return plural == (verb in ("are", "were", "do"))


def is_vague(subject: str) -> bool:
    """Whether a subject is one of many that could be meant: "the game"."""
    return (subject.startswith("the ") and subject.islower()) or subject.split()[0] in ("a", "an")
