"""An answer as HTML: pure functions from records to strings.

A turn's citations are numbered from 1, the answer's quotes and its closest passages alike; turn and number together are
all the browser ever sends back. An answer in parts shows each part under its own question; their citations keep the
numbers they have in the whole. The cards of the sources are made in `cards.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qa.answering.answer import BASIS_NOTES, Answer, Section
from qa.answering.citation import Citation
from qa.answering.question import is_searched_alone
from qa.conversations import Label
from qa.markup import escape, render_quote
from qa.web import strings
from qa.web.cards import group_citations, render_cards, render_marker
from qa.web.contrast import describe_disagreement, render_disagreements
from qa.web.feedback_view import render_thumbs, render_wrong
from qa.web.markup import render_button
from qa.web.narrowing import Narrowing

NAMED = 5  # documents searched; more are counted


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, as the page remembers them.

    Attributes:
        number: 1-based, never used again in a session.
        answer: The answer.
        narrowing: What was searched, when that was not everything.
        conversation: Id of the conversation it is kept in; 0: of none.
        labels: What was said of it; see `KeptTurn`.
        remarks: For each citation what has become of it since, in one line; empty while nothing has.
    """

    number: int
    answer: Answer
    narrowing: Narrowing | None = None
    conversation: int = 0
    labels: Mapping[int, Label] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Everything that can be opened, in the order of its numbers: the quotes, or the closest passages."""
        return self.answer.citations + self.answer.closest


def render_question(question: str) -> str:
    """The person's question, as it stands above its answer."""
    label = f'<span class="qa-hidden">{escape(strings.YOU_ASKED)}: </span>'
    return f'<h2 class="qa-question" dir="auto">{label}{escape(question)}</h2>'


def render_turn(turn: Turn) -> str:
    """An answer with its sources.

    Args:
        turn: The turn; its number makes every id in the HTML unique.

    Returns:
        One element, escaped throughout.
    """
    answer = turn.answer
    searched = f"{_render_corrected(answer)}{_render_searched(turn)}" if answer.kind == "answer" else ""
    if answer.parts:
        title = strings.PARTS.format(questions=strings.count_questions(len(answer.parts)))
        body = _render_head("parts", title, turn) + "".join(_render_part(turn, each) for each in answer.sections())
        kind = "parts"
    else:
        (section,) = answer.sections()
        body, kind = _render_section(turn, section), answer.verdict if answer.kind == "answer" else answer.kind
    return (
        f'<div class="qa-answer qa-{escape(kind)}" id="turn-{turn.number}" '
        f'data-arrive="turn-{turn.number}" data-conversation="{turn.conversation}">{searched}{body}</div>'
    )


def _render_part(turn: Turn, section: Section) -> str:
    """A part of an answer under its own question."""
    part = section.answer
    kind = part.verdict if part.kind == "answer" else part.kind
    searched = ""
    if part.kind == "answer" and not is_searched_alone(part.question, part.searched, part.corrected):
        searched = (
            f'<p class="qa-searched" dir="auto">{escape(strings.SEARCHED_FOR.format(searched=part.searched))}</p>'
        )
    return (
        f'<section class="qa-part qa-{escape(kind)}"><h3 class="qa-part-question" dir="auto">{escape(part.question)}</h3>'
        f"{searched}{_render_section(turn, section)}</section>"
    )


def _render_section(turn: Turn, section: Section) -> str:
    if section.answer.kind != "answer":
        return _render_message(turn, section)
    if section.answer.verdict == "answered":
        return _render_answered(turn, section)
    if section.answer.verdict == "closest":
        return _render_closest(turn, section)
    return _render_not_found(turn, section)


def _render_message(turn: Turn, section: Section) -> str:
    """What is said instead of an answer, and the passages that come with it, if any."""
    cards = render_cards(turn.number, section.shown, turn.remarks) if section.shown else ""
    return f'<p class="qa-said" dir="auto">{escape(section.answer.message)}</p>{cards}'


def _render_corrected(answer: Answer) -> str:
    lines = [strings.CORRECTED.format(typed=typed, searched=word) for typed, word in answer.corrected]
    lines += [BASIS_NOTES[answer.basis]] if answer.basis in BASIS_NOTES else []
    return "".join(f'<p class="qa-searched" dir="auto">{escape(line)}</p>' for line in lines)


