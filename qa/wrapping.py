"""Take a question out of its wrapping: greetings, politeness, "according to the passage".

    Hi, could you please tell me who owns the boat, according to the document? Thanks!  ->  Who owns the boat?

What is left is the question's core. It is what is searched and read, so that the wrapping changes nothing. Only set
forms go: "according to the text" is wrapping, "according to Darwin" and "according to the 2019 census" say what is asked.
Quotation marks go too, and the core of a question ends in one question mark, whether one was typed or not.
"""

import re

from index import STOP_TERMS, question_terms
from qa.requests import is_small_talk

WH_WORDS = "who|whom|whose|what|when|where|why|which|how"
AUXILIARIES = (
    "is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must|"
    "isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't|can't|cannot|couldn't|won't|wouldn't|shouldn't"
)
QUESTION_WORDS = (
    rf"(?:{WH_WORDS}|{AUXILIARIES}|whether|"
    r"(?:in|on|at|to|for|from|of|by|with|under|into|through|during) (?:what|which|whom|whose))"
)
_WHAT_IS_ASKED = re.compile(rf"\W*{QUESTION_WORDS}(?:['\u2019]\w+)?\b|.*\b(?:{WH_WORDS})\b", re.IGNORECASE)

# What is asked of: set words for "the documents here", whatever they are.
_TEXT = r"(?:passage|document|text|report|article|paragraph|excerpt|source|file|page|context|material|doc|pdf)s?"
_SHOWN = r"(?:(?:above|given|provided|following|attached|uploaded|supplied|present|current|whole|entire) )"
_SOURCES = (
    rf"(?:the |this |these |my |our |your )(?:information (?:(?:given |provided |found )?in )(?:the |this ))?{_SHOWN}?{_TEXT}"
    r"(?: (?:above|below|provided|given|here))?"
)
_ACCORDING = (
    r"(?:according to|based (?:only |solely |purely )?(?:on|upon)|as per|per|going by|judging (?:by|from)|given|"
    r"using (?:only )?|from|in|within|with reference to|referring to|"
    r"as (?:stated|mentioned|described|written|said|given|explained) (?:in|by))"
)
_ACCORDING_BEHIND = (
    r"(?:according to|based (?:only |solely )?(?:on|upon)|as per|as (?:stated|mentioned|described|written) in)"
)
_GREETING = (
    r"(?:hi|hello|hey|hiya|howdy|greetings|dear \w+|good (?:morning|afternoon|evening|day))"
    r"(?: there| all| everyone| everybody| again| assistant| team| folks)?"
)
_PLEASE = r"(?:please |kindly |perhaps |possibly |maybe |also )*"
_BEGINS = rf"{QUESTION_WORDS}\b|if\b|please\b|tell\b|i\b|i['\u2019]\w+|explain\b|describe\b|summari[sz]e\b|give\b|show\b|list\b"
_TOLD = rf"(?={QUESTION_WORDS}\b|if\b|the\b|about\b|something about\b|anything about\b|everything about\b|all about\b)"
_KNOWN = rf"(?={QUESTION_WORDS}\b|if\b|about\b)"

