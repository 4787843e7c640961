"""Change one thing in a question such that its passage no longer answers it.

People who write unanswerable questions mostly do that: another name or number, the opposite of a word, a negation, another
word of the same passage. What replaces a name, a number or a word comes from the passage itself, so that the words in
common do not tell the two apart.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from index import split_sentences
from qa.reading.data import Example, answering_sentences, is_one_in
from qa.reading.wordings import PLAIN_WORDS

TWIN_WEIGHT = 0.7
# Files of questions on paragraphs; of other files with a marked answer, only one question in `_OTHERS` gets a near twin.
PARAGRAPHS = frozenset(
    ("squad11train_44art", "squad11train_emptycity", "squad11train_routerlens", "squadshifts_new_wiki")
)
_OTHERS = 12
_TRIES = 4
STEPS = (-11, -7, -4, -3, -2, -1, 1, 2, 3, 4, 7, 11, 20)  # between a number and its twin
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_NAME = re.compile(r"\b[A-Z][\w'\u2019-]+(?: (?:of |the |de |van )?[A-Z][\w'\u2019-]+)*")
_WHOLE_NUMBER = re.compile(r"(?<![\w.,])\d(?:[\d,.]*\d)?(?!\w)")
_NUMBER_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PLAIN_WORD = re.compile(r"(?<![\w'\u2019-])[a-z]{5,}(?![\w'\u2019-])")
_LETTERS = re.compile(r"[A-Za-z]+")
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|did|does|do|can|could|has|have|had|would|should|will)\b")
_NEGATION = re.compile(r"\b(?:not|never) ")
_CONTRACTED = {"can": "can't", "will": "won't"}  # the others take "n't"
# Endings by which words take the same place in a sentence, most of the time.
_ENDINGS = (
    "ation",
    "ment",
    "ness",
    "ity",
    "ing",
    "ed",
    "ies",
    "s",
    "ly",
    "al",
    "ic",
    "ive",
    "ous",
    "er",
    "or",
    "ist",
    "ism",
)
_OPPOSITES = """
first last, largest smallest, biggest smallest, most least, more less, before after, increase decrease, increased decreased,
higher lower, highest lowest, high low, long short, longest shortest, longer shorter, early late, earliest latest, earlier
later, old new, older younger, oldest youngest, oldest newest, north south, northern southern, east west, eastern western,
start end, started ended, begin end, began ended, begin finish, beginning end, open close, opened closed, win lose, won lost,
winning losing, winner loser, created destroyed, built destroyed, constructed demolished, founded dissolved, established
abolished, born died, accepted rejected, accept reject, approve oppose, approved opposed, supported opposed, support oppose,
allowed prohibited, allow prohibit, allows prevents, allowed prevented, legal illegal, possible impossible, responsible
irresponsible, popular unpopular, successful unsuccessful, common rare, major minor, majority minority, maximum minimum, above
below, over under, inside outside, internal external, public private, male female, men women, man woman, father mother, son
daughter, brother sister, husband wife, king queen, modern ancient, war peace, attack defend, attacked defended, enter leave,
entered left, arrive depart, arrived departed, join leave, joined left, gain lose, gained lost, rise fall, rose fell, grow
shrink, grew shrank, buy sell, bought sold, teach learn, give receive, gave received, send receive, sent received, include
exclude, included excluded, includes excludes, positive negative, strong weak, stronger weaker, hot cold, warm cold, wet dry,
summer winter, day night, light dark, light heavy, fast slow, faster slower, rich poor, urban rural, domestic foreign, native
foreign, simple complex, easy difficult, known unknown, used avoided, use avoid, caused prevented, cause prevent, causes
prevents, improve worsen, improved worsened, push pull, present absent, same different, similar different, full empty, hard
soft, best worst, better worse, good bad, add remove, added removed, appear disappear, appeared disappeared, alive dead, friend
enemy, ally enemy, allies enemies, success failure, victory defeat, advantage disadvantage, advantages disadvantages, benefits
drawbacks, permanent temporary, voluntary mandatory, required optional, required forbidden, necessary unnecessary, direct
indirect, dependent independent, formal informal, natural artificial, expand contract, expanded shrank, import export, imports
exports, student teacher, students teachers, employer employee, child adult, children adults, young old, left right, top
bottom, upper lower, front back, near far, with without, during before, moved stayed, released withdrawn, published banned,
leader follower, agreed disagreed, agree disagree, believed doubted, love hate, loved hated, liked disliked, praised
criticized, praise criticize, succeeded failed, succeed fail, lead follow, led followed, united divided, separate joined,
connected disconnected, separated united, raised lowered, save waste, saved destroyed, protect harm, protected harmed,
encouraged discouraged, encourage discourage, enabled disabled, enable disable, credit debit, offensive defensive,
conservative liberal, upstream downstream, primary secondary, single multiple, thick thin, wide narrow, deep shallow, clean
dirty, safe dangerous, visible invisible, active inactive, complete incomplete, sufficient insufficient, frequently rarely,
often rarely, usually rarely, mostly rarely, always never, many few, all none, both neither, second third, third fourth
"""


def _both_ways(pairs: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for pair in pairs.split(","):
        one, other = pair.split()
        found[one].append(other)
        found[other].append(one)
    return dict(found)


OPPOSITES = _both_ways(_OPPOSITES)


def twins(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield every other question with another number, or with another name from passages of the same title."""
    names: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.heading:
            names[example.heading].update(name for name in _NAME.findall(example.passage) if " " in name)
    for example in examples:
        if not example.answerable or example.start < 0 or is_one_in(example.question, 2):
            continue
        changed = _other_number(example, rng) or _other_name(example, sorted(names[example.heading]), rng)
        if changed:
            yield Example(changed, example.heading, example.passage, -1, -1, False, "twin", TWIN_WEIGHT)


