"""Choose the sentences to quote from the best passages.

Retrieval scores a sentence by the nearness of its meaning, its share of the question's words, the words that its heading or
the sentence before add, the kind of answer it contains, and its position: the first sentence of a paragraph names its
subject. The reader scores how likely the sentence answers. If the passage was read, both rank the sentences together, else
retrieval alone. Quotes are whole sentences, never reworded.

A sentence that depends on the one before (`leans`) is quoted with it, an item of a list with its lead-in (`expand_list`),
and a heading, menu or bare question comes last (`is_quotable`). These rules are for English; in doubt a sentence is quoted
alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from index import STOP_TERMS, PassageFeatures, Query, Statistics, term_weights
from qa.answering.answer_types import answer_kind, has_kind, is_method
from qa.reading.spans import Reading, SentenceReading


@dataclass(frozen=True, slots=True)
class QuotablePassage:
    """A passage to quote from."""

    candidate: PassageFeatures  # its vectors and terms
    sentences: tuple[str, ...]  # the text of each sentence, in order
    fused: float = 0.0  # score of the whole passage, from the search
    reading: Reading | None = None  # the reader's scores; None if it was not read


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence with its scores as an answer."""

    passage: int  # position of its passage among those given
    position: int  # its position in the passage
    score: float  # the score it is ranked by, rounded to 1e-6; higher is better
    retrieval: float  # its score by retrieval alone
    reading: SentenceReading | None  # the reader's scores; None if it was not read
    quotable: bool = True  # whether it can answer on its own


@dataclass(frozen=True, slots=True)
class Quote:
    """Whole adjacent sentences of one passage."""

    passage: int  # position among the passages given
    first: int  # position of its first sentence in the passage
    last: int  # position of its last sentence
    score: float  # of its best sentence, rounded to 1e-6
    best: RankedSentence | None = field(default=None, compare=False)  # that sentence, if known

    @property
    def answer(self) -> tuple[int, int] | None:
        """The span of the exact answer words in the passage: first character, character after the last; None if unknown."""
        reading = self.best.reading if self.best else None
        return (reading.start, reading.end) if reading and reading.score >= SURE_WORDS else None


# Fitted by conditional logistic regression on the sentence with the answer (XQuAD, SQuAD 2.0, SelQA), relative
# to the cosine. Fitted on two of the sets and tested on the third they choose as well, to .01.
COVERAGE = 0.95
CONTEXT = 0.65
PAIRS = 0.12
KIND = 0.1
FIRST_SENTENCE = 0.04
# A heading or question that only repeats the question's words answers nothing; a statement that does says yes.
ECHO = -0.5
_STATEMENT = re.compile(r"[.!\u2026][\"'\u2019\u201d)\]]*$")
# For sentences that were read, in log-odds: fitted by conditional logistic regression on the sentence that answers, among
# those of the eight best passages. SPAN was fitted as .26, and lowered when the reader was trained
# further and its spans became more certain.
SPAN, EVIDENCE, RETRIEVAL, PASSAGE = 0.2, 0.21, 2.1, 16.8
SPAN_RANGE = (-20.0, 20.0)  # scores outside add no information
MOST_SENTENCES = 3
NEAR = 0.1  # greatest distance of further sentences from the best, in retrieval's score
NEAR_READ = 1.0  # the same for sentences that were read, in log-odds
NEAR_EXPLAINED = 2.0  # the same for a neighbour of the best, if the question asks why or how
LEANING = 2  # most sentences quoted before one that leans on them
SURE_WORDS = -2.0  # least score of the reader at which its words are marked in the quote


def choose_quotes(
    question: str, queries: Sequence[Query], passages: Sequence[QuotablePassage], statistics: Statistics
) -> tuple[Quote, ...]:
    """Choose the one to three quotes that answer a question best, from its core and the best few passages, all read or none.

    Returns:
        Quotes, best first. A sentence that leans on those before it is quoted with them, a lead-in with its items; adjacent
        sentences form one quote.
    """
    return join_quotes(question, rank_sentences(question, queries, passages, statistics), passages)