# Each is tried at the beginning until none fits; what it matches goes.
_BEFORE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_GREETING}\s*[,.!:;\u2013\u2014-]+(?!\s*\w+!)\s*(?=\W*(?:{_BEGINS}|according|based|in\b|from\b|\S+\s+\S+\s+\S+))",
        rf"{_GREETING}\s+(?={_BEGINS})(?!i\b)",
        r"how are you(?: doing)?(?: today)?\s*[?.!,]+\s*",
        r"(?:my |a |one |another |quick |here is my |here's my )*question(?: is)?\s*[:\u2013\u2014]\s*",
        rf"{_ACCORDING} {_SOURCES}\s*(?:,|:)\s*",
        rf"(?:according to|based (?:only |solely )?(?:on|upon)) {_SOURCES}\s+(?={QUESTION_WORDS}\b)",
        rf"what (?:do|does|did) {_SOURCES} (?:say|state|mention|tell us|tell me|write) (?:about|on|of|regarding) ",
        rf"(?:do|does|did) {_SOURCES} (?:say|state|mention|tell us|tell me|explain|specify) (?={QUESTION_WORDS}\b|if\b)",
        rf"(?:please,?|kindly) (?!please\b)(?={_BEGINS})",
        rf"(?:can|could|would|will) (?:you|u|anyone|somebody|someone) {_PLEASE}(?:tell|inform|show) (?:me|us) {_PLEASE}{_TOLD}",
        rf"(?:can|could|would|will) (?:you|u|anyone|somebody|someone) {_PLEASE}let (?:me|us) know {_KNOWN}",
        rf"(?:can|could|would|will) (?:you|u) {_PLEASE}(?=explain\b|describe\b|summari[sz]e\b)",
        r"(?:can|could|would|will) (?:you|u) (?:please|kindly) (?=\w+ )",
        rf"(?:tell|show) (?:me|us) {_PLEASE}{_TOLD}",
        rf"let (?:me|us) know {_KNOWN}",
        rf"(?:i|we)(?:['\u2019]d| would| do)? {_PLEASE}(?:like|love|want|need|wish) to "
        rf"(?:know|find out|learn|understand|ask)(?: you)? {_KNOWN}",
        rf"(?:i|we)(?: am| was|['\u2019]m| were| are)? {_PLEASE}(?:just )?(?:wonder|wondering|curious)(?: to know)? {_KNOWN}",
        rf"(?:do|does|would|did) (?:you|u|anyone|anybody|somebody|someone) (?:happen to )?{_PLEASE}know {_KNOWN}",
        rf"(?:can|could|may|might) (?:i|we) {_PLEASE}(?:ask|know)(?: you)? {_KNOWN}",
    )
)
_ABOUT = re.compile(r"(?:something |anything |everything |all )?about (?=\S)", re.IGNORECASE)
_IF = re.compile(r"if (?=\S)", re.IGNORECASE)
_AFTER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:[,.;!?\u2013\u2014-]+\s*|\n\s*)(?:(?:many |very )?thanks|thank you|thx|cheers|ty)"
        r"(?: (?:in advance|a lot|so much|very much|again|for your help|for the help))*$",
        r"\s+(?:thanks in advance|thank you in advance|thank you very much in advance)$",
        r"(?:\s*[,.;!?\u2013\u2014-]+\s*|\s+)(?:please|pls|plz)$",
        rf"\s*,\s+(?:{_ACCORDING_BEHIND}|in|from|within) {_SOURCES}$",
        rf"\s+according to {_SOURCES}$",
    )
)
# Where a question would be left open, these are a part of what is asked: "What errors are in the document?"
_AFTER_WHOLE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\s+{_ACCORDING_BEHIND} {_SOURCES}$",
        rf"\s+(?:in|from|within) (?:the|this|these|my|our|your) {_SHOWN}?(?:document|passage)s?$",
        rf"\s+(?:in|from|within) (?:the|this|these|my|our|your) {_SHOWN}{_TEXT}$",
    )
)
_OPEN_END = re.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|has|have|had|there|it|and|or|the|a|an|of|by|with|in|on|at|to|for|from|"
    r"say|says|said|stated|mentioned|written|described|contained|found|listed|named|mean|means|appear|appears|occur|occurs)$",
    re.IGNORECASE,
)
# What emphasises words in a text pasted from a page.
_EMPHASIS = re.compile(r"</?(?:b|i|u|em|strong|mark|span|p|br)\b[^<>]*>", re.IGNORECASE)
_ENDING = "?!.,;:\u2026\uff1f\u00bf "
_MARKED = re.compile(r'(?<![^\s([{\u2013\u2014/])\+?(?:"([^"]+)"|\u201c([^\u201c\u201d]+)\u201d)(?!\w)')


def unwrap(question: str) -> str:
    """Find the core of a question.

    Args:
        question: As typed, on one line, without filters.

    Returns:
        The question without its wrapping and quotation marks, with one question mark at its end if it asks in words. The
        text as typed where nothing would be left that says what it is about.
    """
    plain = _without_marks(" ".join(_EMPHASIS.sub(" ", question).split()) or question)
    if is_small_talk(plain):
        return plain
    text = whole = _strip_end(plain)
    stripped = True
    while stripped:
        stripped = False
        for pattern in _BEFORE:
            match = pattern.match(text)
            if match and _keeps_subject(text[match.end() :]):
                text, stripped = text[match.end() :], True
        for pattern, word in ((_ABOUT, ""), (_IF, "whether ")):
            match = pattern.match(text)
            if match and text != whole and _keeps_subject(text[match.end() :]):
                text, stripped = word + text[match.end() :], True
        for pattern in (*_AFTER, *_AFTER_WHOLE):
            match = pattern.search(text)
            if match and pattern in _AFTER_WHOLE and _OPEN_END.search(text[: match.start()]):
                continue
            if match and _keeps_subject(text[: match.start()]):
                text, stripped = _strip_end(text[: match.start()]), True
    first = re.match(r"\w+", plain)
    if first and first.group()[0].isupper() and re.match(rf"{QUESTION_WORDS}\b", text):
        text = text[0].upper() + text[1:]
    if asks(text):
        return text + "?"
    return plain.rstrip("? \uff1f") if text == whole else text


def asks(text: str) -> bool:
    """Tell whether a text asks in words: it begins as questions do, or holds a question word."""
    return bool(_WHAT_IS_ASKED.match(text))


def _without_marks(text: str) -> str:
    """The text without double quotation marks round words; those that mark inches or are left open stay."""
    return _MARKED.sub(lambda match: match.group(1) or match.group(2), text)


def _strip_end(text: str) -> str:
    return text.strip().rstrip(_ENDING) or text.strip()


def _keeps_subject(text: str) -> bool:
    """Whether a text that is left still says what it is about."""
    return bool(set(question_terms(text)) - STOP_TERMS)