def near_twins(
    examples: Sequence[Example], rng: random.Random, opposites: Callable[[str], Sequence[str]] | None = None
) -> Iterator[Example]:
    """Yield questions on paragraphs, and a few others, with one change that is made of their passage or a list.

    The source is "near_twin_" and the kind: name, number, opposite, negation or word. `opposites` finds those of words that
    are not in `OPPOSITES`.
    """
    changes: dict[str, _Change] = {
        **_CHANGES,
        "opposite": partial(_opposite, opposites),
        "negation": partial(_negated, _verbs(examples)),
    }
    for example in examples:
        if not example.answerable or example.start < 0:
            continue
        if example.source not in PARAGRAPHS and not is_one_in(example.question, _OTHERS):
            continue
        for kind in dict.fromkeys(rng.choices(list(_DRAWN), list(_DRAWN.values()), k=_TRIES)):
            changed = changes[kind](example, rng)
            if changed not in ("", example.question):
                yield Example(changed, example.heading, example.passage, -1, -1, False, f"near_twin_{kind}")
                break


def change_words(example: Example, rng: random.Random) -> str:
    """Change a name, a number or a word to another one of the passage; "" if there is none to change."""
    return rng.choice((_name_of_passage, _number_of_passage, _word_of_passage))(example, rng)


def _other_number(example: Example, rng: random.Random) -> str:
    """Change a number of up to four digits in the question; "" without one, or if the passage contains the new one."""
    found = list(_NUMBER.finditer(example.question))
    if not found:
        return ""
    match = rng.choice(found)
    digits = re.sub(r"\D", "", match.group())
    if not digits or len(digits) > 4:
        return ""
    other = _nearby(digits, rng)
    if other == digits or re.search(rf"\b{other}\b", example.passage):
        return ""
    return _exchange(example.question, match, other)


def _other_name(example: Example, names: Sequence[str], rng: random.Random) -> str:
    """Change a name inside the question to one that neither it nor the passage contains; "" without one."""
    found = [m for m in _NAME.finditer(example.question) if m.start() and (" " in m.group() or len(m.group()) > 5)]
    others = [name for name in names if name not in example.passage and name not in example.question]
    return _exchange(example.question, rng.choice(found), rng.choice(others)) if found and others else ""


def _name_of_passage(example: Example, rng: random.Random) -> str:
    """Change a name inside the question to another one of the passage, but not to the answer."""
    question, passage, answer = example.question, example.passage, _answer(example)
    found = [
        m for m in _NAME.finditer(question) if m.start() and m[0].lower() not in PLAIN_WORDS and m[0] not in answer
    ]
    others = sorted(
        name
        for name in set(_NAME.findall(passage))
        if len(name) > 3
        and name.lower() not in PLAIN_WORDS
        and not (name in answer or answer in name)
        and not any(word in question for word in name.split() if len(word) > 3)
        # A single word with a capital may just begin a sentence.
        and (" " in name or re.search(rf"[a-z,;] {re.escape(name)}\b", passage))
    )
    return _exchange(question, rng.choice(found), rng.choice(others)) if found and others else ""


