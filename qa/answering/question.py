"""Take a question out of its wrapping: greetings, politeness, "according to the passage".

    Hi, could you please tell me who owns the boat, according to the document? Thanks!  ->  Who owns the boat?

What is left is the question's core. It is what is searched and read, so that the wrapping changes nothing. Only set
forms go: "according to the text" is wrapping, "according to Darwin" and "according to the 2019 census" say what is asked.
Quotation marks go too, and the core of a question ends in one question mark, whether one was typed or not.

Read what a person typed: the question, words that must stand together and `source:` filters.

    When did +"Acme Inc." move to Leeds? source:reports/2023*.txt

Words between double quotation marks, straight or curly, must stand together in a passage where a plus sign precedes
them, or where nothing else is typed. Elsewhere quotation marks change nothing: people put them round titles. `source:`
names the documents to search, by any part of the name shown or by a pattern with * and ?; a whole name means that
document alone. A name with blanks goes between double quotation marks; several are alternatives.

Make a follow-up stand alone: when a turn leans on the ones before, and what is searched then.

A turn is always searched as it was typed. When it cannot stand alone ("What about Oman?", "Why did they?"), the turn, the
previous question and the first one are also searched together as one text, in that order, and the two scores are added.
Replacing the turn by the joined text loses what was just asked (nDCG@10 .44 against .53 for the turn alone, on smaller
collections); adding the scores gains .03 over four sets of conversations, turns with history. When the joined text
finds much worse passages, the subject has changed and `index.search.fade_queries` takes its weight away again. A turn
that stands alone is left alone: adding the history to it with half the weight would gain another .010, but it would
answer a question about something else from what was talked of before. Left out: rewriting the question with a language
model; answers as history.

Correct a question's spelling: replace a word that occurs nowhere by one that does and is spelt nearly like it.

Only what is clearly a typing error is replaced. A word of common English is none, nor is a short one; a short name only
where its letters are swapped or doubled. Measured on 600 questions of SQuAD 2.0 with one letter of a telling word swapped,
dropped, doubled or replaced: where the result occurs nowhere, .86 are restored and .04 become another word. Of the same
questions as they are, four are altered wrongly (and thirteen that hold a typing error rightly); of 1,200 questions on
other subjects some .05, half of them rightly.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from index import STOP_TERMS, NearWord, QuestionError, english_words, question_terms, text_terms
from index.text.terms import STOP_WORDS
from qa.answering.requests import is_small_talk

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


LONGEST_QUESTION = 4_000  # characters; the model reads some 1,000 of them

_SOURCE = re.compile(r'(?<!\S)source:(?:"([^"]+)"|(\S+))', re.IGNORECASE)
_QUOTED = r'(?:"([^"]+)"|\u201c([^\u201c\u201d]+)\u201d)'
_REQUIRED = re.compile(rf"(?<!\S)\+{_QUOTED}")
_ALONE = re.compile(rf"\W*{_QUOTED}[\s.!?\u2026,;:]*")
_UNPAIRED_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOSING = ".,;:?!\u2026"


@dataclass(frozen=True, slots=True)
class TypedQuestion:
    """What a person typed, read.

    Attributes:
        text: The question, without its filters, white space evened out.
        phrases: Words that must stand together, each as typed.
        sources: Parts of names, or patterns, of the documents to search; none: all.
        core: The question without its wrapping and quotation marks: what is searched and read.
    """

    text: str
    phrases: tuple[str, ...]
    sources: tuple[str, ...]
    core: str


def read_question(typed: str) -> TypedQuestion:
    """Read a question as typed.

    Args:
        typed: The whole line.

    Returns:
        Its parts.

    Raises:
        QuestionError: It is empty, has no word in it, or is too long.
    """
    if not isinstance(typed, str):
        raise QuestionError(f"the question is not text but {type(typed).__name__}.")
    if not typed.strip():
        raise QuestionError("the question is empty. Type a question about the documents.")
    if len(typed) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question is {len(typed):,} characters long; at most {LONGEST_QUESTION:,} can be searched. Shorten it."
        )
    if _UNPAIRED_SURROGATE.search(typed):
        raise QuestionError("the question holds half a character (a lone surrogate). Type it again.")
    sources = tuple(quoted or bare for quoted, bare in _SOURCE.findall(typed))
    text = " ".join(_SOURCE.sub(" ", typed).split())
    if not re.search(r"[^\W_]", text):
        raise QuestionError("the question has no word in it. Ask in words.")
    return TypedQuestion(text, _required_phrases(text), sources, unwrap(text))


def _required_phrases(text: str) -> tuple[str, ...]:
    """Words that must stand together: those marked by a plus sign, or the only ones typed unless they are a question."""
    alone = _ALONE.fullmatch(text)
    if alone:
        found = [alone.group(1) or alone.group(2)]
        found = [] if found[0].rstrip().endswith("?") else found
    else:
        found = [straight or curly for straight, curly in _REQUIRED.findall(text)]
    phrases = (" ".join(phrase.split()).rstrip(_CLOSING).strip() for phrase in found)
    return tuple(dict.fromkeys(phrase for phrase in phrases if re.search(r"[^\W_]", phrase)))


def matching_sources(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Which documents some filters mean.

    Args:
        names: Every document's name as shown.
        wanted: Whole names, each of which means that document alone, whatever else it is a part of; else parts of
            names, or patterns with * and ?, whose case does not matter.

    Returns:
        The names that fit one of them, in order.

    Raises:
        QuestionError: No document fits.
    """
    exact = set(names).intersection(wanted)
    patterns = [pattern.casefold() for pattern in wanted if pattern not in exact]
    chosen = tuple(
        name for name in names if name in exact or any(_fits(name.casefold(), pattern) for pattern in patterns)
    )
    if not chosen:
        listed = ", ".join(repr(name) for name in names[:5]) + (", …" if len(names) > 5 else "")
        raise QuestionError(f"no document is named like {', '.join(map(repr, wanted))}. There are: {listed}.")
    return chosen


