"""Word questions in the ways people type them: lower case, keywords, a typo, a polite wrapping, other words.

Training draws one of them each time, for passages that answer and for those that do not, so that the wording tells the
reader nothing.
"""

import random
import re
from collections.abc import Callable, Sequence

VARIANTS = 6  # wordings of a question: as it is, lower case, keywords, a typo, wrapped, otherwise
_WRAPPERS = (
    "According to the document, {}", "According to the text, {}", "Based on the passage, {}", "Can you tell me {}",
    "Could you please tell me {}", "I would like to know {}", "Hi, {}", "Hello! {}", "Please tell me: {}",
    "In the document, {}", "Do you know {}", "{} Thanks!", "From the sources: {}", "Quick question: {}",
)  # fmt: skip
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for from by with is are was were be been do does did has have had can could would will "
    "should may might what which who whom whose when where why how it its that this these those there and or as".split()
)
_ASKING = frozenset(("who", "when", "where", "why", "how"))  # sometimes kept in front of the keywords
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_LOWER_CASE = re.compile(r"(?<![\w'\u2019-])[a-z]{4,}(?![\w'\u2019-])")
_ARTICLE = re.compile(r"(?<=\b[Aa])n? $")
# Words that stand between others or ask: not replaced, and replacing nothing.
PLAIN_WORDS = frozenset(
    "about above after again against almost also although among another because been before being below between both could "
    "does doing down during each either else every first from further have having here hers herself himself into itself just "
    "like made make many might more most much must name named other others over said same several should since some such "
    "than that their theirs them then there these they this those through under until upon used uses using very were what "
    "when where which while whom whose will with within without would your yours kind type what which who whom why how".split()
)
_BE = "(is|are|was|were|did|does|do|has|have|had|can|could|would|will)"
# Question forms, and what else people type for them; "{0}" is the first group. Questions typed as queries are often no
# sentences, and neither are some of these.
_FORMS = tuple(
    (re.compile(rf"{form}$", re.I), tuple(others.split(" | ")))
    for form, others in (
        (rf"(?:in|during) (?:what|which) year {_BE} (.+)", "When {0} {1} | What year {0} {1} | year {1}"),
        (rf"(?:what|which) year {_BE} (.+)", "When {0} {1} | In which year {0} {1}"),
        (
            r"when (did|was|were|is|will) (.+)",
            "At what time {0} {1} | What is the date when {0} {1} | In what year {0} {1} | what date {0} {1}",
        ),
        (
            r"where (is|was|are|were) (.+?) (?:located|situated|found|based)",
            "What is the location of {1} | In which place {0} {1} | {1} location | Where can {1} be found | where's {1}",
        ),
        (r"where (did|do|does) (.+)", "In what place {0} {1} | At which location {0} {1} | place where {1}"),
        (
            r"who (?:is|was) the (author|writer|director|founder|inventor|leader|head|owner|president|king|creator) of (.+)",
            "Name the {0} of {1} | {1} {0} | who's the {0} of {1} | {0} of {1}",
        ),
        (
            r"who (wrote|directed|founded|invented|created|discovered|designed|built|won|led|sang|played|owns|owned|"
            r"established|developed|introduced|proposed|coined) (.+)",
            "Which person {0} {1} | By whom was {1} {0} | Name of the person who {0} {1} | Who was it that {0} {1}",
        ),
        (r"who (.+)", "Which person or group {0} | Name the ones who {0} | What is the name of the one who {0}"),
        (r"how many (.+)", "What is the number of {0} | number of {0} | What number of {0} | Count of {0}"),
        (r"how much (.+)", "What amount {0} | what quantity {0}"),
        (
            rf"why {_BE} (.+)",
            "For what reason {0} {1} | What is the reason {1} | reason why {1} | Explain why {1} | How come {1}",
        ),
        (
            r"what (?:caused|causes|led to|resulted in) (.+)",
            "What is the reason for {0} | cause of {0} | What brought about {0} | reasons for {0}",
        ),
        (
            r"how (did|does|do|can|could|was|were|is|are) (.+)",
            "In what way {0} {1} | By what means {0} {1} | Describe how {1} | What is the way {1}",
        ),
        (
            r"what (?:is|are) (?:a |an |the )?((?:[\w'-]+ ?){1,3})",
            "Define {0} | meaning of {0} | {0} definition | What does {0} mean | What is meant by {0} | tell me about {0}",
        ),
        (
            r"what (?:does|do) (.+?) (?:mean|stand for|refer to)",
            "meaning of {0} | Define {0} | What is {0} | {0} definition | what's meant by {0}",
        ),
        (r"what (?:is|was) the name of (.+)", "Name {0} | What {0} is it | what is {0} called"),
        (
            r"what (?:is|was|are|were) (.+?) (?:called|known as|named)",
            "What is the name of {0} | name of {0} | What do people call {0}",
        ),
        (
            r"what (?:is|was|are|were) the (purpose|role|function|goal|aim|result|effect|importance|significance|"
            r"difference|meaning|population|capital|size|area|length|height|cost|price|age) (of|between) (.+)",
            "{2} {0} | {0} {1} {2} | Describe the {0} {1} {2} | tell me the {0} {1} {2}",
        ),
        (
            r"(?:what|which) (?:kind|type|sort)s? of ([\w-]+) (.+)",
            "What {0} {1} | Which sort of {0} {1} | What form of {0} {1}",
        ),
        (r"which ([a-z][\w-]+) (.+)", "What {0} {1} | Name the {0} that {1}"),
        (r"what ([a-z][\w-]+) (is|was|were|are|did|do|does|has|had) (.+)", "Which {0} {1} {2} | {0} {2}"),
    )
)