def _render_searched(turn: Turn) -> str:
    """What was searched: for more than was typed, with the way to search what was typed alone; in some documents."""
    answer, parts = turn.answer, []
    if not is_searched_alone(answer.question, answer.searched, answer.corrected):
        searched = escape(strings.SEARCHED_FOR.format(searched=answer.searched))
        alone = render_button(strings.SEARCH_ALONE, "alone", {"turn": turn.number})
        parts.append(f'<p class="qa-searched" dir="auto">{searched} {alone}</p>')
    if turn.narrowing:
        names = [f'<bdi class="qa-file">{escape(name)}</bdi>' for name in turn.narrowing.names[:NAMED]]
        template, place = escape(strings.SEARCHED_IN), {"part": escape(_part(turn.narrowing))}
        parts.append(f'<p class="qa-searched">{template.format(**place, names=_join(names, turn.narrowing))}</p>')
    return "".join(parts)


def _part(narrowing: Narrowing) -> str:
    return strings.count_part(narrowing.documents, narrowing.total)


def _join(names: Sequence[str], narrowing: Narrowing) -> str:
    more = len(narrowing.names) - NAMED
    return ", ".join([*names, strings.NAMES_MORE.format(count=f"{more:,}")] if more > 0 else names)


def _render_missing(answer: Answer) -> str:
    """The words of the question that no document holds, each with those spelt nearly like it."""
    words = [
        strings.NEAR_WORDS.format(word=term.word, near=", ".join(term.near)) if term.near else term.word
        for term in answer.evidence
        if not term.passages
    ]
    return f"<p>{escape(strings.MISSING_WORDS.format(words=', '.join(words)))}</p>" if words else ""


def _render_answered(turn: Turn, section: Section) -> str:
    quotes = []
    for number, citation in section.citations.items():
        marker = render_marker(turn.number, section.citations, number)
        words = render_quote(citation.quote, citation.start, citation.answer_span)
        quote = f'<q class="qa-words">{words}</q>'
        quotes.append(f'<li class="qa-quote" dir="auto">{quote}&nbsp;{marker}{render_wrong(turn, number)}</li>')
    documents = len({citation.path for citation in section.citations.values()})
    title = strings.ANSWERED.format(documents=strings.count_documents(documents))
    head = _render_head("answered", title, turn, section)
    sources = f'<h3 class="qa-small-title">{escape(strings.SOURCES)}</h3>'
    contrast = render_disagreements(turn.number, section)
    cards = render_cards(turn.number, section.citations, turn.remarks)
    return f'{head}<ul class="qa-quotes">{"".join(quotes)}</ul>{contrast}{sources}{cards}'


def _render_closest(turn: Turn, section: Section) -> str:
    missing = _render_missing(section.answer)
    explained = strings.CLOSEST_EXPLAINED.format(scope=_scope(turn))
    cards = render_cards(turn.number, section.closest, turn.remarks)
    return f"{_render_head('closest', strings.CLOSEST, turn, section)}<p>{escape(explained)}</p>{missing}{cards}"


def _render_not_found(turn: Turn, section: Section) -> str:
    explained = strings.NOT_FOUND_EXPLAINED.format(scope=_scope(turn))
    parts = [
        _render_head("not_in_sources", strings.NOT_FOUND, turn, section),
        f"<p>{escape(explained)}</p>",
        _render_missing(section.answer),
    ]
    if section.closest:
        summary = strings.NOT_FOUND_FOLD.format(count=len(group_citations(section.closest)))
        cards = render_cards(turn.number, section.closest, turn.remarks)
        parts.append(f'<details class="qa-fold"><summary>{escape(summary)}</summary>{cards}</details>')
    return "".join(parts)


def _render_head(verdict: str, title: str, turn: Turn, section: Section | None = None) -> str:
    """The verdict; at the head of the whole answer also the thumbs, the button that copies, and what is not indexed."""
    named = f'<h3 class="qa-verdict qa-verdict-{escape(verdict)}">{escape(title)}</h3>'
    if section and section.answer is not turn.answer:
        return f'<div class="qa-head">{named}</div>'
    label = strings.COPY_PLAIN if turn.answer.verdict == "not_in_sources" else strings.COPY
    copy = render_button(label, "copy", {"text": describe(turn), "done": strings.COPIED, "failed": strings.NOT_COPIED})
    head = f'<div class="qa-head">{named}{render_thumbs(turn)}{copy}</div>'
    if not turn.answer.scope.pending:
        return head
    passages = strings.count_passages(turn.answer.scope.pending)
    return f'{head}<p class="qa-searched">{escape(strings.STILL_INDEXING.format(passages=passages))}</p>'


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
    if narrowing := turn.narrowing:
        names = _join(narrowing.names[:NAMED], narrowing)
        lines.append(strings.SEARCHED_IN.format(part=_part(narrowing), names=names))
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
