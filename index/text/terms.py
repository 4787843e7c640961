"""Turn text into terms: the one analyser behind lexical search, sentence choice and highlighting.

A word becomes a term by dropping accents, case and possessives and taking its Snowball English stem (Porter 2001), so
that "Mediators'" and "mediating" meet. In a document that is not in English it also becomes its stem in the language of
the document: "Mieten" in German meets "Miete". Numbers keep their decimals ("3.5") and lose thousands separators ("1,000" is
"1000"); a code such as "GPT-4" gives its parts and the joined "gpt4", so every spelling of it meets every other. A
question keeps only the words that say what it is about; texts keep every word, so a question made of nothing but
common words can still be matched. Left out: synonyms (the encoder's work) and the segmentation of languages without
spaces.

The module also detects the language of a text (py3langid, 97 languages; Lui and Baldwin 2012), matches phrases ignoring
case, white space and quotation marks, and finds words that differ from a word by a letter or two.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import chain
from string import ascii_lowercase
from threading import Lock
from typing import Any

import Stemmer
from rapidfuzz.distance import OSA

from index.text import UNSPACED

SAMPLE = 2_000  # characters from the beginning, from the middle and from the end
LETTERS = 12  # fewer are too few to detect a language
SURE = 0.5  # probability
# Probability from which a text without English function words is not in English. Of 9,053 English questions cut to
# keywords (SQuAD 2.0, ClapNQ, SelQA) .3 % come out so; of fourteen short foreign ones, all but the shortest.
FOREIGN = 0.6
OTHER_LETTERS = 0.3  # share of letters beyond Latin ones in a text that is not in English
# Words of English that no other language with many speakers has, or hardly ever.
_ENGLISH = frozenset(
    "the of and what which who whom whose when where why how is are were does did has have had can could would should "
    "with from this that these those their there they it its into about between after before because not by".split()
)
_ENOUGH = 0.08  # share of these words in English prose: .2 to .4; in names and tables: none
_RUNNING = 0.1  # least share of words without a capital in prose; names and tables may look like any language
_WORD_OR_NUMBER = re.compile(r"\w+")
_LANGUAGE_WORD = re.compile(r"[^\W\d_]+")


def tell_language(text: str) -> str:
    """Detect the main language of a text: an ISO 639-1 code, empty if unknown.

    A label for a person to go by, and the language whose stems a document may have (`stem_language`).
    """
    middle = max(SAMPLE, len(text) // 2)
    sample = text[:SAMPLE] + text[middle : middle + SAMPLE] + text[max(middle + SAMPLE, len(text) - SAMPLE) :]
    code, probability = _classify(sample)
    return code if probability >= SURE and len(code) == 2 else ""


def is_english(text: str) -> bool:
    """Whether a question or a passage can be read as English; true also if the language is unknown.

    Args:
        text: A question, or the text of some passages.

    Returns:
        False where it has few words that only English has and another language is all but certain. Names, numbers and
        tables, which are in no language, can be read.
    """
    return _is_english(text[:SAMPLE])


@lru_cache(maxsize=256)
def _is_english(sample: str) -> bool:
    words = _LANGUAGE_WORD.findall(sample.lower())
    other = sum(character > "\u024f" for character in sample if character.isalpha())
    if other > OTHER_LETTERS * sum(map(str.isalpha, sample)):
        return False
    if not words or sum(word in _ENGLISH for word in words) >= max(1, _ENOUGH * len(words)):
        return True
    if _asks_otherwise(words):
        return False
    if sum(map(str.islower, _LANGUAGE_WORD.findall(sample))) < _RUNNING * len(_WORD_OR_NUMBER.findall(sample)):
        return True
    code, probability = _classify(sample)
    return code == "en" or probability < FOREIGN


def is_unspaced(text: str) -> bool:
    """Return whether most letters of a text are of scripts without spaces between words."""
    return 2 * len(_UNSPACED.findall(text)) > sum(map(str.isalpha, text))


def _asks_otherwise(words: Sequence[str]) -> bool:
    """Whether words, in small letters, begin a question in another language: they may be too few to classify."""
    share = sum(word in FOREIGN_STOP_WORDS for word in words) / len(words)
    if words[0] in _ASKING_WORDS:
        return share >= _ASKING_SHARE
    return words[0] in _DOUBTFUL_WORDS and share >= _DOUBTFUL_SHARE and not _FOREIGN_VERBS.isdisjoint(words[1:])


def stem_language(text: str, language: str) -> str:
    """Choose the language whose stems the words of a document have besides the English ones.

    Args:
        text: The document's text.
        language: As `tell_language` detects it.

    Returns:
        The same code; empty if it has no stemmer, or the text can be read as English, as names and tables can.
    """
    return language if language in _ALGORITHMS and not is_english(text) else ""


def _classify(text: str) -> tuple[str, float]:
    """The likeliest language and its probability; 0 for a text with too few letters."""
    if sum(map(str.isalpha, text)) < LETTERS:
        return "", 0.0
    code, probability = _identifier().classify(text)
    return str(code), float(probability)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


# Words that do not say what a question is about: function words, question words and phrases of asking. Leaving
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
# The same in German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish and Norwegian, and Polish; they count
# only in a question that is not in English.
FOREIGN_STOP_WORDS = frozenset(
    """
    der die das den dem des ein eine einen einem einer und oder ist sind war waren wird werden hat haben wie was wer wo
    wann warum welche welcher welches wieviel viel viele hoch lang lange im in am an auf aus bei mit nach von vom zu zum
    zur f\u00fcr es ich man sich nicht kann darf muss bekommt gibt le la les un une du de et ou est sont quel quelle quels
    quelles qui que quoi comment combien quand o\u00f9 pourquoi dans sur au aux par pour avec il elle on ce cette se ne
    pas a-t-il el los las una unos y son cu\u00e1l cu\u00e1les qui\u00e9n qu\u00e9 c\u00f3mo cu\u00e1nto cu\u00e1ntos
    cu\u00e1nta cu\u00e1ntas cu\u00e1ndo d\u00f3nde por para con en del al su hay o os as um uma e \u00e9 s\u00e3o qual
    quais quem como quanto quantos quando onde em no na nos nas ao do da dos com lo gli i uno ed \u00e8 quale quali chi
    che cosa come quanti quante dove perch\u00e9 di nel nella per sul della het een of is zijn wat waar wanneer waarom hoe
    hoeveel welke welk van voor met op te och eller \u00e4r var vem vad n\u00e4r varf\u00f6r hur m\u00e5nga mycket vilken
    vilket vilka f\u00f6r med p\u00e5 av till ett og er hvem hvad hva hvor hvorn\u00e5r n\u00e5r hvorfor hvordan mange
    meget hvilken hvilket til af det oraz lub jest s\u0105 kto co jak ile kiedy gdzie dlaczego kt\u00f3ry kt\u00f3ra
    kt\u00f3re w z dla od
    """.split()
)
# Words that begin a question in these languages, and are no words of English.
_ASKING_WORDS = frozenset(
    """
    wer wann warum welche welcher welches wieviel quel quelle quels quelles combien o\u00f9 pourquoi cu\u00e1l cu\u00e1les
    qui\u00e9n qu\u00e9 c\u00f3mo cu\u00e1nto cu\u00e1ntos cu\u00e1nta cu\u00e1ntas cu\u00e1ndo d\u00f3nde qual quais quem quanto
    quanti quante quantos onde perch\u00e9 waar wanneer waarom hoeveel welke vem varf\u00f6r vilken vilket vilka hvem hvad
    hvorn\u00e5r hvorfor hvordan hvilken hvilket kto kiedy gdzie dlaczego kt\u00f3ry kt\u00f3ra kt\u00f3re
    """.split()
)
# Others, that are words of English too, or parts of names ("Was", "Come", "Como", "Wat Arun"), and the verbs and the like that
# make them a question in another language where they follow.
_DOUBTFUL_WORDS = frozenset(
    "was wie wo hoe qui que quoi comment quand chi che cosa dove come como quando vad n\xe4r hur hva hvor co ile jak".split()
)
_FOREIGN_VERBS = frozenset(
    "ist sind wird werden das est sont ce es esto \xe9 s\xe3o \xe8 \xe4r er jest s\u0105".split()
)
# Shares of the words that FOREIGN_STOP_WORDS has. Of 9,053 English questions (SQuAD 2.0, ClapNQ, SelQA), whole, in small
# letters, cut to keywords, or without their first one to three words, none is taken for another language by these; of forty
# foreign ones of two to four words, 33 are.
_ASKING_SHARE = 0.25
_DOUBTFUL_SHARE = 0.4
# Acronyms that, in small letters, are stop words: written in capitals they are terms.
ACRONYMS = frozenset({"IT", "US", "WHO"})

# "Which countries mediate?" is answered by a country's name: the kind asked for is seldom written beside the answer.
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
    # words, with decomposed accents, soft hyphens and apostrophes
    |[^\W_]+(?:[\u0300-\u036f\xad\u200b\u2060]+[^\W_]*)*(?:['\u2019][^\W_]+)*
    """,
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_INVISIBLE = re.compile(r"[\xad\u200b\u2060]+")
# Letters that have no accent to drop, as people type them who do not have them.
_FOLDED = str.maketrans(
    {
        "\u0142": "l",
        "\xf8": "o",
        "\u0111": "d",
        "\xf0": "d",
        "\xfe": "th",
        "\xe6": "ae",
        "\u0153": "oe",
        "\u0131": "i",
        "\u0127": "h",
    }
)
_SPELT_OUT = str.maketrans({"\xe4": "ae", "\xf6": "oe", "\xfc": "ue", "\xf8": "oe", "\xe5": "aa"})
_RUNS = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
# The Snowball stemmer of each language, by ISO 639-1 code. On the Debian FAQ 11.1 in German, French, Italian, Dutch, Portuguese
# and Russian (120 questions over the 143 answers, `qa eval`) these stems raise the mean nDCG@10 from .504 to .511, and the
# answered questions from .66 to .70; of 200 off-topic questions .05 are answered with and without them.
_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_SHORTEST_STEM = 3  # letters; shorter ones, such as German "se" of "sei", are too often the stems of other words
_STEMMING = Lock()  # PyStemmer's stemmers may not be shared between threads without one


