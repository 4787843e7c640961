"""Suggest questions that a collection answers: some to begin with, and some that follow an answer.

Questions are made of the collection's sentences (`patterns`) and asked before they are suggested. Only those are kept whose
answer first quotes the sentence they were made of. The work is done in small pieces, so that the caller can answer people in
between. The same index gives the same questions; only English documents give any.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index import QuestionError, StoredPassage, question_terms
from qa.answering.answer import Answer
from qa.answering.citation import Citation
from qa.suggestions.patterns import Lowered, Phrased, phrase_questions

if TYPE_CHECKING:
    from qa.assistant import Assistant

READ_DOCUMENTS = 24
READ_PASSAGES = 200  # of each, from its beginning
MOST_ASKED = 24  # to find some to begin with
MOST_ASKED_NEXT = 12  # to find some that follow an answer
NEIGHBOURS = 100  # paragraphs before and after the quote
NAMES = 2  # in the quote, to look for elsewhere
FOUND_BY_NAME = 4  # passages
PIECE = 25  # passages without a question until the caller gets a turn
LONGEST_NEXT = 56  # characters
_SEED = 20_231
_KINDS = ("who", "when", "where", "why", "how", "number", "state", "definition", "if", "verb")  # most informative first
_SMALL = re.compile(r"\b[a-z][\w'-]*")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]*")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+(?: (?:of |the |for )*[A-Z][\w'-]+)*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be suggested, and the place of the sentence that it was made of."""

    phrased: Phrased
    path: str
    start: int
    end: int


def suggest_first(assistant: "Assistant", count: int) -> Iterator[tuple[str, ...]]:
    """Find so many questions to begin with, of as many documents and kinds as possible.

    Yields:
        The questions found so far, after each document read and each question asked.
    """
    paths = assistant.sample_paths("en", READ_DOCUMENTS, seed=_SEED)
    yield ()
    passages: dict[str, list[StoredPassage]] = {}
    for path in paths:
        passages[path] = assistant.passages_from(path, 1, READ_PASSAGES)
        yield ()
    lowered = _count_cases(passages.values())
    queues: dict[str, list[Candidate]] = {}
    for path, read in passages.items():
        queues[path] = sorted(_make_candidates(path, read, lowered), key=lambda made: _KINDS.index(made.phrased.kind))
        yield ()
    tried = 0
    spent: Counter[str] = Counter()  # tries, and three more for each question found, so that all documents get a turn
    kinds: Counter[str] = Counter()
    found: list[str] = []
    topics: set[frozenset[str]] = set()
    while len(found) < count and tried < MOST_ASKED and any(queues.values()):
        path = min((path for path, queue in queues.items() if queue), key=lambda path: spent[path])
        candidate = min(queues[path], key=lambda candidate: kinds[candidate.phrased.kind])
        queues[path].remove(candidate)
        topic = frozenset(question_terms(candidate.phrased.question))
        if topic in topics:
            continue
        topics.add(topic)
        tried += 1
        spent[path] += 1
        if _find_answer(assistant, candidate):
            kinds[candidate.phrased.kind] += 1
            spent[path] += 3
            found.append(candidate.phrased.question)
        yield tuple(found)


def suggest_next(
    assistant: "Assistant", answer: Answer, *, history: Sequence[str], sources: Sequence[str] = (), count: int = 3
) -> Iterator[tuple[str, ...]]:
    """Find questions that follow an answer: about the paragraphs near it, and about the names in its quotes.

    Args:
        assistant: Answers the questions.
        answer: The last answer.
        history: All questions asked so far, including the answer's; none of them is suggested again.
        sources: Names of the documents to search; all when empty.
        count: How many to find.

    Yields:
        The questions found so far, after each search and each question asked. Ask them without history. Their answers begin
        with a sentence that `answer` does not quote.
    """
    quoted = answer.citations or answer.closest[: 1 if answer.verdict == "closest" else 0]
    topics = {frozenset(question_terms(question)) for question in history}
    passages: dict[str, list[StoredPassage]] = {}
    for citation in quoted[:2]:
        if assistant.language_of(citation.path) == "en":
            first = max(1, citation.paragraph - NEIGHBOURS)
            read = assistant.passages_from(citation.path, first, 2 * NEIGHBOURS + 1)
            read.sort(key=lambda stored: abs(stored.passage.paragraph - citation.paragraph))
            passages.setdefault(citation.path, read)
    yield ()
    for name in _names(answer, quoted):
        for hit in assistant.find(name, sources=sources, k=FOUND_BY_NAME).search.hits:
            if name in " ".join(hit.text.split()) and assistant.language_of(hit.path) == "en":
                passages.setdefault(hit.path, []).extend(assistant.passages_from(hit.path, hit.passage.paragraph, 1))
        yield ()
    lowered = _count_cases(passages.values())
    shown = {(citation.path, citation.start) for citation in (*answer.citations, *answer.closest)}
    found: list[str] = []
    asked = 0
    for path, read in passages.items():
        for position, stored in enumerate(read):
            for candidate in _make_candidates(path, [stored], lowered):
                topic = frozenset(question_terms(candidate.phrased.question))
                if topic in topics or len(candidate.phrased.question) > LONGEST_NEXT:
                    continue
                topics.add(topic)
                best = _find_answer(assistant, candidate, sources)
                if best and (best.path, best.start) not in shown:
                    shown.add((best.path, best.start))
                    found.append(candidate.phrased.question)
                yield tuple(found)
                asked += 1
                if asked == MOST_ASKED_NEXT or len(found) == count:
                    return
            if position % PIECE == PIECE - 1:
                yield tuple(found)


def _count_cases(read: Iterable[Sequence[StoredPassage]]) -> Lowered:
    """Count whether the words of some passages are mostly lower case."""
    texts = [stored.text for passages in read for stored in passages]
    small = Counter(word for text in texts for word in _SMALL.findall(text))
    capital = Counter(word for text in texts for word in _CAPITAL.findall(text))

    def lowered(word: str) -> bool | None:
        counts = small[word.lower()], capital[word]
        return counts[0] > counts[1] if any(counts) else None

    return lowered


def _make_candidates(path: str, read: Sequence[StoredPassage], lowered: Lowered) -> list[Candidate]:
    """Make questions of the sentences of some passages of a document, in order."""
    return [
        Candidate(phrased, path, sentence.start, sentence.end)
        for stored in read
        for sentence in stored.passage.sentences
        for phrased in phrase_questions(
            stored.text[sentence.start - stored.passage.start : sentence.end - stored.passage.start], lowered
        )
    ]


def _find_answer(assistant: "Assistant", candidate: Candidate, sources: Sequence[str] = ()) -> Citation | None:
    """Ask a question; return the first quote if it contains the sentence that the question was made of."""
    try:
        answer = assistant.ask(candidate.phrased.question, sources=sources)
    except QuestionError:  # a document was removed meanwhile
        return None
    best = answer.citations[0] if answer.found else None
    if best and best.path == candidate.path and best.start <= candidate.start and candidate.end <= best.end:
        return best
    return None


def _names(answer: Answer, quoted: Sequence[Citation]) -> tuple[str, ...]:
    """Find names in the quotes that share no word with the question; words that begin a sentence may be no names."""
    asked = set(question_terms(answer.question))
    names = dict.fromkeys(name for citation in quoted for name in _NAME.findall(" ".join(citation.quote.split())))
    return tuple(name for name in names if not asked & set(question_terms(name)))[:NAMES]
