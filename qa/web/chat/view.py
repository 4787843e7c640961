"""An answer as HTML: pure functions from records to strings; the HTML itself is in `answer.html`.

Where its quotes disagree, the sentences stand side by side, each with its source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from qa.answering.answer import BASIS_NOTES, Answer, Section
from qa.answering.citation import Citation
from qa.answering.disagreements import Disagreement, Statement
from qa.answering.question import is_searched_alone
from qa.answering.versions import newest
from qa.conversations import Label
from qa.markup import Mark, line_class, render_marked, render_quote
from qa.web import strings
from qa.web.chat.narrowing import Narrowing
from qa.web.ui.templates import fill

NAMED = 5  # documents searched; more are counted


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, as the page remembers them.

    Attributes:
        number: 1-based, never used again in a session.
        answer: The answer.
        narrowing: What was searched, when that was not everything.
        unread: How many files could not be read when it was asked.
        conversation: Id of the conversation it is kept in; 0: of none.
        labels: What was said of it; see `KeptTurn`.
        remarks: For each citation what has become of it since, in one line; empty while nothing has.
        kept: Numbers of the citations that the visitor keeps.
    """

    number: int
    answer: Answer
    narrowing: Narrowing | None = None
    unread: int = 0
    conversation: int = 0
    labels: Mapping[int, Label] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Everything that can be opened, in the order of its numbers: the quotes, or the closest passages."""
        return self.answer.citations + self.answer.closest


def render_question(question: str, turn: int | None = None) -> str:
    """The person's question, as it stands above its answer; one that is answered has the number of its turn, to be deleted by."""
    return str(fill("chat/question.html", question=question, turn=turn))


def render_turn(turn: Turn) -> str:
    """An answer with its sources.

    Args:
        turn: The turn; its number makes every id in the HTML unique.

    Returns:
        One element, escaped throughout.
    """
    answer = turn.answer
    is_answer = answer.kind == "answer"
    alone = is_answer and not is_searched_alone(answer.question, answer.searched, answer.corrected)
    return str(
        fill(
            "chat/answer.html",
            turn=turn,
            kind="parts" if answer.parts else answer.verdict if is_answer else answer.kind,
            remarks=_list_corrections(answer) if is_answer else (),
            alone=alone,
            narrowed=_describe_narrowing(turn.narrowing) if is_answer and turn.narrowing else "",
            elsewhere=lambda part: (
                part.kind == "answer" and not is_searched_alone(part.question, part.searched, part.corrected)
            ),
            scope=lambda: _scope(turn),
            documents=lambda section: len({citation.path for citation in section.citations.values()}),
            missing_words=_list_missing,
            quoted=lambda each: Markup(render_quote(each.quote, each.start, each.answer_span)),
            passage=_render_passage,
            line_class=line_class,
            scores=_describe_scores,
            matched=_describe_matches,
            contrasts=list_contrasts,
            shown_passages=lambda section: [(each.source, each.passage_start) for each in section.shown.values()],
            answer_copies=lambda: [(strings.COPY_ALL, describe(turn))],
        )
    )


def _list_corrections(answer: Answer) -> list[str]:
    """What was searched instead of words that occur nowhere, what is damaged, caveats, and on what the verdict rests."""
    lines = [strings.CORRECTED.format(typed=typed, searched=word) for typed, word in answer.corrected]
    lines += [part.message for part in answer.parts or (answer,) if part.message]
    lines += answer.scope.caveats
    return [*lines, BASIS_NOTES[answer.basis]] if answer.basis in BASIS_NOTES else lines


def _describe_narrowing(narrowing: Narrowing) -> str:
    part = strings.count_part(narrowing.documents, narrowing.total)
    return strings.SEARCHED_IN.format(part=part, names=_join(narrowing))


def _join(narrowing: Narrowing) -> str:
    names, more = list(narrowing.names[:NAMED]), len(narrowing.names) - NAMED
    return ", ".join([*names, strings.NAMES_MORE.format(count=f"{more:,}")] if more > 0 else names)


def _list_missing(answer: Answer) -> list[str]:
    """The words of the question that no document holds, each with those spelt nearly like it."""
    return [
        strings.NEAR_WORDS.format(word=term.word, near=", ".join(term.near)) if term.near else term.word
        for term in answer.evidence
        if not term.passages
    ]


def _render_passage(citation: Citation, number: int) -> Markup:
    """The paragraph of a citation with its quote marked, and the words that the search found."""
    mark = Mark(citation.start, citation.end, f'class="qa-mark" data-number="{number}"', citation.answer_span)
    words = citation.relevance.spans if citation.relevance else ()
    return Markup(render_marked(citation.passage, citation.passage_start, [mark], words=words))


def _describe_scores(citation: Citation) -> str:
    """The scores of a passage, to three places, for who looks closely."""
    if citation.relevance is None:
        return ""
    scores = (
        (strings.SCORE_DENSE, citation.relevance.dense),
        (strings.SCORE_LEXICAL, citation.relevance.lexical),
        (strings.SCORE_FUSED, citation.relevance.fused),
    )
    return strings.BETWEEN_FACTS.join(f"{name} {score:.3f}" for name, score in scores)


