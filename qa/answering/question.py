"""Read what a person typed: the question, required phrases, `source:` filters, references to earlier turns, misspellings.

    Hi, when did +"Acme Inc." move to Leeds, according to the report? Thanks! source:reports/2023*.txt

`read_question` parses the line once. Words between double quotation marks must occur together only after a plus sign, or
if nothing else is typed: people put quotation marks around titles. `stand_alone` decides what to search for a question
that refers to earlier ones, and `correct_spelling` replaces words that are clearly misspelt.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from index import (
    STOP_TERMS,
    STOP_WORDS,
    NearWord,
    QuestionError,
    edit_distance,
    english_words,
    question_terms,
    text_terms,
)
from qa.answering.requests import Request, is_small_talk, read_request


@dataclass(frozen=True, slots=True)
class Question:
    """A question as typed, parsed."""

    typed: str  # the whole line
    text: str  # the line without filters, with single spaces
    phrases: tuple[str, ...]  # words that must occur together, each phrase as typed
    sources: tuple[str, ...]  # parts of names, or patterns, of the documents to search; empty for all
    core: str  # the question without greetings, politeness and quotation marks: the text to search and read
    request: Request  # whether this is a question, small talk, or a request that no quote can fulfil


WH_WORDS = "who|whom|whose|what|when|where|why|which|how"
AUXILIARIES = (
    "is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must|"
    "isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't|can't|cannot|couldn't|won't|wouldn't|shouldn't"
)
QUESTION_WORDS = (
    rf"(?:{WH_WORDS}|{AUXILIARIES}|whether|"
    r"(?:in|on|at|to|for|from|of|by|with|under|into|through|during) (?:what|which|whom|whose))"
)
_ASKING = re.compile(rf"\W*{QUESTION_WORDS}(?:['\u2019]\w+)?\b|.*\b(?:{WH_WORDS})\b", re.IGNORECASE)
LONGEST_QUESTION = 4_000  # characters; the model reads some 1,000 of them
_SOURCE = re.compile(r'(?<!\S)source:(?:"([^"]+)"|(\S+))', re.IGNORECASE)
_QUOTED = r'(?:"([^"]+)"|\u201c([^\u201c\u201d]+)\u201d)'
_REQUIRED = re.compile(rf"(?<!\S)\+{_QUOTED}")
_ALONE = re.compile(rf"\W*{_QUOTED}[\s.!?\u2026,;:]*")
_UNPAIRED_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOSING = ".,;:?!\u2026"


def read_question(typed: str) -> Question:
    """Parse a question as typed; QuestionError if the line is empty, has no word in it, or is too long."""
    if not isinstance(typed, str):
        raise QuestionError(f"the question is not text but {type(typed).__name__}.")
    if not typed.strip():
        raise QuestionError("the question is empty. Type a question about the documents.")
    if len(typed) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question is {len(typed):,} characters long; at most {LONGEST_QUESTION:,} can be searched. Shorten it."
        )
    if _UNPAIRED_SURROGATE.search(typed):
        raise QuestionError("the question contains half a character (a lone surrogate). Type it again.")
    sources = tuple(quoted or bare for quoted, bare in _SOURCE.findall(typed))
    text = " ".join(_SOURCE.sub(" ", typed).split())
    if not re.search(r"[^\W_]", text):
        raise QuestionError("the question has no word in it. Ask in words.")
    core = unwrap(text)
    return Question(typed, text, _required_phrases(text), sources, core, read_request(core))


def _required_phrases(text: str) -> tuple[str, ...]:
    """Find the words marked by a plus sign, or the only words typed unless they are a question."""
    alone = _ALONE.fullmatch(text)
    if alone:
        found = [alone.group(1) or alone.group(2)]
        found = [] if found[0].rstrip().endswith("?") else found
    else:
        found = [straight or curly for straight, curly in _REQUIRED.findall(text)]
    phrases = (" ".join(phrase.split()).rstrip(_CLOSING).strip() for phrase in found)
    return tuple(dict.fromkeys(phrase for phrase in phrases if re.search(r"[^\W_]", phrase)))


def is_searched_alone(question: str, searched: str, corrected: Sequence[Sequence[str]] = ()) -> bool:
    """Return whether a question was searched without earlier questions, with or without corrected words."""
    read = read_question(question)
    words = {typed: word for typed, word in corrected}
    alternatives = "|".join(map(re.escape, words))
    ways = {read.text, read.core}
    if words:
        ways |= {re.sub(rf"(?<!\w)(?:{alternatives})(?!\w)", lambda match: words[match[0]], way) for way in ways}
    return searched in ways


def asks(text: str) -> bool:
    """Return whether a text asks in words: it begins as questions do, or contains a question word."""
    return bool(_ASKING.match(text))


def has_content(text: str) -> bool:
    """Return whether a text contains a word with content, one that is not a stop word."""
    return bool(set(question_terms(text)) - STOP_TERMS)


def matching_sources(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Find the documents that some filters name, in order; none if there are none.

    A whole name selects only that document, even if it is part of other names. Other filters are parts of names or patterns with
    * and ?, without regard to case.
    """
    exact = set(names).intersection(wanted)
    patterns = [pattern.casefold() for pattern in wanted if pattern not in exact]
    return tuple(
        name for name in names if name in exact or any(_fits(name.casefold(), pattern) for pattern in patterns)
    )