def rank_sentences(
    question: str, queries: Sequence[Query], passages: Sequence[QuotablePassage], statistics: Statistics
) -> list[RankedSentence]:
    """Rank every sentence of some passages as an answer; takes the arguments of `choose_quotes`.

    The best is first; ties are ordered by passage and position. Sentences that are not quotable come last.
    """
    found = []
    for number, passage in enumerate(passages):
        scores = score_sentences(question, queries, passage, statistics).tolist()
        for position, retrieval in enumerate(scores):
            reading, score = None, retrieval
            if passage.reading is not None:
                reading = passage.reading.sentences[position]
                score = round(judge_sentence(reading, retrieval, passage.fused), 6)
            quotable = is_quotable(passage.sentences[position])
            found.append(RankedSentence(number, position, score, retrieval, reading, quotable))
    return sorted(found, key=lambda each: (not each.quotable, -each.score, each.passage, each.position))


def judge_sentence(reading: SentenceReading, retrieval: float, fused: float) -> float:
    """Combine all scores of a sentence that was read: log-odds up to a constant."""
    span = min(max(reading.score, SPAN_RANGE[0]), SPAN_RANGE[1])
    return SPAN * span + EVIDENCE * reading.evidence + RETRIEVAL * retrieval + PASSAGE * fused


def score_sentences(
    question: str, queries: Sequence[Query], passage: QuotablePassage, statistics: Statistics
) -> npt.NDArray[np.float64]:
    """Score each sentence of a passage by retrieval: float64 of shape (sentences,), rounded to 1e-6."""
    candidate = passage.candidate
    vectors = candidate.embeddings[1:].astype(np.float64)
    found = [set(terms) for terms in candidate.sentence_terms]
    heading = set(candidate.heading_terms)
    scores = np.zeros(len(passage.sentences))
    total = sum(query.weight for query in queries)
    for query in queries:
        weights = term_weights(query.terms, statistics)
        coverage = [_share(weights, terms) for terms in found]
        context = [
            _share(weights, (heading | (found[position - 1] if position else set())) - terms)
            for position, terms in enumerate(found)
        ]
        asked = set(query.terms)
        echoes = [
            ECHO * bool(terms & asked and terms <= asked | STOP_TERMS and not _STATEMENT.search(text))
            for terms, text in zip(found, passage.sentences, strict=True)
        ]
        pairs = [_shared_pairs(query.terms, terms) for terms in candidate.sentence_terms]
        cosines = query.similarities(vectors)
        worded = np.array([COVERAGE, CONTEXT, PAIRS]) @ (coverage, context, pairs)
        scores += query.weight / total * (cosines + worded + echoes)
    kind = answer_kind(question)
    if kind:
        scores += [KIND if has_kind(kind, question, text) else -KIND for text in passage.sentences]
    scores[:1] += FIRST_SENTENCE
    return np.round(scores, 6)


def _shared_pairs(asked: Sequence[str], terms: Sequence[str]) -> float:
    """Compute the share of the question's adjacent terms that are adjacent in a sentence too, ignoring stop words."""
    pairs = set(pairwise(asked))
    telling = [term for term in terms if term not in STOP_TERMS]
    return len(pairs.intersection(pairwise(telling))) / len(pairs) if pairs else 0.0


def _share(weights: Mapping[str, float], terms: set[str]) -> float:
    """Compute the share of the question's weight that some terms have."""
    most = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / most if most else 0.0


def join_quotes(
    question: str, ranked: Sequence[RankedSentence], passages: Sequence[QuotablePassage]
) -> tuple[Quote, ...]:
    """Form quotes from the best of some ranked sentences, see `choose_quotes`."""
    if not ranked:
        return ()
    best, explained = ranked[0], answer_kind(question) == "reason" or is_method(question)
    spans: list[tuple[int, int, int, RankedSentence]] = []
    texts: set[str] = set()
    for each in ranked:
        text = " ".join(passages[each.passage].sentences[each.position].split())
        if len(spans) == MOST_SENTENCES or text in texts or not _is_near(each, best, explained=explained):
            continue
        texts.add(text)
        sentences = passages[each.passage].sentences
        first, last = expand_list(sentences, each.position)
        limit = max(0, first - LEANING)
        while first > limit and leans(sentences[first]):
            first -= 1
        spans.append((each.passage, first, last, each))
    quotes: list[Quote] = []
    for passage, first, last, each in sorted(spans, key=lambda span: span[:3]):
        before = quotes[-1] if quotes else None
        if before and before.passage == passage and before.last + 1 >= first:
            assert before.best is not None
            top = min(before.best, each, key=lambda one: (-one.score, one.position))
            quotes[-1] = Quote(passage, before.first, max(before.last, last), top.score, top)
        else:
            quotes.append(Quote(passage, first, last, each.score, each))
    return tuple(sorted(quotes, key=lambda quote: (-quote.score, quote.passage, quote.first)))