def _number_of_passage(example: Example, rng: random.Random) -> str:
    """Change a number in the question to another one of the passage with as many digits, or to one nearby; or a number word."""
    question, answer = example.question, _answer(example)
    found = list(_WHOLE_NUMBER.finditer(question))
    if not found:
        words = [match for match in _LETTERS.finditer(question) if match[0] in _NUMBER_WORDS]
        if not words:
            return ""
        match = rng.choice(words)
        return _exchange(question, match, rng.choice([word for word in _NUMBER_WORDS if word != match[0]]))
    match = rng.choice(found)
    others = sorted(
        number
        for number in set(_WHOLE_NUMBER.findall(example.passage))
        if len(number) == len(match[0]) and number not in question and number not in answer
    )
    if match[0].isdigit() and len(match[0]) <= 4 and (not others or rng.random() < 0.5):
        other = _nearby(match[0], rng)
        return "" if other in example.passage else _exchange(question, match, other)
    return _exchange(question, match, rng.choice(others)) if others else ""


def _nearby(digits: str, rng: random.Random) -> str:
    return str(max(1, int(digits) + rng.choice(STEPS)))


def _opposite(opposites: Callable[[str], Sequence[str]] | None, example: Example, rng: random.Random) -> str:
    found = [
        (match, others)
        for match in _LETTERS.finditer(example.question)
        if (others := OPPOSITES.get(match[0].lower()) or (opposites(match[0]) if opposites else ()))
    ]
    if not found:
        return ""
    match, others = rng.choice(found)
    return _exchange(example.question, match, rng.choice(others))


def _word_of_passage(example: Example, rng: random.Random) -> str:
    """Change a plain word to one of the passage with the same ending, of a sentence that does not answer if possible."""
    question, answer = example.question, _answer(example).lower()
    found = [match for match in _PLAIN_WORD.finditer(question) if match[0] not in PLAIN_WORDS]
    if not found:
        return ""
    match = rng.choice(found)
    others = sorted(
        word
        for word in set(_PLAIN_WORD.findall(example.passage))
        if word not in PLAIN_WORDS
        and _ending(word) == _ending(match[0])
        and word not in question
        and word[:4] != match[0][:4]
        and word not in answer
    )
    spans = answering_sentences(split_sentences(example.passage), example)
    near = " ".join(example.passage[start:end] for start, end in spans).lower()
    others = [word for word in others if word not in near] or others
    return _exchange(question, match, rng.choice(others)) if others else ""


def _negated(verbs: frozenset[str], example: Example, rng: random.Random) -> str:
    """Negate the question, or take its negation away."""
    question = example.question
    if _NEGATION.search(question) or "n't" in question:
        return _NEGATION.sub("", question, count=1)
    auxiliary = _AUXILIARY.search(question)
    if not auxiliary:
        return ""
    contracted = _exchange(question, auxiliary, _CONTRACTED.get(auxiliary[0], f"{auxiliary[0]}n't"))
    if rng.random() < 0.5:
        return contracted
    adverb = rng.choice(("not", "not", "never"))
    if auxiliary[0] not in ("did", "does", "do", "can", "could", "would", "should", "will"):
        return f"{question[: auxiliary.end()]} {adverb}{question[auxiliary.end() :]}"
    words = question.split()
    before = next((place for place, word in enumerate(words) if place > 2 and word.rstrip("?") in verbs), None)
    return contracted if before is None else " ".join([*words[:before], adverb, *words[before:]])


def _verbs(examples: Sequence[Example]) -> frozenset[str]:
    """Collect words that follow "to" in questions: most are verbs."""
    return frozenset(word for example in examples for word in re.findall(r"\bto ([a-z]{3,})\b", example.question))


def _answer(example: Example) -> str:
    return example.passage[example.start : example.end]


def _ending(word: str) -> str:
    return next((ending for ending in _ENDINGS if word.endswith(ending)), "")


def _exchange(question: str, match: re.Match[str], other: str) -> str:
    """Put another word in the place of a match, with a capital where the question begins with it."""
    if not match.start() and question[:1].isupper():
        other = other[:1].upper() + other[1:]
    return question[: match.start()] + other + question[match.end() :]


_Change = Callable[[Example, random.Random], str]
_CHANGES: dict[str, _Change] = {
    "name": _name_of_passage, "number": _number_of_passage, "word": _word_of_passage
}  # fmt: skip
_DRAWN = {"name": 0.34, "number": 0.2, "opposite": 0.22, "word": 0.22, "negation": 0.1}  # about as often as people