def question_terms(text: str) -> list[str]:
    """Find the terms of a question's subject.

    Args:
        text: The question as typed.

    Returns:
        Distinct terms in order of first appearance, without stop words and the kind of thing asked for ("which
        country"); every word's term when nothing else is left.
    """
    return list(_question_terms(text))


@lru_cache(maxsize=256)
def _question_terms(text: str) -> tuple[str, ...]:
    text = _THE_US.sub(lambda match: match.group().upper(), text)
    if not is_english(text):
        asked = _UNSPACED_ASKING.sub(" ", text)
        telling = [token for token in _tokens(asked) if token.casefold() not in FOREIGN_STOP_WORDS]
        if telling:
            found = [
                (term, _UNSPACED.match(term) and (stop or len(term) == 1))
                for token in telling
                for term, stop in _analyse(token)
            ]
            return tuple(dict.fromkeys([term for term, stop in found if not stop] or [term for term, _ in found]))
    for tokens in (_tokens(_ASKED_FOR.sub(r"\1", text)), _tokens(text)):
        telling = [term for token in tokens for term, stop in _analyse(token) if not stop or _is_letter(token)]
        if telling:
            return tuple(dict.fromkeys(telling))
    return tuple(dict.fromkeys(text_terms(text)))


_CODE = re.compile(
    r"(?=\w*\d)(?=\w*[^\W\d])(?![1-9]\d*(?:st|nd|rd|th|s|bc|ad|am|pm|km|kg|cm|mm|m|k|x|d)$)\w{3,}|\d{5,}"
)