def _is_near(each: RankedSentence, best: RankedSentence, *, explained: bool) -> bool:
    """Return whether a sentence scores near enough to the best to be quoted too."""
    if best.quotable and not each.quotable:
        return False
    if best.reading is None:
        return each.score >= best.score - NEAR
    neighbour = each.passage == best.passage and abs(each.position - best.position) <= 1
    return each.score >= best.score - (NEAR_EXPLAINED if explained and neighbour else NEAR_READ)


LONGEST_LIST = 700  # characters of a lead-in with its items; further items are left out
_GAP = 2  # unmarked sentences allowed between the items of a list: the rest of an item
# Words that refer to the text before. After those of the second pattern a sentence may still be understood alone.
_RESULTING = re.compile(
    r"(?:as a (?:result|consequence)|consequently|therefore|accordingly|instead|otherwise|(?:in|by) contrast|on the contrary|"
    r"on the other hand|conversely|for (?:example|instance)|in other words|that is to say)\b",
    re.IGNORECASE,
)
_LINKING = re.compile(
    r"(?:however|nevertheless|nonetheless|moreover|furthermore|additionally|in addition|besides|similarly|likewise|thus|hence|"
    r"meanwhile|afterwards?|thereafter|subsequently|in fact|indeed|also|then|still|finally|and|but|so|yet|or)\b,?\s*",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"(?:it|he|she|they|his|hers?|theirs?|its)\b(?! (?:majesty|highness|royal|holiness|excellency|honou?r)\b)",
    re.IGNORECASE,
)
# "It is clear that …", "It is easy to …", "It was Newton who …", "It rained": the pronoun refers to nothing.
_EMPTY_IT = re.compile(
    r"[Ii]t(?:['\u2019]s| is| was| has been| will be| can be| may be| should be) "
    r"(?:(?:not|also|now|very|often|generally|widely) )?(?:\w+ that\b|(?:im)?possible to|(?:un)?necessary to|"
    r"(?:important|essential|easy|hard|difficult|best|better|advisable|common|useful|safe|illegal|recommended|customary) "
    r"(?:for \w+ )?to\b|(?:[A-Z]\w+ ){1,3}(?:who|that)\b)"
    r"|[Ii]t (?:seems|appears|follows|turns out|rain|snow)"
)
_VERBS = (
    r"is|are|was|were|has|have|had|does|do|did|can|could|may|might|must|should|will|would|means?|meant|makes?|made|causes?|"
    r"caused|leads?|led|results?|resulted|allows?|allowed|helps?|helped|includes?|included|happens?|happened|occurs?|occurred|"
    r"shows?|showed|gives?|gave|becomes?|became|appl(?:y|ies|ied)|requires?|required|ensures?|ensured|prevents?|prevented|"
    r"enables?|enabled|explains?|explained|suggests?|suggested|reflects?|refers?|remains?|remained|depends?|creates?|created|"
    r"brings?|brought|takes?|took|comes?|came|also|often|usually|then|not|never|only|alone"
)
# "This means …" and "Both are …" lean; "This guide explains …" and "Both sides are …" do not.
_POINTING = re.compile(rf"(?:this|that|these|those|both|neither|each|none|some|others?) (?:{_VERBS})\b", re.IGNORECASE)
_REFERRING = re.compile(
    r"such\b|the (?:former|latter|same|others?|above)\b|the (?:following|next) (?:day|week|month|year)\b|"
    r"(?:these|those) (?:two|three|four|five|six)\b|"
    r"(?:both|one|some|many|most|all|none|each|few|several|any) of (?:them|these|those)\b|"
    r"(?:at|by|on|during|after|before|since|until|from) (?:this|that) (?:time|point|period|day|date|moment|stage)\b|"
    r"(?:in|under|for|with|on|to|as|by) (?:this|that|these|those) (?:cases?|ways?|contexts?|situations?|sense|respects?|reasons?|"
    r"regards?|instances?|manner|purposes?|basis|conditions?|circumstances|means|end)\b|"
    r"(?:because of|due to|despite|after|before|for|with|by) (?:this|that|them|it),",
    re.IGNORECASE,
)
_OPENING = "\"'\u201c\u2018\u00ab([*_- \u2022\t"
_CLOSING = "\"'\u201d\u2019\u00bb)]*_ \t"
_ITEM = re.compile(r"(?:[-*+\u2013\u2022\u2023\u25e6\u2043\u00b7]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)])\s+\S")
_JOINED = re.compile(r"(?:[;,]|;\s*(?:and|or))$")


