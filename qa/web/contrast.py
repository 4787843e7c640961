"""Where the quotes of an answer disagree: the sentences side by side, each with its source. Pure functions."""

from qa.answering.answer import Section
from qa.answering.disagreements import Disagreement, Statement
from qa.answering.versions import newest
from qa.markup import Mark, escape, render_marked
from qa.web import strings
from qa.web.cards import render_marker


def render_disagreements(turn: int, section: Section) -> str:
    """A group for each disagreement; nothing where there is none.

    Args:
        turn: Number of the turn.
        section: Its answer, or a part of it.

    Returns:
        HTML, the values marked.
    """
    parts = []
    for disagreement in section.answer.disagreements:
        numbers = [list(section.citations)[statement.citation - 1] for statement in disagreement.statements]
        latest = newest([section.citations[number] for number in numbers])
        name = f"contrast-{turn}-{'-'.join(map(str, numbers))}-{disagreement.kind}"
        title = f'<h3 class="qa-small-title" id="{name}">{escape(strings.DIFFERENT[disagreement.kind])}</h3>'
        sides = "".join(
            _render_side(turn, section, number, statement, is_newest=section.citations[number] is latest)
            for number, statement in zip(numbers, disagreement.statements, strict=True)
        )
        parts.append(
            f'<div class="qa-contrast" role="group" aria-labelledby="{name}">{title}<div class="qa-sides">{sides}</div></div>'
        )
    return "".join(parts)


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


def _render_side(turn: int, section: Section, number: int, statement: Statement, *, is_newest: bool) -> str:
    citation = section.citations[number]
    first, last = statement.sentence_start - citation.start, statement.sentence_end - citation.start
    value = Mark(statement.start, statement.end, 'class="qa-value"')
    sentence = render_marked(citation.quote[first:last], statement.sentence_start, [value])
    marker = render_marker(turn, section.citations, number)
    told = f' <span class="qa-newest">{escape(strings.NEWEST)}</span>' if is_newest else ""
    return (
        f'<figure class="qa-side"><blockquote class="qa-words" dir="auto">{sentence}</blockquote>'
        f'<figcaption>{marker} <bdi class="qa-file">{escape(citation.source)}</bdi> '
        f'<span class="qa-locator">{escape(citation.locator())}</span>{told}</figcaption></figure>'
    )