def _describe_matches(citation: Citation) -> str:
    """The words of the question that are in a passage, and in the headings above it."""
    if citation.relevance is None:
        return ""
    found = [
        citation.passage[start - citation.passage_start : end - citation.passage_start]
        for start, end in citation.relevance.spans
    ]
    lines = [strings.WORDS_PASSAGE.format(words=_distinct(found)) if found else strings.WORDS_NONE]
    if citation.relevance.heading_words:
        lines.append(strings.WORDS_HEADING.format(words=_distinct(citation.relevance.heading_words)))
    return " ".join(lines)


def _distinct(words: Sequence[str]) -> str:
    """Words in a row, each as it first stands."""
    return ", ".join(
        {word.casefold(): word for word in reversed(words)}[key] for key in dict.fromkeys(map(str.casefold, words))
    )


def _scope(turn: Turn) -> str:
    scope, total = turn.answer.scope, turn.narrowing.total if turn.narrowing else 0
    return strings.describe_scope(scope.documents, scope.passages, total=total)


def describe(turn: Turn) -> str:
    """An answer as plain text, to be pasted elsewhere: the quotes, then where each one stands.

    Args:
        turn: Any turn.

    Returns:
        Lines, not escaped.
    """
    answer = turn.answer
    lines = [strings.COPY_QUESTION.format(question=answer.question)]
    lines += [_describe_narrowing(turn.narrowing)] if turn.narrowing else []
    lines += answer.scope.caveats
    for section in answer.sections():
        lines += ["", strings.COPY_QUESTION.format(question=section.answer.question)] if answer.parts else []
        lines += ["", *_describe_section(turn, section)]
    return "\n".join(lines)


def _describe_section(turn: Turn, section: Section) -> list[str]:
    answer = section.answer
    if answer.kind != "answer":
        lines = [answer.message, ""]
    elif answer.verdict == "not_in_sources":
        return [strings.COPY_NOT_FOUND.format(scope=_scope(turn))]
    elif answer.verdict == "closest":
        lines = [strings.COPY_CLOSEST.format(scope=_scope(turn)), ""]
    else:
        lines = []
    shown = section.shown
    if not shown:
        return lines[:1]
    lines += [f"“{citation.quote}” [{number}]" for number, citation in shown.items()]
    lines += ["", strings.COPY_SOURCES]
    lines += [f"[{number}] {citation.source}, {citation.locator()}" for number, citation in shown.items()]
    differing = [describe_disagreement(section, disagreement) for disagreement in answer.disagreements]
    return [*lines, "", *differing] if differing else lines


@dataclass(frozen=True, slots=True)
class Side:
    """One of the sentences that disagree.

    Attributes:
        number: Of its citation in the turn.
        citation: Where it is.
        sentence: As HTML, its value marked.
        newest: Whether it is from the newest document.
    """

    number: int
    citation: Citation
    sentence: Markup
    newest: bool


@dataclass(frozen=True, slots=True)
class Contrast:
    """Sentences that give different values."""

    title: str
    sides: tuple[Side, ...]


def list_contrasts(section: Section) -> list[Contrast]:
    """The disagreements of an answer, or of a part of it."""
    return [_contrast(section, disagreement) for disagreement in section.answer.disagreements]


def _contrast(section: Section, disagreement: Disagreement) -> Contrast:
    numbers = [list(section.citations)[statement.citation - 1] for statement in disagreement.statements]
    latest = newest([section.citations[number] for number in numbers])
    sides = tuple(
        Side(
            number,
            section.citations[number],
            _mark(section.citations[number], each),
            section.citations[number] is latest,
        )
        for number, each in zip(numbers, disagreement.statements, strict=True)
    )
    return Contrast(strings.DIFFERENT[disagreement.kind], sides)


def _mark(citation: Citation, statement: Statement) -> Markup:
    first, last = statement.sentence_start - citation.start, statement.sentence_end - citation.start
    value = Mark(statement.start, statement.end, 'class="qa-value"')
    return Markup(render_marked(citation.quote[first:last], statement.sentence_start, [value]))


def describe_disagreement(section: Section, disagreement: Disagreement) -> str:
    """One line: 'These passages give different numbers: [1] 320, [2] 300.'; not escaped."""
    values, numbers, told = [], list(section.citations), ""
    latest = newest([section.citations[numbers[each.citation - 1]] for each in disagreement.statements])
    for statement in disagreement.statements:
        number = numbers[statement.citation - 1]
        citation = section.citations[number]
        value = citation.quote[statement.start - citation.start : statement.end - citation.start]
        values.append(f"[{number}] {' '.join(value.split())}")
        told = " " + strings.NEWEST_LINE.format(number=number) if citation is latest else told
    line = strings.DIFFERENT_LINE.format(title=strings.DIFFERENT[disagreement.kind], values=", ".join(values))
    return line + told