def leans(sentence: str) -> bool:
    """Return whether an English sentence needs the one before it to be understood: "It was built in 1848."

    It begins with a pronoun, points back without naming the thing ("This means", "In this case", "The latter"), or draws a
    conclusion ("As a result").
    """
    text = _bare(sentence)
    first = text.partition(" ")[0]
    if len(first) > 1 and first.isupper() and not text.isupper():  # "IT staff …"
        return False
    if _RESULTING.match(text):
        return True
    while link := _LINKING.match(text):
        text = text[link.end() :]
    return not _EMPTY_IT.match(text) and any(pattern.match(text) for pattern in (_PRONOUN, _POINTING, _REFERRING))


def is_lead_in(sentence: str) -> bool:
    """Return whether a sentence introduces a list: it has words, and ends in a colon."""
    text = sentence.rstrip(_CLOSING + "\r\n")
    return text.endswith((":", "\uff1a")) and bool(re.search(r"[^\W_]", text))


def _introduces(sentences: Sequence[str], position: int) -> bool:
    """Return whether a sentence introduces a list: it is a lead-in, or it is not closed and an item follows."""
    if is_lead_in(sentences[position]):
        return True
    text, following = sentences[position].rstrip(), sentences[position + 1 : position + 2]
    return bool(re.search(r"[\w,;]$", text)) and any(_mark(each) not in ("", _mark(text)) for each in following)


def _mark(sentence: str) -> str:
    """Return the kind of mark an item of a list begins with, such as "1." or "(a)"; empty for a sentence that is no item."""
    text = sentence.lstrip()
    mark = text.partition(" ")[0] if _ITEM.match(text) else ""
    return re.sub(r"[a-zA-Z]+", "a", re.sub(r"\d+", "1", mark))


def expand_list(sentences: Sequence[str], position: int) -> tuple[int, int]:
    """Find the first and last sentence to quote together with one: the items of a lead-in, or the lead-in of an item.

    As many items are quoted as fit into `LONGEST_LIST` characters. An item that does not fit, and a sentence that is in no list,
    is quoted alone. IndexError: There is no sentence at the position.
    """
    if not 0 <= position < len(sentences):
        raise IndexError(f"there is no sentence {position} among {len(sentences)}")
    first = next((place for place in range(position, -1, -1) if _introduces(sentences, place)), position)
    length, last = len(sentences[first]), first
    for place in range(first + 1, _find_end(sentences, first)):
        length += 1 + len(sentences[place])
        if length > LONGEST_LIST:
            break
        last = place
    return (first, last) if last >= position else (position, position)


def _find_end(sentences: Sequence[str], lead_in: int) -> int:
    """Find the position after the last item of a lead-in, or after the sentence if it is no lead-in.

    Items have a mark each and may continue for a sentence or two, or end with ";" or "," until one does not.
    """
    if not _introduces(sentences, lead_in):
        return lead_in + 1
    end = place = lead_in + 1
    if place < len(sentences) and _ITEM.match(sentences[place].lstrip()):
        while place < len(sentences) and place <= end + _GAP:
            place += 1
            if _ITEM.match(sentences[place - 1].lstrip()):
                end = place
        return end
    while place < len(sentences) and _JOINED.search(sentences[place].rstrip()):
        place += 1
    return min(place + 1, len(sentences))


def _bare(text: str) -> str:
    """Put a text on one line, without surrounding marks and quotation marks."""
    return " ".join(text.split()).lstrip(_OPENING).rstrip(_CLOSING)