def _fits(name: str, pattern: str) -> bool:
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(name, pattern) or fnmatchcase(name.rsplit("/", 1)[-1], pattern)
    return pattern in name


SEPARATOR = " \u00b7 "
CONTEXT_WEIGHT = 0.6  # .5 loses .002 nDCG@10

_ELLIPSIS = re.compile(
    r"\W*(?:and|but|or|so|also|then|ok|okay|yes|no|really|more|what about|how about|what else|anything else|what if|"
    r"why not|how so|how come\W*$|tell me more|go on|such as|like what|for example|e\.?g|in what way|"
    r"(?:who|where|when) else)\b",
    re.IGNORECASE,
)
_REFERENCES = frozenset(
    """
    he she it they him her them his hers its their theirs this these those itself himself herself themselves he's
    she's it's they're they've there one ones former latter same such other others another
    """.split()
)
_LAST_REFERENCES = frozenset(
    """
    it they them him her this that these those there one ones so then others
    """.split()
)
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_SHORT = 6  # words


@dataclass(frozen=True, slots=True)
class StandAlone:
    """What is searched for a turn.

    Attributes:
        question: The turn as typed.
        context: The text searched along with it; empty when the turn is searched alone.
        weight: The share of the context in the score, 0 to 1, before it fades.
        searched: What is searched, in words, to be shown.
    """

    question: str
    context: str
    weight: float
    searched: str


def stand_alone(question: str, history: Sequence[str]) -> StandAlone:
    """Decide what is searched for a turn.

    Args:
        question: The turn as typed.
        history: The questions before it, oldest first, without the answers.

    Returns:
        The turn and the context to search with it.
    """
    said = [" ".join(turn.split()) for turn in (*history[-1:], *history[:1])]
    earlier = [turn for turn in dict.fromkeys(said) if turn and turn != " ".join(question.split())]
    if not earlier or not is_dependent(question):
        return StandAlone(question, "", 0.0, question)
    searched = f"{question} (asked after: {SEPARATOR.join(reversed(earlier))})"
    return StandAlone(question, " ".join([question, *earlier]), CONTEXT_WEIGHT, searched)