def is_code(term: str) -> bool:
    """Return whether a term is a code, such as a part number: letters with digits, or a long number; no ordinal or measure."""
    return bool(_CODE.fullmatch(term))


def text_terms(text: str, language: str = "") -> list[str]:
    """Find every term of a text.

    Args:
        text: Any text.
        language: The language whose stems its words have besides the English ones, as `stem_language` chooses it.

    Returns:
        One term or more for each word, in order, stop words and repetitions included.
    """
    return [term for token in _tokens(text) for term in _terms_in(token, language)]


def question_stems(question: str, languages: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Find the stems of a question's words in other languages than English.

    Args:
        question: As typed.
        languages: As `stem_language` chooses them.

    Returns:
        For each term, as `question_terms` gives them, the stems of its word, in the order of the languages.
    """
    found: dict[str, tuple[str, ...]] = {}
    for token in _tokens(question) if languages else ():
        stems = tuple(filter(None, (_stem_in(token, language) for language in languages)))
        for term, _ in _analyse(token):
            found.setdefault(term, stems)
    return found


@lru_cache(maxsize=1 << 17)
def term_key(term: str) -> int:
    """A number for a term, the same on every machine: 64 bits of its hash, so that two terms never share one."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def term_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Find the spans of each term, to highlight them.

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


def matching_spans(text: str, terms: Collection[str], language: str = "") -> Iterator[tuple[int, int]]:
    """Find the words that a search for some terms counts.

    Args:
        text: A sentence or a heading: what the index takes the terms of as a whole.
        terms: Of a question, as a search uses them; stop words among them count too.
        language: As for `text_terms`.

    Yields:
        (start, end) of each such word, in characters of `text`, in order.
    """
    shouting = text.isupper()
    for match in _WORD.finditer(text):
        token = match.group()
        if any(term in terms for term in _terms_in(token.lower() if shouting else token, language)):
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
    if _UNSPACED.search(token):
        return tuple(chain.from_iterable(map(_pairs_of_letters, _RUNS.findall(token))))
    word = token.casefold().replace("\u2019", "'")
    if not word.isascii():
        composed = unicodedata.normalize("NFKC", _INVISIBLE.sub("", word))
        plain = _plain(composed)
        spelt = composed.translate(_SPELT_OUT)  # "Mueller" meets "M\xfcller" too
        if spelt.isascii() and spelt not in (composed, plain):
            return *_analyse(plain), (_stem(spelt), False)
        word = plain
    if word in STOP_WORDS:
        return ((_stem(word.replace("'", "")), True),)
    if "-" in word:
        letters, digits = word.split("-")
        return (letters + digits, False), (_stem(letters), letters in STOP_WORDS), (digits, False)
    if _DIGIT.search(word):
        return ((_THOUSANDS.sub("", word.removesuffix("'s")), False),)
    bare = word.removesuffix("'s").replace("'", "").replace(".", "")
    return ((_stem(bare), bare in STOP_WORDS or (len(bare) == 1 and bare.isascii() and token != bare.upper())),)


def _terms_in(token: str, language: str) -> tuple[str, ...]:
    """The terms of one word of a text: the English ones, then its stem in the language, if that is another term."""
    terms = tuple(term for term, _ in _analyse(token))
    stem = _stem_in(token, language) if language else ""
    return terms if not stem or stem in terms else (*terms, stem)


@lru_cache(maxsize=1 << 17)
def _stem_in(token: str, language: str) -> str:
    """The stem of a word in a language, without accents; empty for English stop words, and for what is no word or too short.

    An article or pronoun joined by an apostrophe, as in "l'\xe9cole", is left out.
    """
    word = unicodedata.normalize("NFKC", _INVISIBLE.sub("", token.casefold())).replace("\u2019", "'")
    word = max(word.split("'"), key=len)
    if not word.isalpha() or word in STOP_WORDS or _UNSPACED.search(word):
        return ""
    stem = _plain(_stem(word, _ALGORITHMS[language]))
    return stem if len(stem) >= _SHORTEST_STEM else ""


def _plain(word: str) -> str:
    """A word without accents."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", word.translate(_FOLDED))))


def _pairs_of_letters(run: str) -> tuple[tuple[str, bool], ...]:
    """The terms of letters of one kind: in a script without spaces each two neighbours, which finds any word of two or more."""
    if not _UNSPACED.match(run):
        return _analyse(run)
    pairs = (run[place : place + 2] for place in range(max(len(run) - 1, 1)))
    return tuple((pair, bool(_STOP_PAIR.fullmatch(pair))) for pair in pairs)


# What asks in Chinese and Japanese, and the particles and endings around it: pairs of letters over their edges mean nothing.
# A run of hiragana is cut out only whole, as parts of other words are particles too.
_UNSPACED_ASKING = re.compile(
    "\u8bf7\u95ee|\u4e3a\u4ec0\u4e48|\u4ec0\u4e48\u65f6\u5019|\u4ec0\u4e48|\u591a\u957f\u65f6\u95f4|"
    "\u591a[\u5c11\u957f\u4e45\u5927\u9ad8\u8fdc]|\u600e\u4e48?[\u6837\u529e]?|\u5982\u4f55|"
    "\u54ea[\u91cc\u513f\u4e9b\u4e2a\u79cd]?|\u8c01|\u4f55\u65f6|"
    "\u9700\u8981|\u53ef\u4ee5|\u80fd\u5426|\u662f\u5426|\u51e0|[\u5417\u5462]|(?<!\u76ee)\u7684|(?<![\u4f46\u4e8e])\u662f|"
    "(?<![\u3041-\u309f])(?:[\u306f\u304c\u3092\u306b\u306e\u3067\u3068\u3082\u3078\u3084\u304b]|\u304b\u3089|\u307e\u3067|"
    "\u3088\u308a|\u3067\u3059|\u307e\u3059|\u307e\u3057\u305f|\u3044\u3064|\u3069\u3053|\u3060\u308c|"
    "\u3069[\u306e\u3046\u308c]|\u306a[\u306b\u3093\u305c]|\u3044\u304f[\u3089\u3064]|"
    "[\u304f\u3050]\u3089\u3044|\u3057|\u3059\u308b|\u3067\u304d\u308b|\u3042\u308b|\u3042\u308a|\u3044\u308b|\u3053\u3068|"
    "\u3068\u306f|\u304f\u3060\u3055\u3044)+(?![\u3041-\u309f])|\u8ab0|\u4f55[\u65e5\u6642\u6708\u5e74\u4eba]?"
)
# Endings and particles of Japanese, and the words of Chinese and Japanese that ask.
_STOP_PAIR = re.compile(
    "[\u3041-\u309f]{2}|\u4ec0\u4e48|\u591a\u5c11|\u600e\u4e48|\u54ea\u91cc|\u54ea\u4e2a|\u4e3a\u4ec0|\u9700\u8981|\u53ef\u4ee5|"
    "\u4f55[\u65e5\u6642\u6708\u5e74\u4eba\u3067\u304c\u306e]"
)


@cache
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm, 0)


def _stem(word: str, algorithm: str = "english") -> str:
    with _STEMMING:
        return str(_stemmer(algorithm).stemWord(word))


STOP_TERMS = frozenset(term for word in STOP_WORDS for term, _ in _analyse(word))


_APOSTROPHE = re.compile("['\u2019]")


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Compile a phrase.

    Args:
        phrase: Words as typed between quotation marks; at least one.

    Returns:
        A pattern that finds the words next to each other, as whole words, in any case; line breaks count as spaces and
        straight apostrophes as curly ones. In scripts without spaces, words may be parts of longer ones.
    """
    words = [_APOSTROPHE.sub("['\u2019]", re.escape(word)) for word in phrase.split()]
    first, last = phrase.strip()[0], phrase.strip()[-1]
    before = r"(?<!\w)" if first.isalnum() and not _UNSPACED.match(first) else ""
    after = r"(?!\w)" if last.isalnum() and not _UNSPACED.match(last) else ""
    return re.compile(before + r"\s+".join(words) + after, re.IGNORECASE)


def holds_phrases(text: str, phrases: Sequence[re.Pattern[str]]) -> bool:
    """Whether a text contains all of some phrases."""
    return all(phrase.search(text) for phrase in phrases)


MOST_SPELLINGS = 3

_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class NearWord:
    """A word of the collection that is spelt nearly like another.

    Attributes:
        word: As it is written in the texts most often.
        distance: In how many letters it differs, as `edit_distance` counts them.
        passages: In how many passages it or another inflection of it occurs.
    """

    word: str
    distance: int
    passages: int


def allowed_edits(term: str) -> int:
    """How many letters a near spelling of a stem may differ in: none below three letters, one below seven, else two."""
    return 0 if len(term) < 3 else 1 if len(term) < 7 else 2


def edit_distance(first: str, second: str) -> int:
    """Letters to insert, delete, replace or swap with a neighbour to turn one word into the other (Damerau 1964)."""
    return OSA.distance(first, second)


def near_spellings(term: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Find the words of some texts that are spelt nearly like a term.

    Args:
        term: As the analyser gives it, that is, stemmed.
        texts: Texts that may contain such words.

    Returns:
        At most three words as the texts spell them, nearest first, then by alphabet.
    """
    most = allowed_edits(term)
    found: dict[str, tuple[int, str]] = {}
    for text in texts:
        for other, start, end in term_spans(text):
            if other != term and abs(len(other) - len(term)) <= most and other not in found:
                distance = edit_distance(term, other)
                if distance <= most:
                    found[other] = (distance, text[start:end])
    return tuple(word for _, word in sorted(found.values())[:MOST_SPELLINGS])


def one_edit_away(word: str) -> set[str]:
    """List the strings that differ from a word by one letter left out, added, replaced or swapped with its neighbour."""
    cuts = [(word[:position], word[position:]) for position in range(len(word) + 1)]
    found = {before + after[1:] for before, after in cuts if after}
    found |= {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    found |= {before + letter + after[1:] for before, after in cuts if after for letter in ascii_lowercase}
    found |= {before + letter + after for before, after in cuts for letter in ascii_lowercase}
    return found - {word}


def near_terms(word: str) -> list[str]:
    """List the terms of the strings that differ from a word by one letter, in order; those of more than one term are left out."""
    others = one_edit_away(word) - {""}
    if word.isascii() and word.isalpha() and word.islower():  # each is a word of one term, its stem
        with _STEMMING:
            return sorted(set(_stemmer("english").stemWords(list(others))))
    found = map(text_terms, others)
    return sorted({terms[0] for terms in found if len(terms) == 1})


def count_spellings(word: str, texts: Iterable[str], most: int) -> dict[str, tuple[int, str]]:
    """Find how the words of some texts near to a word are spelt.

    Args:
        word: In small letters.
        texts: Texts that may contain such words.
        most: In how many letters they may differ: 1 or 2.

    Returns:
        For each term its least distance, and its spelling at that distance that occurs most often, of equals the first
        by alphabet.
    """
    counts = Counter(chain.from_iterable(map(_LETTERS.findall, texts)))
    one = one_edit_away(word)
    ranked = []
    for spelt, count in counts.items():
        small = spelt.lower()
        if small in one:
            ranked.append((1, -count, spelt))
        elif most > 1 and small != word and abs(len(small) - len(word)) <= most and edit_distance(word, small) <= most:
            ranked.append((2, -count, spelt))
    found: dict[str, tuple[int, str]] = {}
    for distance, _, spelt in sorted(ranked):
        found.setdefault(text_terms(spelt)[0], (distance, spelt))
    return found