def literal_part(pattern: str) -> str:
    """A text that all names have, in any case, which a filter chooses without being one of them."""
    pattern = pattern.casefold()
    if "*" not in pattern and "?" not in pattern:
        return pattern
    return max(re.split("[*?]", pattern.partition("[")[0]), key=len)


def refuse_filters(filters: Sequence[str], names: Sequence[str]) -> QuestionError:
    """The error that no document is named like some filters; `names` are the first six that there are."""
    listed = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
    return QuestionError(f"no document is named like {', '.join(map(repr, filters))}. There are: {listed}.")


_MOST_NAMED = 3  # documents that a question names; words that fit more say what it is about
_WORD_IN_NAME = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")


def named_sources(names: Sequence[str], question: str) -> tuple[str, ...]:
    """Find the documents that a question names: "contract_oslo.txt", "contract_oslo", or all words of it, "the Oslo contract".

    All words of its title, two at least, are a name too; so is the year of one of several documents whose names differ in
    years alone. A name of a single plain word, such as "contract", counts only
    together with its suffix.

    Args:
        names: The name and the title of each document.
        question: The question.

    Returns:
        At most three names, in order.
    """
    asked, folded = _name_terms(question), question.casefold()
    found = [name for name in names if _is_named(name, asked, folded)]
    found = found or [name for year in _YEAR.findall(question) for name in _of_year(names, year)]
    return tuple(found) if len(found) <= _MOST_NAMED else ()


def _is_named(name: str, asked: frozenset[str], question: str) -> bool:
    wholes, terms = _parse_name(name)
    if len(terms) > 1 and terms <= asked:
        return True
    return any(whole in question and re.search(rf"(?<!\w){re.escape(whole)}(?!\w)", question) for whole in wholes)


_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def _of_year(names: Sequence[str], year: str) -> list[str]:
    """Find the documents whose names have a year, if others are named the same but for it."""
    patterns = [re.compile("[0-9]{4}".join(map(re.escape, name.split(year)))) for name in names if year in name]
    found = [name for name in names if year in name]
    others = [name for name in names if year not in name]
    return [
        name for name, pattern in zip(found, patterns, strict=True) if any(pattern.fullmatch(other) for other in others)
    ]