def is_dependent(question: str) -> bool:
    """Tell whether a turn cannot be understood without the ones before.

    It is elliptic ("And Oman?"), is short and names nothing or one thing ("Why?", "side effects"), ends in a word that
    refers back, or has one before any word of its own ("Did they agree?", but not "Did Iran say when it will agree?").
    Three stand-alone questions in a hundred are mistaken for one; that costs them little.

    Args:
        question: The turn as typed.

    Returns:
        Whether it leans on the turns before.
    """
    if _ELLIPSIS.match(question):
        return True
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(question)]
    own = [word for word in words if word.removesuffix("'s") not in STOP_WORDS]
    if not words or (len(words) <= _SHORT and len(own) <= 1) or words[-1] in _LAST_REFERENCES:
        return True
    return any(word in _REFERENCES for word in (words[: words.index(own[0])] if own else words))


SHORTEST = 4  # letters
SHORTEST_NAME = 6  # of a word with a capital inside a question, but for letters swapped or doubled
OTHER_INITIAL = 6  # from this length on the first letter may be the wrong one
TWO_EDITS = 8  # from this length on two letters may be wrong

_TYPED_WORD = re.compile(r"(?<![\w'\u2019./@])[^\W\d_]+(?![\w@/]|[.]\w|-\d|['\u2019](?!s\b)\w)")

_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Corrected:
    """A question with its spelling corrected.

    Attributes:
        text: The question.
        words: Each word replaced, as typed and as searched.
    """

    text: str
    words: tuple[tuple[str, str], ...] = ()


def correct_spelling(
    question: str,
    frequencies: Callable[[Sequence[str]], Mapping[str, int]],
    near_words: Callable[[str, int], Sequence[NearWord]],
) -> Corrected:
    """Replace the words of a question that are clearly misspelt.

    Args:
        question: Its core.
        frequencies: Tells in how many passages each of some terms occurs.
        near_words: Finds the words of the collection that differ from a word in so many letters at most, nearest first.

    Returns:
        The question as it is to be searched.
    """
    terms = question_terms(question)
    held = frequencies(terms)
    missing = {term for term in terms if not held.get(term)}
    if not missing:
        return Corrected(question)
    replaced: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        typed = match.group()
        is_name = typed[0].isupper() and not question.isupper() and match.start() > 0
        if missing.isdisjoint(text_terms(typed)) or not may_be_misspelt(typed):
            return typed
        edits = 2 if len(typed) >= TWO_EDITS and not is_name else 1
        used = choose_spelling(typed, near_words(typed, edits), is_name=is_name)
        if not used:
            return typed
        replaced[typed] = used
        return used

    text = _TYPED_WORD.sub(replace, question)
    return Corrected(text, tuple(replaced.items()))


def may_be_misspelt(word: str) -> bool:
    """Tell whether a word that occurs nowhere may be a typing error: long enough, and no common English word inflected."""
    return len(word) >= SHORTEST and not _is_english(word.lower())


def choose_spelling(word: str, near: Sequence[NearWord], *, is_name: bool = False) -> str:
    """Choose what a misspelt word was meant to be.

    Args:
        word: As typed.
        near: Words of the collection spelt nearly like it, nearest first, of equals the most frequent.
        is_name: Whether it begins with a capital inside the question.

    Returns:
        The first that is near enough, slips before other errors, as written in the texts; empty where none is.
    """
    typed = word.lower()
    for found in sorted(near, key=lambda found: (found.distance, not is_slip(typed, found.word.lower()))):
        other = found.word.lower()
        if is_name and len(word) < SHORTEST_NAME and not is_slip(typed, other):
            continue
        same_initial = other[0] == typed[0] or other[:2] == typed[1::-1]
        if len(other) < SHORTEST or not (same_initial or (found.distance == 1 and len(typed) >= OTHER_INITIAL)):
            continue
        if found.distance > 1 and (_is_part(typed, other) or not _is_english(other)):
            continue
        return found.word
    return ""


def is_slip(word: str, other: str) -> bool:
    """Tell whether two words hold the same letters, swapped or doubled: two names are seldom that alike."""
    return sorted(word) == sorted(other) or _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", other)


def _is_part(word: str, other: str) -> bool:
    return word.startswith(other) or other.startswith(word)


def _is_english(word: str) -> bool:
    return word in english_words() or _term(word) in _english_terms()


def _term(word: str) -> str:
    return text_terms(word)[0]


@cache
def _english_terms() -> frozenset[str]:
    return frozenset(_term(word) for word in english_words())
