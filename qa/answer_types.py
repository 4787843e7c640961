"""What kind of answer a question asks for, and whether a sentence has one.

Six kinds are told apart by the question's words: a number, a date, a place, a person, a reason, a name. A sentence
has the kind when it holds a matching shape that the question itself does not hold. A shape is weak evidence: it helps
to choose between sentences that are equally near, never alone.
"""

import re

_COUNTED = (
    r"percent(?:age)?|number|amount|population|size|length|height|distance|age|rate|ratio|fraction|proportion|"
    r"temperature|speed|cost|price|weight|score"
)
_SITE = (
    r"country|countries|city|cities|town|state|place|location|continent|county|region|province|nation|island|street|"
    r"village"
)
_PERSON = r"person|president|king|queen|actor|actress|author|singer|player|leader|emperor|scientist|man|woman|character"
_WHICH = r"\b(?:what|which)(?: \w+)"
# In order: the first that fits decides.
_KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            "number",
            rf"\bhow (?:many|much|old|long|tall|far|large|big|high|deep|wide|heavy|fast|often|hot|cold)\b|"
            rf"{_WHICH}{{0,3}} (?:{_COUNTED})\b",
        ),
        (
            "date",
            rf"(?:^|\b(?:since|until|by|and) )\W*when (?!.*\bwh)|"
            rf"\bwhen (?:did|was|were|is|are|do|does|will|has|have|had|can|should)\b|"
            rf"{_WHICH}{{0,1}} (?:year|date|day|month|century|decade|era)\b|\bhow long ago\b",
        ),
        ("place", rf"\bwhere\b|{_WHICH}{{0,2}} (?:{_SITE})\b"),
        ("person", rf"\bwho(?:m|se)?\b|{_WHICH}{{0,2}} (?:{_PERSON})\b"),
        ("reason", rf"\bwhy\b|{_WHICH}{{0,2}} (?:reason|cause|caused|causes|purpose)\b|\bhow come\b"),
        (
            "name",
            r"\b(?:what|which)\b.*\b(?:names?|called|termed?|known as|word|nickname|referred to|title)\b|\bname of\b",
        ),
    )
)

_YES_NO = re.compile(
    r"\W*(?:(?:according to|in) [^,]*, |so,? |and,? |but,? )*"
    r"(?!(?:can|could|would|will|do) you (?:please )?(?:tell|explain|clarify|say|know|give|show)\b)"
    r"(?:is|are|am|was|were|do|does|did|has|have|had|ca|can|could|wo|will|would|shall|should|may|might|must)"
    r"(?:n['\u2019]?t)?\b",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"\bdefin(?:e|es|ed|ition)\b|\bmeaning of\b|\bmeant by\b|\bwhat (?:do|does|did)\b.*\b(?:mean|means|stand for)\b|"
    r"^\W*what(?:['\u2019]?s| is| are| was| were) (?:the [\w.-]+|(?:an? )?"
    r"(?:(?!(?:an?|the|of|in|on|at|for|to|from|by|with|about|between|that|which)\b)[\w.-]+\s*){1,3})\W*$",
    re.IGNORECASE,
)
_HOW = re.compile(r"\bhow\b", re.IGNORECASE)

_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions? billions? "
    "trillions? dozens? half twice third quarter"
)
_NUMBER = re.compile(rf"(?<![\w.])\d[\d,.]*\d|\d|\b(?:{'|'.join(_NUMBER_WORDS.split())})\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_DATE = re.compile(
    r"\b(?:1\d{3}|20\d\d)s?\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b|\b(?:century|centuries|decade|today|yesterday|tomorrow|"
    r"tonight|midnight|noon|spring|summer|autumn|winter|morning|evening|before|after|during|until)\b|"
    r"\b\d+(?:st|nd|rd|th|\s?BCE?|\s?AD|\s?CE|\s?BP)\b"
)
_REASON = re.compile(
    r"\b(?:because|due to|since|so that|in order|as a result|result(?:s|ed)? (?:of|in|from)|owing|reasons?|thanks to|"
    r"cause[sd]?|led to|leads to|therefore|thus|hence|allow(?:s|ed|ing)?|aimed at|"
    r"to (?:avoid|prevent|protect|make|reduce|allow|keep|ensure))\b",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"\b(?:called|known as|named|termed|referred to as|(?:en)?titled|nicknamed|dubbed)\b|[\"\u201c(]", re.IGNORECASE
)
_PREPOSITION = re.compile(
    r"\b(?:in|at|from|near|to|of|into|across|outside|inside|between|around|on|through|towards?)\s+"
    r"(?:the\s+)?(?:[a-z]+\s+)?([A-Z][\w'\u2019-]+)"
)
_CAPITALISED = re.compile(r"(?<![\w'\u2019])[A-Z][\w'\u2019-]*")
_SENTENCE_START = re.compile(r"(?:^|[.!?\"\u201c(])\s*$")
_WORDS = re.compile(r"[^\W_][\w'\u2019-]*")


def answer_kind(question: str) -> str | None:
    """Tell what kind of answer a question asks for.

    Args:
        question: As typed.

    Returns:
        "number", "date", "place", "person", "reason" or "name"; None when its words do not tell.
    """
    return next((kind for kind, pattern in _KINDS if pattern.search(question)), None)


def question_kind(question: str) -> str:
    """Name the kind of a question by its words, for figures by kind.

    Args:
        question: As typed.

    Returns:
        "yes/no" for a question that begins with an auxiliary verb, unless that asks to be told something ("Can you tell
        me who ..."); else what `answer_kind` returns; else "definition", "how" or "other".
    """
    if _YES_NO.match(question):
        return "yes/no"
    kind = answer_kind(question)
    if kind:
        return kind
    if _DEFINITION.search(question):
        return "definition"
    return "how" if _HOW.search(question) else "other"


def has_kind(kind: str, question: str, sentence: str) -> bool:
    """Tell whether a sentence holds the shape of an answer that the question does not hold itself.

    Args:
        kind: As `answer_kind` gives it.
        question: As typed.
        sentence: A sentence of a document.

    Returns:
        Whether it does.
    """
    asked = {_bare(word) for word in _WORDS.findall(question)}
    if kind == "number":
        return any(_bare(found) not in asked and not _YEAR.fullmatch(found) for found in _NUMBER.findall(sentence))
    if kind == "date":
        return any(_bare(found) not in asked for found in _DATE.findall(sentence))
    if kind == "reason":
        return bool(_REASON.search(sentence))
    if kind == "name":
        return bool(_NAMING.search(sentence))
    if kind == "place":
        return any(_bare(found) not in asked for found in _PREPOSITION.findall(sentence))
    return _has_new_name(asked, sentence)


def _has_new_name(asked: set[str], sentence: str) -> bool:
    """A capitalised word that is not in the question and does not owe its capital to beginning the sentence."""
    for match in _CAPITALISED.finditer(sentence):
        if _bare(match.group()) in asked or match.group() == "I":
            continue
        followed = sentence[match.end() : match.end() + 2]
        if not _SENTENCE_START.search(sentence, 0, match.start()) or (followed[:1] == " " and followed[1:].isupper()):
            return True
    return False


def _bare(word: str) -> str:
    return word.lower().removesuffix("'s").removesuffix("\u2019s")