def reword(question: str, rng: random.Random, synonyms: Callable[[str], Sequence[str]] | None = None) -> list[str]:
    """Word a question in `VARIANTS` ways: as it is, lower case without question mark, keywords, a typo, wrapped, otherwise.

    `synonyms` finds those of a word in lower case, for the last.
    """
    bare = _bare(question)
    words = bare.split()
    kept = [word for word in words if word.lower() not in _FUNCTION_WORDS]
    if rng.random() < 0.5 and words and words[0].lower() in _ASKING:
        kept = [words[0], *kept]
    keywords = " ".join(kept).lower() if len(kept) >= 2 else bare.lower()
    typo = misspell(question, rng)
    inner = question if rng.random() < 0.5 or not question[:1].isupper() else question[0].lower() + question[1:]
    wrapped = rng.choice(_WRAPPERS).format(inner)
    typed = typo if rng.random() < 0.5 else typo.lower().rstrip("?")
    return [question, bare.lower(), keywords, typed, wrapped, paraphrase(question, rng, synonyms)]


def paraphrase(question: str, rng: random.Random, synonyms: Callable[[str], Sequence[str]] | None = None) -> str:
    """Ask the same in another form, by rule, and with up to two `synonyms`; a question without either stays as it is."""
    if synonyms is not None:
        for _ in range(rng.randrange(3)):
            question = _with_synonym(question, rng, synonyms)
    bare = _bare(question)
    for form, others in _FORMS:
        if found := form.match(bare):
            return rng.choice(others).format(*found.groups()) + rng.choice(("", "?"))
    return question


def _with_synonym(question: str, rng: random.Random, synonyms: Callable[[str], Sequence[str]]) -> str:
    found = [
        (match, others)
        for match in _LOWER_CASE.finditer(question)
        if match[0] not in PLAIN_WORDS and (others := synonyms(match[0]))
    ]
    if not found:
        return question
    match, others = rng.choice(found)
    word, before = rng.choice(others), question[: match.start()]
    before = _ARTICLE.sub("n " if word[0] in "aeiou" else " ", before)
    return before + word + question[match.end() :]


def misspell(text: str, rng: random.Random) -> str:
    """Swap, drop, double or replace one letter, never the first, of one word of five or more letters."""
    long = list(_LONG_WORD.finditer(text))
    if not long:
        return text
    match = rng.choice(long)
    word, at = match.group(), rng.randrange(1, len(match.group()) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    elif kind == 2:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
    return text[: match.start()] + word + text[match.end() :]


def _bare(question: str) -> str:
    return question.strip().rstrip("?").strip()
