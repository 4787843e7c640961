"""Turn text into terms: the one analyser behind lexical search, sentence choice and highlighting.

A word becomes a term by dropping accents, case and possessives and taking its Snowball English stem (Porter 2001), so
that "Mediators'" and "mediating" meet. Numbers keep their decimals ("3.5") and lose thousands separators ("1,000" is
"1000"); a code such as "GPT-4" gives its parts and the joined "gpt4", so every spelling of it meets every other. A
question keeps only the words that say what it is about; texts keep every word, so a question made of nothing but
common words can still be matched. Left out: synonyms (the encoder's work) and the segmentation of languages without
spaces.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from hashlib import blake2b
from threading import Lock

import Stemmer

# What a question says without saying what it is about: function words, question words and phrases of asking. Leaving
# out question words as well as function words is worth about .01 nDCG@10 over ten sets.
STOP_WORDS = frozenset(
    """
    a about above across act acting acts actually after again against ago all almost along already also although
    always am among an and another any anybody anyone anything anyway are aren't around as ask at away back be
    became because been before begin behind being below beside besides between both but by call called can can't
    cannot cause come could couldn't currently describe did didn't do does doesn't doing don't done down due during
    each either else enough especially etc even ever every everyone everything exactly explain far few find for from
    further gave get gets getting give given gives go going gone got had hadn't has hasn't have haven't having he
    hello help her here hers herself hey hi him himself his how however i i'd i'll i'm i've if in indeed instead
    into is isn't it it's its itself just kind know known later least less let let's like likely look lot made
    mainly make makes making many may maybe me mean means might mine more most mostly much must my myself name named
    near neither never no nobody none nor not nothing now of off often oh ok okay on once one ones only onto or
    other others otherwise ought our ours ourselves out over own part per perhaps please possible probably quite
    rather really regarding role said same say says see seem seems seen several shall she should shouldn't show
    since so some somebody someone something sometimes somewhat sort still such sure take taken tell than thank
    thanks that that's the their theirs them themselves then there there's therefore these they they're thing things
    this those though through throughout thus to together too took toward towards type types under unless unlike
    until up upon us use used uses using usually various very via want was wasn't way we we're well went were
    weren't what what's whatever when whenever where where's wherever whether which whichever while who who's
    whoever whole whom whose why will with within without won't would wouldn't yes yet you you're your yours
    yourself
    """.split()
)
# Acronyms that, in small letters, are stop words: written in capitals they are terms of their own.
ACRONYMS = frozenset({"IT", "US", "WHO"})

# "Which countries mediate?" is answered by a country's name: what is asked for seldom stands beside the answer.
_ASKED_FOR = re.compile(
    r"\b(what|which)\s+(?:year|month|day|date|century|decade|time|countr(?:y|ies)|nations?|cit(?:y|ies)|towns?|places?|"
    r"person|people|company|companies|organi[sz]ations?|names?)\b",
    re.IGNORECASE,
)
_THE_US = re.compile(r"\bthe us\b")  # in small letters "us" is a stop word, but not behind "the"
_WORD = re.compile(
    r"""
    (?:[^\W\d_]\.){2,}(?!\w)                          # U.S., p.m.
    |[^\W\d_]?\d+(?:[.,]\d+)+(?!\w)                   # 3.5, 1,000, 192.168.0.1, v2.0
    |[^\W\d_]{1,12}-\d{1,3}(?!\w)                     # GPT-4, F-16, COVID-19
    |[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*(?:['\u2019][^\W_]+)*  # words, with decomposed accents and apostrophes
    """,
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_STEMMING = Lock()  # PyStemmer's stemmers may not be shared between threads without one


def question_terms(text: str) -> list[str]:
    """Find the terms that say what a question is about.

    Args:
        text: The question as typed.

    Returns:
        Distinct terms in order of first appearance, without stop words and the kind of thing asked for ("which
        country"); every word's term when nothing else is left.
    """
    text = _THE_US.sub(lambda match: match.group().upper(), text)
    for tokens in (_tokens(_ASKED_FOR.sub(r"\1", text)), _tokens(text)):
        telling = [term for token in tokens for term, stop in _analyse(token) if not stop or _is_letter(token)]
        if telling:
            return list(dict.fromkeys(telling))
    return list(dict.fromkeys(text_terms(text)))


def text_terms(text: str) -> list[str]:
    """Find every term of a text.

    Args:
        text: Any text.

    Returns:
        One term or more for each word, in order, stop words and repetitions included.
    """
    return [term for token in _tokens(text) for term, _ in _analyse(token)]


@lru_cache(maxsize=1 << 17)
def term_key(term: str) -> int:
    """A number for a term, the same on every machine: 64 bits of its hash, so that two terms never share one."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def term_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Find where each term stands, to highlight it.

    Args:
        text: Any text.

    Yields:
        (term, start, end), offsets in characters of `text`, in order of `start`; stop words are left out. The terms of
        a code such as "GPT-4" all span the whole of it.
    """
    shouting = text.isupper()
    for match in _WORD.finditer(text):
        token = match.group()
        for term, stop in _analyse(token.lower() if shouting else token):
            if not stop:
                yield term, match.start(), match.end()


def matching_spans(text: str, terms: Collection[str]) -> Iterator[tuple[int, int]]:
    """Find the words that a search for some terms counts.

    Args:
        text: A sentence or a heading: what the index takes the terms of as a whole.
        terms: Of a question, as `question_terms` gives them; stop words among them count too.

    Yields:
        (start, end) of each such word, in characters of `text`, in order.
    """
    shouting = text.isupper()
    for match in _WORD.finditer(text):
        token = match.group()
        if any(term in terms for term, _ in _analyse(token.lower() if shouting else token)):
            yield match.span()


def _is_letter(token: str) -> bool:
    """Whether a word is one letter, as in "vitamin c", which counts in a question however it is written; "a", "i" do not."""
    return len(token) == 1 and token.isalpha() and token.lower() not in STOP_WORDS


def _tokens(text: str) -> list[str]:
    """The words of a text as written; lowered where all is in capitals, as there capitals mark no acronym."""
    return _WORD.findall(text.lower() if text.isupper() else text)


@lru_cache(maxsize=1 << 17)
def _analyse(token: str) -> tuple[tuple[str, bool], ...]:
    """The terms of one word as written, each with whether it is a stop word."""
    if token.replace(".", "") in ACRONYMS:
        return ((token.replace(".", ""), False),)
    word = token.casefold().replace("\u2019", "'")
    if not word.isascii():
        word = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", word)))
    if word in STOP_WORDS:
        return ((_stem(word.replace("'", "")), True),)
    if "-" in word:
        letters, digits = word.split("-")
        return (letters + digits, False), (_stem(letters), letters in STOP_WORDS), (digits, False)
    if _DIGIT.search(word):
        return ((_THOUSANDS.sub("", word.removesuffix("'s")), False),)
    bare = word.removesuffix("'s").replace("'", "").replace(".", "")
    return ((_stem(bare), bare in STOP_WORDS or (len(bare) == 1 and bare.isascii() and token != bare.upper())),)


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english", 0)


def _stem(word: str) -> str:
    with _STEMMING:
        return _stemmer().stemWord(word)


STOP_TERMS = frozenset(term for word in STOP_WORDS for term, _ in _analyse(word))
