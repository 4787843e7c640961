"""What kind of answer a question asks for, in what form it asks, and whether a sentence has such an answer.

Six kinds are told apart by the question's words: a number, a date, a place, a person, a reason, a name. A sentence
has the kind when it holds a matching shape that the question itself does not hold. A shape is weak evidence: it helps
to choose between sentences that are equally near, never alone.
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
        "yes/no", what `answer_kind` returns, "definition", "how" or "other"; the first that fits the question's core.
    """
    core = unwrap(question)
    if is_yes_no(core):
        return "yes/no"
    kind = answer_kind(core)
    if kind:
        return kind
    if is_definition(core):
        return "definition"
    return "how" if _HOW.search(core) else "other"


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


# Forms of question, beside the kinds of answer above. They decide nothing here: whoever chooses a quote asks for them.
_AUXILIARY = (
    r"(?:is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must)(?:n['\u2019]?t)?|"
    r"cannot|can['\u2019]?t|won['\u2019]?t|shan['\u2019]?t"
)
_YES_NO = re.compile(
    rf"\W*(?:(?:and|but|so|or),? )?(?:{_AUXILIARY}|whether)\b(?! (?:what|which|whom)\b)", re.IGNORECASE
)
_HOW = re.compile(r"\bhow\b", re.IGNORECASE)
_CHOICE = re.compile(r"\bor\b(?! not\b)", re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(?:not|never|no longer|cannot|neither|nobody|nothing|none|without|except|fail(?:s|ed)? to|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_WHAT_IS = (
    r"(?:(?:what(?:'s|\u2019s| is| are| was| were) (?:(?:an?|(?<!are )(?<!were )the) )?)|"
    r"who(?:'s|\u2019s| is| are| was| were) (?!(?:an?|the) ))"
)
# The subject of "What is the capital of France?" is described, not defined: what follows "the" may have no "of".
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
_METHOD = re.compile(
    rf"\W*(?:how (?:to|(?:{_AUXILIARY})\b)|in what way|by what means|what (?:is|are) the (?:steps?|way|process|procedure)s?)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\bhow long\b(?! ago\b)(?! (?:is|are|was|were) (?:the |a |an )?\w+ (?:river|road|bridge|wall|border|coast|track|line))|"
    r"\bfor how (?:many|long)\b|\bhow many (?:seconds|minutes|hours|days|nights|weeks|months|years|decades|centuries)\b|"
    rf"{_WHICH}{{0,2}} duration\b",
    re.IGNORECASE,
)
_NUMBER_WORD = rf"(?:\d[\d,.]*|an?|several|few|{'|'.join(_NUMBER_WORDS.split())})"
_LASTING = re.compile(
    rf"\b{_NUMBER_WORD}(?:\s+|-)(?:[a-z]+(?:\s+|-))?(?:second|minute|hour|day|night|week|fortnight|month|year|decade|"
    r"centur|millenni)(?:s|y|ies|um|a)?\b|\b(?:from|between)\s+\S+(?:\s+\S+){0,3}\s+(?:to|until|till|and)\s+\S*\d|"
    r"\b\d{3,4}\s?[\u2013-]\s?\d{2,4}\b|\b(?:permanently|forever|indefinitely|overnight)\b",
    re.IGNORECASE,
)


def is_yes_no(core: str) -> bool:
    """Tell whether a question asks for yes or no: "Is it …?", "Can …?", "whether …"; not "Is it red or blue?"."""
    return bool(_YES_NO.match(core)) and not _CHOICE.search(core)


def is_negated(core: str) -> bool:
    """Tell whether a question is about what is not so: "Which country did not sign?", "Isn't it …?"."""
    return bool(_NEGATED.search(core))


def is_method(core: str) -> bool:
    """Tell whether a question asks how something is done or comes about, not how much of it there is."""
    return bool(_METHOD.match(core))


def is_duration(core: str) -> bool:
    """Tell whether a question asks how long something lasts."""
    return bool(_DURATION.search(core))


def has_duration(sentence: str) -> bool:
    """Tell whether a sentence gives a length of time: "three days", "from 1914 to 1918"."""
    return bool(_LASTING.search(sentence))


def definition_subject(core: str) -> str:
    """What a question wants defined: "soft power" of "What is soft power?"; empty where it wants no definition."""
    for position, pattern in enumerate(_DEFINITION, start=1):
        match = pattern.fullmatch(core)
        if not match:
            continue
        subject = match["subject"].strip(" \"'\u201c\u201d?.,")
        described = position == len(_DEFINITION) and (
            _NOT_DEFINED.search(subject) or _ASKED_VALUE.fullmatch(subject) or _has_possessive(subject)
        )
        return "" if described else _ARTICLE.sub("", subject)
    return ""


def is_definition(core: str) -> bool:
    """Tell whether a question asks what something is, means or stands for."""
    return bool(definition_subject(core))


def _has_possessive(text: str) -> bool:
    """Tell whether a text says whose something is: "France's capital"."""
    return bool(re.search(r"\w['\u2019]s\b|s['\u2019] ", text))


def defines(sentence: str, subject: str) -> bool:
    """Tell whether a sentence has the form of a definition.

    Args:
        sentence: A sentence of a document.
        subject: What is defined, as `definition_subject` gives it.

    Returns:
        Whether it says that the subject is, means, stands for or refers to something, names it beside its description
        ("X, or Y,", "Y, called X"), or puts a colon or a dash behind it.
    """
    words = _WORDS.findall(subject)
    if not words:
        return False
    name = r"[\s\u2010-\u2015-]+".join(re.escape(word) for word in words) + r"(?:e?s)?"
    beside = r"(?:\s*\([^()]{1,80}\)|,[^,.;]{1,80},)?"
    one = r"(?:an?|the|any|one|when|where|what|that|those|these|some|all|each|every|[a-z]+(?:ing|s)|[a-z]+)"
    forms = (
        rf"^\W*(?:(?:in|for|as)\b[^,]{{1,60}},\s*)?(?:(?:the|an?)\s+)?(?:(?:term|word|phrase|name|abbreviation)\s+)?[\"\u201c'\u2018]?"
        rf"{name}[\"\u201d'\u2019]?{beside}\s+(?:(?:also|generally|usually|commonly|often|here|itself)\s+)?"
        rf"(?:(?:is|are|was|were)\s+(?!(?:not|\w+ed\s+(?:by|in|on|at|to|from))\b){one}\b|"
        r"means?\b|meant\b|stands?\s+for\b|stood\s+for\b|refers?\s+to\b|denotes?\b|describes?\b|designates?\b|comprises?\b|"
        r"consists?\s+of\b|includes?\b)",
        rf"^\W*(?:the\s+)?{name}\s*(?::|\s[\u2013\u2014-]\s)\s*\S",
        rf"\b{name},\s+(?:or|i\.e\.|that\s+is|meaning|an?|the)\s+[^,.;]{{2,}}",
        rf"\b(?:called|known\s+as|termed|named|referred\s+to\s+as|dubbed|abbreviated(?:\s+(?:as|to))?|i\.e\.,?|or)\s+"
        rf"(?:(?:the|an?)\s+)?[\"\u201c'\u2018]?{name}\b",
        rf"\w\s*\([\"\u201c'\u2018]?{name}[\"\u201d'\u2019]?\)",
        rf"\b{name}\s*\((?!\d)[^()]{{3,}}\)",
        rf"\b(?:we|to)\s+(?:define|call)\s+{name}\b|\bby\s+[\"\u201c'\u2018]?{name}[\"\u201d'\u2019]?,?\s+(?:we|I)\s+mean\b",
    )
    return any(re.search(form, sentence, re.IGNORECASE) for form in forms)
