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
# "How many" in other languages; no word of these is English.
_FOREIGN_NUMBER = re.compile(
    r"\bwie (?:viele?|hoch|lange?|gro\xdf|alt|weit|oft|schwer|teuer|breit|tief|schnell)\b|\bwieviele?\b|\bwas kostet\b|"
    r"\bcombien\b|\bcu\xe1nt[oa]s?\b|\bquant[oaie]s?\b|\bhoeveel\b|\bhoe (?:lang|hoog|groot|oud|ver|vaak|zwaar|duur)\b|"
    r"\bhur (?:m\xe5nga|mycket|l\xe5ng|l\xe4nge|stor|gammal|h\xf6g|ofta)\b|"
    r"\bhvor (?:mange|meget|mye|lang|lenge|h\xf8y|h\xf8j|stor|gammel|ofte)\b|\bile\b|\u0441\u043a\u043e\u043b\u044c\u043a\u043e|"
    r"\u591a[\u5c11\u957f\u4e45\u5927\u9ad8\u8fdc]|\u51e0(?!\u4e4e)|\u3044\u304f[\u3089\u3064]|"
    r"\u4f55[\u4eba\u500b\u5186\u5e74\u65e5\u672c\u679a\u5206\u6642\u56de]|\uc5bc\ub9c8|\uba87",
    re.IGNORECASE,
)
# From two on, in German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish and Norwegian, Polish, and Russian.
_FOREIGN_NUMBER_WORDS = (
    "zwei drei vier f\xfcnf sechs sieben acht neun zehn elf zw\xf6lf zwanzig drei\xdfig hundert tausend millionen "
    "deux trois quatre cinq six sept huit neuf dix onze douze vingt trente cent mille millions? "
    "dos tres cuatro cinco seis siete ocho nueve diez doce veinte treinta cien mil "
    "dois duas tr\xeas quatro sete oito dez vinte trinta cem due tre quattro cinque sei sette otto nove dieci dodici venti "
    "twee vijf zes zeven negen tien twaalf twintig honderd duizend tv\xe5 fyra fem sex sju \xe5tta nio tio tolv tjugo "
    "hundra tusen fire seks syv otte ti dwa trzy cztery pi\u0119\u0107 dziesi\u0119\u0107 "
    "\u0434\u0432\u0430 \u0434\u0432\u0435 \u0442\u0440\u0438 \u0447\u0435\u0442\u044b\u0440\u0435 "
    "\u043f\u044f\u0442\u044c \u0448\u0435\u0441\u0442\u044c \u0441\u0435\u043c\u044c "
    "\u0432\u043e\u0441\u0435\u043c\u044c \u0434\u0435\u0432\u044f\u0442\u044c \u0434\u0435\u0441\u044f\u0442\u044c "
    "\u0441\u0442\u043e "
)
_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundreds? thousands? millions? billions? "
    "trillions? dozens? half twice third quarter"
)
_NUMBER = re.compile(rf"(?<![\w.])\d[\d,.]*\d|\d|\b(?:{'|'.join(_NUMBER_WORDS.split())})\b", re.IGNORECASE)
_FOREIGN_NUMERAL = re.compile(
    rf"\d|\b(?:{'|'.join(_FOREIGN_NUMBER_WORDS.split())})\b|"
    "[\u4e00\u4e8c\u4e24\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u4e07]",  # of Chinese and Japanese
    re.IGNORECASE,
)
_HOW_OFTEN = re.compile(r"\b(?:often|times|frequen\w+)\b", re.IGNORECASE)
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
    kind = next((kind for kind, pattern in _KINDS.items() if pattern.search(question)), None)
    return kind or ("number" if _FOREIGN_NUMBER.search(question) else None)


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
    if kind == "number" and _FOREIGN_NUMBER.search(question):
        return any(_bare(found) not in asked for found in _FOREIGN_NUMERAL.findall(sentence))
    if kind == "number":
        if not _HOW_OFTEN.search(question):
            asked.add("twice")  # "are trained twice a year" does not say how many there are
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
