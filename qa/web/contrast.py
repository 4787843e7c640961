"""Where the quotes of an answer disagree: the sentences side by side, each with its source. Pure functions."""

from qa.answers import Answer
from qa.disagreement import Disagreement, Statement
from qa.web import strings
from qa.web.cards import render_marker
from qa.web.markup import Mark, escape, render_marked


def render_disagreements(turn: int, answer: Answer) -> str:
    """A part for each disagreement; nothing where there is none.

    Args:
        turn: Number of the turn.
        answer: Its answer.

    Returns:
        HTML, the values marked.
    """
    parts = []
    for number, disagreement in enumerate(answer.disagreements, start=1):
        name = f"contrast-{turn}-{number}"
        title = f'<h3 class="qa-small-title" id="{name}">{escape(strings.DIFFERENT[disagreement.kind])}</h3>'
        sides = "".join(_render_side(turn, answer, statement) for statement in disagreement.statements)
        parts.append(
            f'<div class="qa-contrast" role="group" aria-labelledby="{name}">{title}<div class="qa-sides">{sides}</div></div>'
        )
    return "".join(parts)


def describe_disagreement(answer: Answer, disagreement: Disagreement) -> str:
    """One line: 'These passages give different numbers: [1] 320, [2] 300.'; not escaped."""
    values = []
    for statement in disagreement.statements:
        citation = answer.citations[statement.citation - 1]
        value = citation.quote[statement.start - citation.start : statement.end - citation.start]
        values.append(f"[{statement.citation}] {' '.join(value.split())}")
    return strings.DIFFERENT_LINE.format(title=strings.DIFFERENT[disagreement.kind], values=", ".join(values))


def _render_side(turn: int, answer: Answer, statement: Statement) -> str:
    citation = answer.citations[statement.citation - 1]
    first, last = statement.sentence_start - citation.start, statement.sentence_end - citation.start
    value = Mark(statement.start, statement.end, 'class="qa-value"')
    sentence = render_marked(citation.quote[first:last], statement.sentence_start, [value])
    marker = render_marker(turn, answer.citations, statement.citation)
    return (
        f'<figure class="qa-side"><blockquote class="qa-words" dir="auto">{sentence}</blockquote>'
        f'<figcaption>{marker} <bdi class="qa-file">{escape(citation.source)}</bdi> '
        f'<span class="qa-locator">{escape(citation.locator())}</span></figcaption></figure>'
    )