@lru_cache(8192)
def _parse_name(name: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """What counts as the name of a file, in lower case: with its suffix, and without if that is no plain word; and its terms."""
    file = name.rsplit("/", 1)[-1]
    stem = file.rpartition(".")[0] or file
    wholes = (file.casefold(), stem.casefold()) if re.search(r"[\W_\d]", stem) else (file.casefold(),)
    return wholes, _name_terms(stem)


def _name_terms(text: str) -> frozenset[str]:
    return frozenset(text_terms(" ".join(_WORD_IN_NAME.findall(text)))) - STOP_TERMS


def _fits(name: str, pattern: str) -> bool:
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(name, pattern) or fnmatchcase(name.rsplit("/", 1)[-1], pattern)
    return pattern in name


def _compile_all(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


# Fixed phrases for the documents in the collection.
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
_PLEASE = r"(?:please |pls |plz |kindly |perhaps |possibly |maybe |also )*"
_BEGINS = rf"{QUESTION_WORDS}\b|if\b|please\b|tell\b|i\b|i['\u2019]\w+|explain\b|describe\b|summari[sz]e\b|give\b|show\b|list\b"
_TOPIC = rf"(?={QUESTION_WORDS}\b|if\b|the\b|about\b|something about\b|anything about\b|everything about\b|all about\b)"
_CLAUSE = rf"(?={QUESTION_WORDS}\b|if\b|about\b)"
# Removed from the beginning, until none matches.
_BEFORE = _compile_all(
    rf"{_GREETING}\s*[,.!:;\u2013\u2014-]+(?!\s*\w+!)\s*(?=\W*(?:{_BEGINS}|according|based|in\b|from\b|\S+\s+\S+\s+\S+))",
    rf"{_GREETING}\s+(?={_BEGINS})(?!i\b)",
    r"how are you(?: doing)?(?: today)?\s*[?.!,]+\s*",
    r"(?:my |a |one |another |quick |here is my |here's my )*question(?: is)?\s*[:\u2013\u2014]\s*",
    rf"{_ACCORDING} {_SOURCES}\s*(?:,|:)\s*",
    rf"(?:according to|based (?:only |solely )?(?:on|upon)) {_SOURCES}\s+(?={QUESTION_WORDS}\b)",
    rf"what (?:do|does|did) {_SOURCES} (?:say|state|mention|tell us|tell me|write) (?:about|on|of|regarding) ",
    rf"(?:do|does|did) {_SOURCES} (?:say|state|mention|tell us|tell me|explain|specify) (?={QUESTION_WORDS}\b|if\b)",
    rf"(?:please,?|pls|plz|kindly) (?!please\b)(?={_BEGINS})",
    rf"(?:can|could|would|will) (?:you|u|anyone|somebody|someone) {_PLEASE}(?:tell|inform|show) (?:me|us) {_PLEASE}{_TOPIC}",
    rf"(?:can|could|would|will) (?:you|u|anyone|somebody|someone) {_PLEASE}let (?:me|us) know {_CLAUSE}",
    rf"(?:can|could|would|will) (?:you|u) {_PLEASE}(?=explain\b|describe\b|summari[sz]e\b)",
    r"(?:can|could|would|will) (?:you|u) (?:please|pls|plz|kindly) (?=\w+ )",
    rf"(?:tell|show) (?:me|us) {_PLEASE}{_TOPIC}",
    rf"let (?:me|us) know {_CLAUSE}",
    rf"(?:i|we)(?:['\u2019]d| would| do)? {_PLEASE}(?:like|love|want|need|wish) to "
    rf"(?:know|find out|learn|understand|ask)(?: you)? {_CLAUSE}",
    rf"(?:i|we)(?: am| was|['\u2019]m| were| are)? {_PLEASE}(?:just )?(?:wonder|wondering|curious)(?: to know)? {_CLAUSE}",
    rf"(?:do|does|would|did) (?:you|u|anyone|anybody|somebody|someone) (?:happen to )?{_PLEASE}know {_CLAUSE}",
    rf"(?:can|could|may|might) (?:i|we) {_PLEASE}(?:ask|know)(?: you)? {_CLAUSE}",
)
_ABOUT = re.compile(r"(?:something |anything |everything |all )?about (?=\S)", re.IGNORECASE)
_IF = re.compile(r"if (?=\S)", re.IGNORECASE)
_AFTER = _compile_all(
    r"(?:[,.;!?\u2013\u2014-]+\s*|\n\s*)(?:(?:many |very )?thanks|thank you|thx|cheers|ty)"
    r"(?: (?:in advance|a lot|so much|very much|again|for your help|for the help))*$",
    r"\s+(?:thanks in advance|thank you in advance|thank you very much in advance)$",
    r"(?:\s*[,.;!?\u2013\u2014-]+\s*|\s+)(?:please|pls|plz)$",
    rf"\s*,\s+(?:{_ACCORDING_BEHIND}|in|from|within) {_SOURCES}$",
    rf"\s+according to {_SOURCES}$",
)
# Kept where the question would be incomplete without: "What errors are in the document?"
_AFTER_WHOLE = _compile_all(
    rf"\s+{_ACCORDING_BEHIND} {_SOURCES}$",
    rf"\s+(?:in|from|within) (?:the|this|these|my|our|your) {_SHOWN}?(?:document|passage)s?$",
    rf"\s+(?:in|from|within) (?:the|this|these|my|our|your) {_SHOWN}{_TEXT}$",
)
_OPEN_END = re.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|has|have|had|there|it|and|or|the|a|an|of|by|with|in|on|at|to|for|from|"
    r"say|says|said|stated|mentioned|written|described|contained|found|listed|named|mean|means|appear|appears|occur|occurs)$",
    re.IGNORECASE,
)
# Emphasis in text pasted from a web page.
_EMPHASIS = re.compile(r"</?(?:b|i|u|em|strong|mark|span|p|br)\b[^<>]*>", re.IGNORECASE)
_ENDING = "?!.,;:\u2026\uff1f\u00bf "
_MARKED = re.compile(r'(?<![^\s([{\u2013\u2014/])\+?(?:"([^"]+)"|\u201c([^\u201c\u201d]+)\u201d)(?!\w)')


def unwrap(question: str) -> str:
    """Find the core of a question: remove greetings, politeness and phrases such as "according to the passage".

    Only fixed phrases are removed: "according to the text" adds nothing, "according to Darwin" and "according to the 2019
    census" are part of the question. The core has no quotation marks, and one question mark if it asks in words. If nothing
    with content would remain, the text is returned as typed.
    """
    plain = " ".join(_EMPHASIS.sub(" ", question).split()) or question
    plain = _MARKED.sub(lambda match: match[1] or match[2], plain)  # not marks for inches, and unpaired ones
    if is_small_talk(plain):
        return plain
    text = whole = _strip_end(plain)
    stripped = True
    while stripped:
        stripped = False
        for pattern in _BEFORE:
            match = pattern.match(text)
            if match and has_content(text[match.end() :]):
                text, stripped = text[match.end() :], True
        for pattern, word in ((_ABOUT, ""), (_IF, "whether ")):
            match = pattern.match(text)
            if match and text != whole and has_content(text[match.end() :]):
                text, stripped = word + text[match.end() :], True
        for pattern in (*_AFTER, *_AFTER_WHOLE):
            match = pattern.search(text)
            if match and pattern in _AFTER_WHOLE and _OPEN_END.search(text[: match.start()]):
                continue
            if match and has_content(text[: match.start()]):
                text, stripped = _strip_end(text[: match.start()]), True
    first = re.match(r"\w+", plain)
    if first and first.group()[0].isupper() and re.match(rf"{QUESTION_WORDS}\b", text):
        text = text[0].upper() + text[1:]
    if asks(text):
        return text + "?"
    return plain.rstrip("? \uff1f") if text == whole else text


def _strip_end(text: str) -> str:
    return text.strip().rstrip(_ENDING) or text.strip()


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
    """The searches for one turn of a conversation."""

    question: str  # the core of the turn
    context: str  # a text to search as well; empty when the turn is searched alone
    weight: float  # share of the context in the score, 0 to 1, before it fades
    searched: str  # description of both searches, to be shown


def stand_alone(question: str, history: Sequence[str]) -> StandAlone:
    """Decide what to search for the core of a turn, after the cores of earlier questions, oldest first.

    A turn is always searched as typed. If it depends on earlier turns ("What about Oman?", "Why did they?"), the turn, the
    previous question and the first one are also searched together as one text, in that order, and the two scores are added.
    Searching only the joined text would lose the new words (nDCG@10 .44 against .53 for the turn alone, on smaller
    collections); adding the scores gains .03 over four sets of conversations, for turns with history. If the joined text finds
    much worse passages, the subject has changed and `index.search.fade_queries` removes its weight. Adding the history at half
    weight to independent turns would gain another .010, but it would answer a new question from the old subject.
    """
    said = [" ".join(turn.split()) for turn in (*history[-1:], *history[:1])]
    earlier = [turn for turn in dict.fromkeys(said) if turn and turn != " ".join(question.split())]
    if not earlier or not is_dependent(question):
        return StandAlone(question, "", 0.0, question)
    searched = f"{question} (asked after: {SEPARATOR.join(reversed(earlier))})"
    return StandAlone(question, " ".join([question, *earlier]), CONTEXT_WEIGHT, searched)


def is_dependent(question: str) -> bool:
    """Return whether a turn cannot be understood without the ones before.

    It is elliptical ("And Oman?"), is short and names nothing or one thing ("Why?", "side effects"), ends in a word that
    refers back, or has such a word before any content word ("Did they agree?", but not "Did Iran say when it will agree?").
    Three independent questions in a hundred are misjudged, which costs them little.
    """
    if _ELLIPSIS.match(question):
        return True
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(question)]
    own = [word for word in words if word.removesuffix("'s") not in STOP_WORDS]
    if not words or (len(words) <= _SHORT and len(own) <= 1) or words[-1] in _LAST_REFERENCES:
        return True
    return any(word in _REFERENCES for word in (words[: words.index(own[0])] if own else words))


