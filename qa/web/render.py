"""An answer as HTML: pure functions from records to strings.

A turn's citations are numbered from 1, the answer's quotes and its closest passages alike; turn and number together are
all the browser ever sends back. The cards of the sources are made in `cards.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qa.answers import Answer
from qa.citations import Citation
from qa.labels import Label
from qa.query import read_question
from qa.web import strings
from qa.web.cards import group_citations, render_cards, render_marker
from qa.web.contrast import describe_disagreement, render_disagreements
from qa.web.feedback_view import render_thumbs, render_wrong
from qa.web.markup import escape, render_button
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
    if answer.verdict == "answered":
        body = _render_answered(turn)
    elif answer.verdict == "closest":
        body = _render_closest(turn)
    else:
        body = _render_not_found(turn)
    return (
        f'<div class="qa-answer qa-{escape(answer.verdict)}" id="turn-{turn.number}" '
        f'data-arrive="turn-{turn.number}" data-conversation="{turn.conversation}">{_render_searched(turn)}{body}</div>'
    )


def _render_searched(turn: Turn) -> str:
    """What was searched: for more than was typed, with the way to search what was typed alone; in some documents."""
    answer, parts = turn.answer, []
    typed = read_question(answer.question)
    if answer.searched not in (typed.text, typed.core):
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


def _render_answered(turn: Turn) -> str:
    quotes = []
    for number, citation in enumerate(turn.answer.citations, start=1):
        marker = render_marker(turn.number, turn.citations, number)
        quote = f'<q class="qa-words">{escape(citation.quote)}</q>'
        quotes.append(f'<li class="qa-quote" dir="auto">{quote}&nbsp;{marker}{render_wrong(turn, number)}</li>')
    documents = len({citation.path for citation in turn.answer.citations})
    head = _render_head("answered", strings.ANSWERED.format(documents=strings.count_documents(documents)), turn)
    sources = f'<h3 class="qa-small-title">{escape(strings.SOURCES)}</h3>'
    contrast = render_disagreements(turn.number, turn.answer)
    cards = render_cards(turn.number, turn.citations, turn.remarks)
    return f'{head}<ul class="qa-quotes">{"".join(quotes)}</ul>{contrast}{sources}{cards}'


def _render_closest(turn: Turn) -> str:
    missing = _render_missing(turn.answer)
    explained = strings.CLOSEST_EXPLAINED.format(scope=_scope(turn))
    cards = render_cards(turn.number, turn.citations, turn.remarks)
    return f"{_render_head('closest', strings.CLOSEST, turn)}<p>{escape(explained)}</p>{missing}{cards}"


def _render_not_found(turn: Turn) -> str:
    explained = strings.NOT_FOUND_EXPLAINED.format(scope=_scope(turn))
    parts = [
        _render_head("not_in_sources", strings.NOT_FOUND, turn),
        f"<p>{escape(explained)}</p>",
        _render_missing(turn.answer),
    ]
    if turn.answer.closest:
        summary = strings.NOT_FOUND_FOLD.format(count=len(group_citations(turn.citations)))
        cards = render_cards(turn.number, turn.citations, turn.remarks)
        parts.append(f'<details class="qa-fold"><summary>{escape(summary)}</summary>{cards}</details>')
    return "".join(parts)


def _render_head(verdict: str, title: str, turn: Turn) -> str:
    label = strings.COPY_PLAIN if turn.answer.verdict == "not_in_sources" else strings.COPY
    copy = render_button(label, "copy", {"text": describe(turn), "done": strings.COPIED, "failed": strings.NOT_COPIED})
    head = f'<div class="qa-head"><h3 class="qa-verdict qa-verdict-{escape(verdict)}">{escape(title)}</h3>'
    head += f"{render_thumbs(turn)}{copy}</div>"
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
    lines.append("")
    if answer.verdict == "not_in_sources":
        return "\n".join([*lines, strings.COPY_NOT_FOUND.format(scope=_scope(turn))])
    if answer.verdict == "closest":
        lines += [strings.COPY_CLOSEST.format(scope=_scope(turn)), ""]
    shown = answer.citations or answer.closest
    lines += [f"“{citation.quote}” [{number}]" for number, citation in enumerate(shown, start=1)]
    lines += ["", strings.COPY_SOURCES]
    lines += [f"[{number}] {citation.source}, {citation.locator()}" for number, citation in enumerate(shown, start=1)]
    differing = [describe_disagreement(answer, disagreement) for disagreement in answer.disagreements]
    lines += ["", *differing] if differing else []
    return "\n".join(lines)