_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[[^\]]*[^\].!]\]\([^)]*\)|<?(?:https?://|www\.)\S+")
_QUESTION = re.compile(rf"[?\uff1f\u061f][{re.escape(_CLOSING)}]*$")
_SAID_BEFORE = re.compile(rf"[.!\u2026:][{re.escape(_CLOSING)}]*\s")
# Who asks, and when, as in lists of questions ("Q: …") and in chats ("[12.04.24, 18:04] Mia: …").
_ASKING = re.compile(
    r"\A[\s*_>#]*(?:\[?[\d.,/: -]{4,}(?:[ap]m)?\]?[\s-]*)?(?:[^\W_][\w.'-]*[ ]?){1,3}:[*_]*\s", re.IGNORECASE
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|has|have|had|does|do|did|can|could|may|might|must|shall|should|will|would|shows?|showed|sees?|saw|"
    r"gives?|gave|says?|said|makes?|made|takes?|took|goes|went|stands?|stood|comes?|came|begins?|began|rises?|rose|falls?|fell|"
    r"grows?|grew|wins?|won|holds?|held|runs?|ran|keeps?|kept|needs?|costs?|uses?|opens?|closes?|starts?|ends?)\b",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:figure|fig\.?|table|photo|image|illustration)\s*(?:\d[\d.]*|[A-Z]\b)\s*[:.\u2013-]", re.IGNORECASE
)
_FURNITURE = re.compile(
    r"(?:table of contents|contents|index|menu|search|home|skip to (?:main )?content|click here.{0,40}|read more.{0,30}|"
    r"learn more|see (?:also|more)|back to top|share(?: this.{0,20})?|print|advertisement|subscribe(?: now| to our newsletter)?|"
    r"sign (?:in|up)|log ?in|next|previous|references|bibliography|further reading|external links|"
    r"related (?:articles|pages|topics)|all rights reserved|page \d+(?: of \d+)?|introduction|overview|summary|conclusion|"
    r"background|abstract|acknowledgements|frequently asked questions|faq)[.:!\u2026]*",
    re.IGNORECASE,
)
_MARKED_HEADING = re.compile(r"#{1,6}\s")
_NUMBERED_HEADING = re.compile(
    r"(?:chapter|section|part|appendix|annex)\s+(?:\d+|[A-Z]|[IVX]+)\b[^.!?;]*", re.IGNORECASE
)
_TITLE = re.compile(
    r"(?:The|An?|How|Why|What|When|Where|About|Introduction|History|Overview|Guide)"
    r"(?: (?:[A-Z][\w'\u2019-]*|of|the|and|in|on|for|to|a|an|or|with|from|at|by))+"
)
_MENU_SIGN = re.compile(r"\s*[|\u00bb\u203a\u2022\u00b7]\s*|\s>\s")
_MENU_NAMES = frozenset(
    """
    home about contact login search menu blog news help faq privacy terms sitemap services products careers support shop cart
    account press imprint archive events gallery downloads newsletter register
    """.split()
)


def is_quotable(sentence: str) -> bool:
    """Return whether a sentence can answer on its own.

    Headings, captions without a verb, menus ("Home | About | Contact"), bare questions, images, links and page furniture such as
    "Table of contents" cannot. Rows of a table ("Price: 40 EUR") can, and so can doubtful cases.
    """
    text = " ".join(sentence.split())
    if not re.search(r"[^\W_]", _LINK.sub(" ", _IMAGE.sub(" ", text))):
        return False
    if _QUESTION.search(text):
        return bool(_SAID_BEFORE.search(_ASKING.sub("", text)))
    bare = _bare(text)
    if _MARKED_HEADING.match(text) or _FURNITURE.fullmatch(bare) or _is_menu(text):
        return False
    if _FINITE.search(text):
        return True
    return not (_CAPTION.match(bare) or _NUMBERED_HEADING.fullmatch(bare) or _TITLE.fullmatch(bare))


def _is_menu(text: str) -> bool:
    """Return whether a text is three or more short names between signs, at least two of them usual in menus."""
    names = [name for name in _MENU_SIGN.split(text) if name]
    usual = sum(name.split()[0].casefold() in _MENU_NAMES for name in names)
    return len(names) > 2 and usual > 1 and all(len(name.split()) <= 3 for name in names)
