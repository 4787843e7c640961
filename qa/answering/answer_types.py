"""Classify questions by the kind of answer they ask for, and find sentences with that kind of answer.

There are six kinds: a number, a date, a place, a person, a reason, a name. A sentence has the kind if it contains a
matching expression that the question does not contain. This is weak evidence: it helps to choose between sentences that
are equally near, never alone.
"""

import re

from qa.answering.question import unwrap

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
# The first pattern that matches decides.
_KINDS = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "number": rf"\bhow (?:many|much|old|long|tall|far|large|big|high|deep|wide|heavy|fast|often|hot|cold)\b|"
        rf"{_WHICH}{{0,3}} (?:{_COUNTED})\b",
        "date": rf"(?:^|\b(?:since|until|by|and) )\W*when (?!.*\bwh)|"
        rf"\bwhen (?:did|was|were|is|are|do|does|will|has|have|had|can|should)\b|"
        rf"{_WHICH}{{0,1}} (?:year|date|day|month|century|decade|era)\b|\bhow long ago\b",
        "place": rf"\bwhere\b|{_WHICH}{{0,2}} (?:{_SITE})\b",
        "person": rf"\bwho(?:m|se)?\b|{_WHICH}{{0,2}} (?:{_PERSON})\b",
        "reason": rf"\bwhy\b|{_WHICH}{{0,2}} (?:reason|cause|caused|causes|purpose)\b|\bhow come\b",
        "name": r"\b(?:what|which)\b.*\b(?:names?|called|termed?|known as|word|nickname|referred to|title)\b|\bname of\b",
    }.items()
}
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
_AUXILIARY = (
    r"(?:is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must)(?:n['\u2019]?t)?|"
    r"cannot|can['\u2019]?t|won['\u2019]?t|shan['\u2019]?t"
)
_YES_NO = re.compile(
    rf"\W*(?:(?:and|but|so|or),? )?(?:{_AUXILIARY}|whether)\b(?! (?:what|which|whom)\b)", re.IGNORECASE
)
_HOW = re.compile(r"\bhow\b", re.IGNORECASE)
_CHOICE = re.compile(r"\bor\b(?! not\b)", re.IGNORECASE)
_WHAT_IS = (
    r"(?:(?:what(?:'s|\u2019s| is| are| was| were) (?:(?:an?|(?<!are )(?<!were )the) )?)|"
    r"who(?:'s|\u2019s| is| are| was| were) (?!(?:an?|the) ))"
)
# "What is the capital of France?" asks for no definition: a subject after "the" must not contain "of".
_DEFINITION = tuple(
    re.compile(rf"\W*{pattern}[\s?.!]*", re.IGNORECASE)
    for pattern in (
        r"(?:what(?:'s|\u2019s| is| are)|the)? ?(?:the )?(?:meaning|definition)s? of (?:the (?:word|term|phrase) )?"
        r"(?P<subject>.+?)",
        r"what (?:does|do|did) (?:the (?:word|term|phrase|abbreviation|acronym) )?(?P<subject>.+?) "
        r"(?:stand for|mean|refer to|signify|denote)",
        r"what is meant by (?:the (?:word|term|phrase) )?(?P<subject>.+?)",
        r"(?:please )?define (?:the (?:word|term|phrase) )?(?P<subject>.+?)",
        r"how (?:is|are) (?P<subject>.+?) defined",
        r"(?!(?:what|which|who|when|where|why|how|is|are|do|does|did|was|were)\b)"
        r"(?P<subject>[\w'\u2019 -]+?),? (?:meaning|definition)",
        rf"{_WHAT_IS}(?P<subject>(?!(?:an?|the) )[^\s?]+(?: [^\s?]+){{0,4}}?)",
    )
)
_NOT_DEFINED = re.compile(
    r"\b(?:of|in|on|at|for|from|by|with|between|about|against|to|than|as|that|who|which|when|where|his|her|its|their|my|your|our|"
    r"it|they|he|she|this|these|those|there|and|or|not|most|best|first|last|\w{2,}(?:ed|est))\b|^(?:your|my|his|her)\b",
    re.IGNORECASE,
)
_ASKED_VALUE = re.compile(
    rf"(?:[\w'\u2019-]+ )*(?:{_COUNTED}|{_SITE}|names?|reasons?|causes?|purpose|difference|year|date|title|colou?r)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:an?|the) (?=\S)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\w['\u2019]s\b|s['\u2019] ")  # "France's capital"
_METHOD = re.compile(
    rf"\W*(?:how (?:to|(?:{_AUXILIARY})\b)|in what way|by what means|what (?:is|are) the (?:steps?|way|process|procedure)s?)\b",
    re.IGNORECASE,
)


def answer_kind(question: str) -> str | None:
    """Find the kind of answer a question asks for; None if its words show no kind."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(question)), None)


def question_kind(question: str) -> str:
    """Name the form of a question: "yes/no", a kind of answer, "definition", "how" or "other"; the first that fits its core."""
    core = unwrap(question)
    if is_yes_no(core):
        return "yes/no"
    if kind := answer_kind(core):
        return kind
    if definition_subject(core):
        return "definition"
    return "how" if _HOW.search(core) else "other"


def is_yes_no(core: str) -> bool:
    """Return whether a question asks for yes or no: "Is it …?", "Can …?", "whether …"; not "Is it red or blue?"."""
    return bool(_YES_NO.match(core)) and not _CHOICE.search(core)


def is_method(core: str) -> bool:
    """Return whether a question asks how something is done or happens, not how much of it exists."""
    return bool(_METHOD.match(core))


def definition_subject(core: str) -> str:
    """Find the term a question asks to define: "soft power" in "What is soft power?"; empty for any other question."""
    for position, pattern in enumerate(_DEFINITION, start=1):
        match = pattern.fullmatch(core)
        if not match:
            continue
        subject = match["subject"].strip(" \"'\u201c\u201d?.,")
        described = position == len(_DEFINITION) and (
            _NOT_DEFINED.search(subject) or _ASKED_VALUE.fullmatch(subject) or _POSSESSIVE.search(subject)
        )
        return "" if described else _ARTICLE.sub("", subject)
    return ""


def has_kind(kind: str, question: str, sentence: str) -> bool:
    """Return whether a sentence contains an answer of a kind that the question itself does not contain."""
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
    # A person: a capitalised word that does not just begin the sentence.
    for match in _CAPITALISED.finditer(sentence):
        if _bare(match.group()) in asked or match.group() == "I":
            continue
        followed = sentence[match.end() : match.end() + 2]
        if not _SENTENCE_START.search(sentence, 0, match.start()) or (followed[:1] == " " and followed[1:].isupper()):
            return True
    return False


def _bare(word: str) -> str:
    return word.lower().removesuffix("'s").removesuffix("\u2019s")
