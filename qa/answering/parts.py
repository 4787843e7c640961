"""Split several questions typed in one line, and join their answers.

A line is cut only before a whole question: a question word, or an auxiliary with a subject. So "between A and B", "rules
and regulations" and "What did X say and do?" are not cut. In "Who wrote it and when was it published?", the pronoun of a
part is replaced by the subject of the part before if that subject is plain; otherwise the part is searched as a follow-up.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from qa.answering.answer import Answer
from qa.answering.confidence import Verdict
from qa.answering.disagreements import Disagreement
from qa.answering.question import (
    AUXILIARIES,
    QUESTION_WORDS,
    WH_WORDS,
    asks,
    has_content,
    is_searched_alone,
    read_question,
)
from qa.answering.requests import COMPARED

MOST_PARTS = 4

_SUBJECT = (
    r"(?:it|they|he|she|we|you|i|there|this|that|these|those|the|an?|his|her|its|their|our|my|your|any|some|all|each)"
)
_NOT_A_VERB = r"(?:he|she|it|they|we|you|i|the|an?|this|that|these|those|his|her|its|their|our|my|your|and|or|not|else)"
_CLAUSE = (
    rf"(?:(?:who|what|where|when|why|how|whom)(?:'s|\u2019s| (?:{AUXILIARIES})\b) \S|"
    rf"(?:what|which|whose|how (?:many|much))(?: [\w'\u2019-]+){{1,3}}? (?:{AUXILIARIES})\b \S|"
    rf"how (?:much|many|long|often|far|old|big|large|high|deep|fast|tall|wide|heavy) (?:{AUXILIARIES})\b \S|"
    r"(?:in|on|at|to|for|from|by|with|of|into|under|through|during) "
    rf"(?:what|which|whom)(?: [\w'\u2019-]+){{0,3}}? (?:{AUXILIARIES})\b \S|"
    rf"who (?!{_NOT_A_VERB}\b)[\w'\u2019-]+(?:ed|s|ote|ew|ought|an|ade|ld|aid|on|ent|uilt|ave|ook|ave)\b \S|"
    rf"(?:{AUXILIARIES}) {_SUBJECT}\b \S)"
)
_JOINT = re.compile(
    rf"(?:\s*[,;])?\s+(?:and|but|as well as)(?:\s+(?:also|then|if so),?)?,?\s+(?={_CLAUSE})|\s*;\s+(?={_CLAUSE})",
    re.IGNORECASE,
)
_COMMA = re.compile(rf",\s+(?={_CLAUSE})", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=\?)\s+(?=\S)")
_LINK = re.compile(r"(?:and|also|but|plus|then|secondly|second|or)[,:]?\s+(?:also\s+|then\s+)?(?=\S)", re.IGNORECASE)
_FIRST = re.compile(rf"(?:{QUESTION_WORDS})\b", re.IGNORECASE)
_RELATIVE = re.compile(rf"\b(?:{WH_WORDS}|that|if|whether)\b", re.IGNORECASE)
_PLAIN_WH = r"(?:who|what|when|where|why|how(?: (?:much|many|long|often|far|old))?)"
_COORDINATED = re.compile(
    rf"({_PLAIN_WH})(?:\s*,\s*({_PLAIN_WH}))?\s*,?\s+(?:and|&)\s+({_PLAIN_WH})\s+((?:{AUXILIARIES})\b\s+\S.*)",
    re.IGNORECASE,
)
_NEVER_TOGETHER = frozenset({"who what", "what who"})

_NOUN = r"(?:(?:the|an?|this|that|our|my|your|his|her|their)\s+)?[^\s,;?]+(?:\s+[^\s,;?]+){0,4}?"
_NO_PREPOSITION = re.compile(
    rf"\b(?:of|in|on|at|by|with|for|from|to|as|during|before|after|and|or|{WH_WORDS}|that|{AUXILIARIES})\b",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(
    rf"(?:what|who|where|when|how)\s+(?:is|are|was|were)\s+(?P<subject>{_NOUN})"
    r"(?:\s+(?:\w+ed|\w+en|born|made|built|held|found|kept|sold|set|paid|known))?",
    re.IGNORECASE,
)
_DONE = re.compile(
    rf"(?:who|what)\s+(?!{AUXILIARIES}\b)(?!{_NOT_A_VERB}\b)[\w-]+(?:\s+(?:out|up|off))?\s+(?P<subject>{_NOUN})",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:{WH_WORDS})\s+(?:{AUXILIARIES})\s+(?P<subject>(?:the\s+)?[A-Z][\w.'\u2019-]*(?:\s+(?:(?:of|de|von|van|the|la)\s+)*[A-Z][\w.'\u2019-]*)*)\s+[a-z]\w+.*"
)
_PRONOUN = re.compile(r"\b(it|they|them|he|she|him)\b(?!['\u2019])", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(its|their|his)\b(?=\s+\w)", re.IGNORECASE)


def split_questions(core: str) -> tuple[str, ...]:
    """Split the core of a line into one to four questions. Several end in a question mark each; a single one is unchanged.

    A comparison of a value of two things, "Compare the price of A and B", is two.
    """
    if compared := COMPARED.fullmatch(core):
        return tuple(f"What is the {compared['value']} of {each}?" for each in (compared["one"], compared["other"]))
    parts: list[str] = []
    for sentence in _sentences(core):
        parts += _coordinated(sentence) or _joined(sentence)
    if len(parts) < 2:
        return (core,)
    if len(parts) > MOST_PARTS:
        parts[MOST_PARTS - 1 :] = [" ".join(f"{part}?" for part in parts[MOST_PARTS - 1 :]).rstrip("?")]
    whole = list(accumulate(parts, _carry_subject))
    return tuple(_finish(part) for part in whole)


def join_parts(question: str, parts: Sequence[Answer]) -> Answer:
    """Join the answers to the questions of one line, in the order asked; at least one, none with parts.

    Returns:
        "answered" if every part is, "closest" if some part is answered or closest, else "not_in_sources". The confidence
        is the lowest of the parts. Citations and closest passages are those of all parts, one part after another, with
        their answer words; evidence and corrections name each word once.

    Raises:
        ValueError: There is no part, or a part has parts.
    """
    if not parts:
        raise ValueError("an answer in parts needs a part")
    verdicts = {part.verdict for part in parts}
    verdict: Verdict = "not_in_sources" if verdicts == {"not_in_sources"} else "closest"
    as_typed = all(is_searched_alone(part.question, part.searched, part.corrected) for part in parts)
    caveats = (caveat for part in parts for caveat in part.scope.caveats)
    disagreements: list[Disagreement] = []
    before = 0
    for part in parts:
        for found in part.disagreements:
            statements = (replace(each, citation=each.citation + before) for each in found.statements)
            disagreements.append(replace(found, statements=tuple(statements)))
        before += len(part.citations)
    return Answer(
        question=question,
        searched=read_question(question).text if as_typed else " ".join(part.searched for part in parts),
        verdict="answered" if verdicts == {"answered"} else verdict,
        confidence=min(part.confidence for part in parts),
        citations=tuple(citation for part in parts for citation in part.citations),
        closest=tuple(citation for part in parts for citation in part.closest),
        scope=replace(parts[0].scope, caveats=tuple(dict.fromkeys(caveats))),
        evidence=tuple({term.word: term for part in parts for term in part.evidence}.values()),
        disagreements=tuple(disagreements),
        parts=tuple(parts),
        corrected=tuple(dict.fromkeys(pair for part in parts for pair in part.corrected)),
        basis=next((part.basis for part in parts if part.basis != "reading"), "reading"),
    )


def _sentences(core: str) -> list[str]:
    """Split at question marks, but only before a sentence that begins as a question does."""
    found: list[str] = []
    for piece in _SENTENCE.split(core):
        plain = _LINK.sub("", piece, count=1) if found and _LINK.match(piece) else piece
        if (found and not (_FIRST.match(plain) and has_content(plain))) or (found and not asks(found[-1])):
            found[-1] += " " + piece
        else:
            found.append(plain)
    return [piece.rstrip("? ") for piece in found]


def _coordinated(sentence: str) -> list[str]:
    """Split "When and where was X born" into two questions, or three; return none for any other form."""
    match = _COORDINATED.fullmatch(sentence)
    if not match or not has_content(match[4]) or _JOINT.search(match[4]):
        return []
    words = [word for word in match.group(1, 2, 3) if word]
    lower = [word.lower() for word in words]
    if " ".join(lower) in _NEVER_TOGETHER or len(set(lower)) < len(lower):
        return []
    return [f"{word} {match[4]}" for word in words]


def _joined(sentence: str) -> list[str]:
    """Split at "and" and at semicolons."""
    if not _FIRST.match(sentence):
        return [sentence]
    pieces, start = [], 0
    for match in _JOINT.finditer(sentence):
        listed = _listed(sentence[start : match.start()])
        before = listed[-1]
        if len(before.split()) >= 3 and has_content(before) and not _goes_on(before):
            pieces += listed
            start = match.end()
    return [*pieces, sentence[start:]]


def _listed(text: str) -> list[str]:
    """Split the questions before an "and" at commas if each piece is a question: "When is it, who leads it"."""
    pieces = _COMMA.split(text)
    whole = all(len(piece.split()) >= 3 and re.match(_CLAUSE, piece, re.IGNORECASE) for piece in pieces)
    return pieces if whole else [text]


def _goes_on(before: str) -> bool:
    """Return whether "and" continues a clause inside the question: "the man who came and who died"."""
    opener = _FIRST.match(before)
    inside = before[opener.end() if opener else 0 :]
    return bool(_RELATIVE.search(inside)) or "between" in before.lower().split()


def _carry_subject(before: str, part: str) -> str:
    """Replace the pronoun of a part by the subject of the part before, if both are plain."""
    if not (_PRONOUN.search(part) or _POSSESSIVE.search(part)):
        return part
    subject = _subject(before)
    opener = _FIRST.match(part)
    if not subject or _RELATIVE.search(part, opener.end() if opener else 0):
        return part
    owner = subject + ("'" if subject.endswith("s") else "'s")
    if _PRONOUN.search(part):
        return _PRONOUN.sub(lambda _: subject, part, count=1)
    return _POSSESSIVE.sub(lambda _: owner, part, count=1)


def _subject(question: str) -> str:
    """Find the subject of a plain question: "the boat" in "Who owns the boat", "Marie Curie" in "When was Marie Curie born"."""
    text = question.rstrip("? ")
    for pattern in (_NAMED, _DESCRIBED, _DONE):
        match = pattern.fullmatch(text)
        subject = match["subject"] if match else ""
        if has_content(subject) and not _NO_PREPOSITION.search(subject) and not _PRONOUN.search(subject):
            return subject
    return ""


def _finish(part: str) -> str:
    text = part.strip(" ,;?")
    return text[:1].upper() + text[1:] + "?"
