"""Make a question of a sentence, by a few patterns that leave nothing to chance, or none at all.

A question takes over a stretch of the sentence and puts question words before it: "The tower was built in 1889." gives
"When was the tower built?". Only plain English sentences with a short subject fit a pattern; whatever could come out
clumsy is left alone, which is most of what there is. Left out: pronouns and other words that point elsewhere, tables,
and every language but English.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.suggestions.subjects import (
    COUNT,
    DATE,
    DID,
    DOES,
    IN_CONDITION,
    IN_TASK,
    INVENTED,
    JUDGING,
    MAKERS,
    MEASURES,
    NO_TASK,
    ORDERING,
    PAST,
    PERSON,
    PLURAL,
    POINTING,
    STATES,
    TELLING,
    Lowered,
    agrees,
    is_name,
    is_vague,
    read_dated_subject,
    read_statement,
    read_subject,
)

LONGEST_QUESTION = 68  # characters
_BEGIN = r"^(?P<subject>[^,;:()\"\u201c\u201d?!]{2,60}?)"
_REST = r"(?P<rest>[^?!]*)[.]$"


@dataclass(frozen=True, slots=True)
class Phrased:
    """A question made of a sentence.

    Attributes:
        question: As a person would type it.
        kind: The pattern it was made by: questions of different kinds make a better choice.
    """

    question: str
    kind: str


def phrase_questions(sentence: str, lowered: Lowered) -> Iterator[Phrased]:
    """Make questions that a sentence answers.

    Args:
        sentence: A whole sentence of English prose.
        lowered: Tells whether a word that begins a sentence is written small elsewhere; None where that is not known.

    Yields:
        Questions of at most `LONGEST_QUESTION` characters; mostly none.
    """
    plain = read_statement(sentence)
    if not plain:
        return
    for kind, pattern, make in _PATTERNS:
        match = pattern.search(plain)
        question = make(match, lowered) if match else ""
        if question and len(question) <= LONGEST_QUESTION:
            yield Phrased(question[0].upper() + question[1:] + "?", kind)


def _definition(match: re.Match[str], lowered: Lowered) -> str:
    subject = read_subject(match["subject"], lowered)
    if not subject or (match["article"] == "the" and match["verb"] in ("was", "were")):
        return ""
    if not agrees(subject, match["verb"]) or _first_word(match) in JUDGING:
        return ""
    plain = " " not in subject and subject[0].isupper() and not subject.isupper()
    if match["article"] == "the" and (plain or subject.islower()):
        return ""
    told = re.split(r"\b(?:of|in|that|which|who|for|from|by|with|and|or|on|at)\b|,", match["rest"])[0]
    person = bool(PERSON.search(told))
    if is_name(subject):
        if not person:
            return ""  # "What is Marie Curie?" must never be asked
        return f"who {match['verb']} {subject}"
    if person or (match["verb"] == "was" and subject[0].isupper()):
        return ""
    return f"what {match['verb']} {subject}"


def _when(match: re.Match[str], lowered: Lowered) -> str:
    subject, more = read_dated_subject(match, lowered), _complement(match["more"])
    if not subject or more is None or is_vague(subject) or not agrees(subject, match["verb"]):
        return ""
    if (subject + more).islower():
        return ""  # "When did construction begin?": of what, only the sentences before tell
    return f"when {match['verb']} {subject} {match['done']}{more}"


def _when_did(match: re.Match[str], lowered: Lowered) -> str:
    subject, more = read_dated_subject(match, lowered), _complement(match["more"])
    if not subject or more is None or is_vague(subject) or (subject + more).islower():
        return ""
    return f"when did {subject} {DID[match['done']]}{more}"


def _complement(text: str) -> str | None:
    """What stands between verb and date, where it is short and plain; None where it is not."""
    words = text.split()
    if any(word.lower() in POINTING - {"as", "to", "by", "into", "with", "from"} for word in words):
        return None
    if len(words) > 5 or re.search(r"[,;:]|\d", text) or (words and words[-1] in ("and", "or", "but", "which")):
        return None
    if {"and", "or"} & set(words):
        return None
    return text.rstrip()


def _where(match: re.Match[str], lowered: Lowered) -> str:
    subject = read_subject(match["subject"], lowered)
    if not subject or is_vague(subject) or not agrees(subject, match["verb"]):
        return ""
    return f"where {match['verb']} {subject} {match['done']}"


def _who(match: re.Match[str], lowered: Lowered) -> str:
    subject = read_subject(match["subject"], lowered)
    if not subject or is_vague(subject):
        return ""
    return f"who {MAKERS[match['done']]} {subject}"


def _what_does(match: re.Match[str], lowered: Lowered) -> str:
    subject, verb = read_subject(match["subject"], lowered), match["verb"]
    if not subject or is_name(subject) or not agrees(subject, "does" if verb in DOES else "do"):
        return ""
    if (subject.islower() and " " not in subject and "mean" not in verb) or _first_word(match) in POINTING:
        return ""
    return f"what does {subject} {DOES[verb]}" if verb in DOES else f"what do {subject} {verb}"


def _what_state(match: re.Match[str], lowered: Lowered) -> str:
    subject = read_subject(match["subject"], lowered)
    if not subject or _is_common(subject) or not agrees(subject, match["verb"]):
        return ""
    if _first_word(match) in POINTING:
        return ""
    return f"what {match['verb']} {subject} {match['state'].replace('used to', 'used for')}"


def _who_did(match: re.Match[str], lowered: Lowered) -> str:
    subject, made = match["subject"], re.split(r" (?:in|by|at|with|on|as|while|after|during)\b", match["rest"])[0]
    if not is_name(subject) or POINTING & set(subject.lower().split()) or len(made) > 45:
        return ""
    thing = read_subject(made[0].upper() + made[1:], lambda word: made[0].islower()) if made else ""
    return f"who {match['done']} {thing}" if thing and not is_vague(thing) else ""


def _what_measure(match: re.Match[str], lowered: Lowered) -> str:
    of = match["of"]
    plain = read_subject(of[0].upper() + of[1:], lambda word: of[0].islower())
    if not plain or _is_common(plain) or _first_word(match) in JUDGING | POINTING - {"to"}:
        return ""
    return f"what {match['verb']} the {match['measure']} {match['link']} {plain}"


def _how_many(match: re.Match[str], lowered: Lowered) -> str:
    subject = read_subject(match["subject"], lowered)
    verb = "does" if match["verb"] in ("has", "contains") else "do"
    if not subject or is_vague(subject) or is_name(subject) or not agrees(subject, verb):
        return ""
    return f"how many {match['things']} {verb} {subject} {'have' if match['verb'] in ('has', 'have') else 'contain'}"


def _how_can(match: re.Match[str], lowered: Lowered) -> str:
    task = match["task"]
    words = task.lower().split()
    if words[0] in NO_TASK - {"find"} | {"use", "still", "now", "even", "just", "always"} or not 2 <= len(words) <= 8:
        return ""
    if words[0].endswith(("ing", "ly")) or set(words) & (POINTING - IN_TASK) or "yourself" in words:
        return ""
    if words[0] == "find":
        return f"where can I {_as_mine(task)}" if match["means"] in ("at", "in", "on", "under") else ""
    return f"how can I {_as_mine(task)}" if match["means"] in ("by", "using", "through") else ""


def _how_to(match: re.Match[str], lowered: Lowered) -> str:
    task = match["task"]
    words = task.lower().split()
    if words[0] in NO_TASK or words[0].endswith(("ing", "ly")) or not 2 <= len(words) <= 9:
        return ""
    if set(words) & (POINTING - IN_TASK) or "yourself" in words:
        return ""
    return f"how do I {_as_mine(task)}"


def _if_you(match: re.Match[str], lowered: Lowered) -> str:
    told = match["condition"]
    words = told.lower().split()
    if len(words) > 8 or set(words) & (POINTING - IN_CONDITION) or "yourself" in words:
        return ""
    return f"what should I do if I {_as_mine(told)}"


def _first_word(match: re.Match[str]) -> str:
    """The first word behind what a pattern names, in small letters; empty where nothing follows."""
    return next(iter(match["rest"].lower().split()), "")


def _is_common(subject: str) -> bool:
    """Whether a subject is one of many, such as "the score"."""
    return subject.islower() and subject.startswith("the ")


def _as_mine(text: str) -> str:
    mine = re.sub(r"^are\b|\byou are\b", lambda match: "I am" if match.start() else "am", text)
    return re.sub(r"\byou\b", "I", re.sub(r"\byour\b", "my", mine))


def _why(match: re.Match[str], lowered: Lowered) -> str:
    subject, state = read_subject(match["subject"], lowered), match["state"].split()
    if not subject or len(state) > 4 or {word.lower() for word in state} & (POINTING - {"not", "more", "less", "to"}):
        return ""
    if is_vague(subject) or not agrees(subject, match["verb"]):
        return ""
    return f"why {match['verb']} {subject} {match['state'].rstrip(',')}"


_DATED = rf"^(?i:{DATE}),? (?P<subject>[^,;:()\"]{{2,60}}?)"
_ENOUGH = r"(?:about |around |approximately |over |more than )?"
_OFTEN = r"(?:mainly |often |usually |also |primarily )?"
_PATTERNS = tuple(
    (kind, re.compile(pattern), make)
    for kind, pattern, make in (
        ("who", rf"{_BEGIN} (?P<verb>was|were|is|are) (?:\w+ly )?(?P<done>{'|'.join(MAKERS)}) by [A-Z]{_REST}", _who),
        ("who", rf"{_BEGIN} (?P<done>{'|'.join(INVENTED)}) {_REST}", _who_did),
        ("when", rf"{_BEGIN} (?P<verb>was|were) (?P<done>{PAST})(?P<more>[^.]*?) {DATE}{_REST}", _when),
        ("when", rf"{_BEGIN} (?P<done>{'|'.join(DID)})(?P<more>[^.]*?) {DATE}{_REST}", _when_did),
        ("when", rf"{_DATED} (?P<verb>was|were) (?P<done>{PAST})(?P<more>[^.,;]*)[.,]", _when),
        ("when", rf"{_DATED} (?P<done>{'|'.join(DID)})(?P<more>[^.,;]*)[.,]", _when_did),
        ("where", rf"{_BEGIN} (?P<verb>is|are) (?P<done>located|situated|based) (?:in|on|at|near){_REST}", _where),
        ("where", rf"{_BEGIN} (?P<verb>was) (?P<done>born) (?:on [\w ,]+ )?in [A-Z][a-z]{_REST}", _where),
        ("definition", rf"{_BEGIN} (?P<verb>is|are|was) (?P<article>an?|the) {_REST}", _definition),
        ("verb", rf"{_BEGIN} (?P<verb>{'|'.join(DOES)}) (?!that\b){_REST}", _what_does),
        ("verb", rf"{_BEGIN} (?P<verb>{PLURAL}) (?!that\b){_REST}", _what_does),
        ("state", rf"{_BEGIN} (?P<verb>is|are) {_OFTEN}(?P<state>{STATES}) {_REST}", _what_state),
        (
            "number",
            rf"^The (?P<measure>{MEASURES}) (?P<link>of|for) (?P<of>[^,;:()\"]{{2,50}}?) (?P<verb>is|was) {_REST}",
            _what_measure,
        ),
        (
            "number",
            rf"{_BEGIN} (?P<verb>has|have|contains?) {_ENOUGH}{COUNT} (?P<things>[a-z]+s)"
            rf"(?=[.,]| in\b| and\b| with\b| of\b){_REST}",
            _how_many,
        ),
        ("how", r"^You can (?P<task>[a-z][^,;:()]{5,55}?) (?P<means>by|using|through|at|in|on|under) .*[.]$", _how_can),
        ("how", rf"^(?:In order to|To) (?P<task>[a-z][^,;:()]{{5,60}}), (?:{TELLING})\b{_REST}", _how_to),
        ("if", rf"^If you (?P<condition>[a-z][^,;:()]{{5,60}}), (?:{ORDERING})\b{_REST}", _if_you),
        ("why", rf"{_BEGIN} (?P<verb>is|are|was|were) (?P<state>[a-z][^.;:()\"]{{2,40}}?),? because {_REST}", _why),
    )
)