SHORTEST = 4  # letters
SHORTEST_NAME = 6  # of a capitalised word inside a question, unless its letters are only swapped or doubled
OTHER_INITIAL = 6  # from this length on the first letter may be the wrong one
TWO_EDITS = 8  # from this length on two letters may be wrong
_TYPED_WORD = re.compile(r"(?<![\w'\u2019./@])[^\W\d_]+(?![\w@/]|[.]\w|-\d|['\u2019](?!s\b)\w)")
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Corrected:
    """The core of a question after spelling correction, and each word replaced, as typed and as searched."""

    text: str
    words: tuple[tuple[str, str], ...] = ()


def correct_spelling(
    question: str,
    frequencies: Callable[[str], Mapping[str, int]],
    near_words: Callable[[str, int], Sequence[NearWord]],
) -> Corrected:
    """Replace the words of the core of a question that are clearly misspelt.

    A word is replaced only if it occurs nowhere, is no common English word and is not short; a short name only if its letters
    are swapped or doubled. Measured on 600 questions of SQuAD 2.0 with one letter of a content word swapped, dropped, doubled
    or replaced: of the results that occur nowhere, .86 are restored and .04 become another word. Without that change, four of
    the questions are corrected wrongly (and thirteen with a typing error rightly); of 1,200 questions on other subjects some
    .05, half of them rightly.

    `frequencies` counts the passages with the word of each term of a question; `near_words` finds, nearest
    first, the words of the collection that differ in at most so many letters.
    """
    missing = {term for term, passages in frequencies(question).items() if not passages}
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
        if typed.islower() and used.lower() in english_words():
            used = used.lower()  # it may be found in a heading
        replaced[typed] = used
        return used

    text = _TYPED_WORD.sub(replace, question)
    return Corrected(text, tuple(replaced.items()))


def spell_as(question: str, texts: Iterable[str]) -> str:
    """Spell the words of a question as some texts do, where only an ending is misspelt: "furnitur", which finds "furniture".

    Search compares stems and needs no correction; the reader knows whole words.
    """
    unknown = {word.lower() for word in _TYPED_WORD.findall(question)}
    unknown = {word for word in unknown if len(word) >= SHORTEST and word.isalpha() and word not in english_words()}
    if not unknown:
        return question
    written = {word.lower() for text in texts for word in _TYPED_WORD.findall(text)} & english_words()
    spelt = {}
    for word in unknown:
        alike = [other for other in written if other[:2] == word[:2] and abs(len(other) - len(word)) <= 1]
        near = [other for other in alike if text_terms(other) == text_terms(word) and edit_distance(word, other) == 1]
        if near:
            spelt[word] = min(near)
    return _TYPED_WORD.sub(lambda typed: spelt.get(typed[0].lower(), typed[0]), question)


def may_be_misspelt(word: str) -> bool:
    """Return whether an unknown word may be a typing error: it is long enough and no common English word or inflection."""
    return len(word) >= SHORTEST and not _is_english(word.lower())


def choose_spelling(word: str, near: Sequence[NearWord], *, is_name: bool = False) -> str:
    """Choose the word that a misspelt word was meant to be, as written in the texts; empty if none is near enough.

    The words of `near` come nearest first, then most frequent first. `is_name`: it has a capital inside the question.
    """
    typed = word.lower()
    for found in sorted(near, key=lambda found: (found.distance, not is_slip(typed, found.word.lower()))):
        other = found.word.lower()
        if is_name and len(word) < SHORTEST_NAME and not is_slip(typed, other):
            continue
        same_initial = other[0] == typed[0] or other[:2] == typed[1::-1]
        if len(other) < SHORTEST or not (same_initial or (found.distance == 1 and len(typed) >= OTHER_INITIAL)):
            continue
        if found.distance > 1 and (typed.startswith(other) or other.startswith(typed) or not _is_english(other)):
            continue
        return found.word
    return ""


def is_slip(word: str, other: str) -> bool:
    """Return whether two words have the same letters, swapped or doubled; two different names rarely do."""
    return sorted(word) == sorted(other) or _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", other)


def _is_english(word: str) -> bool:
    return word in english_words() or _term(word) in _english_terms()


def _term(word: str) -> str:
    return text_terms(word)[0]


@cache
def _english_terms() -> frozenset[str]:
    return frozenset(_term(word) for word in english_words())
