"""The sources of an answer as HTML: a group for each document, a card for each passage. Pure functions.

A card shows its passage with the quotes marked, the exact answer words stronger, and says when it is unfolded why the
passage was found; then the words it shares with the question are marked too. Citations of one paragraph share a card.
"""

from collections.abc import Iterable, Mapping, Sequence

from qa.answering.citation import Citation, Relevance
from qa.markup import Mark, escape, line_class, render_marked
from qa.web import strings
from qa.web.markup import render_button


def render_cards(turn: int, citations: Mapping[int, Citation], remarks: Sequence[str] = ()) -> str:
    """All cards of an answer or of a part of it, the passages of one document together, under its name.

    Args:
        turn: Number of the turn.
        citations: By their numbers in the turn, in order.
        remarks: What has become of each citation of the turn since, in one line; none, or empty, while nothing has.

    Returns:
        Groups in the order of their best citation, and the cards in each likewise.
    """
    groups: dict[str, list[str]] = {}
    for numbers in group_citations(citations):
        groups.setdefault(citations[numbers[0]].path, []).append(_render_card(turn, citations, numbers, remarks))
    names = {citation.path: citation.source for citation in citations.values()}
    parts = []
    for number, (path, cards) in enumerate(groups.items(), start=min(citations, default=1)):
        name = f'<h4 class="qa-group-name" id="group-{turn}-{number}"><bdi class="qa-file">{escape(names[path])}</bdi></h4>'
        shown = f'<div class="qa-cards">{"".join(cards)}</div>'
        parts.append(f'<div class="qa-group" role="group" aria-labelledby="group-{turn}-{number}">{name}{shown}</div>')
    return f'<div class="qa-groups">{"".join(parts)}</div>'


def render_marker(turn: int, citations: Mapping[int, Citation], number: int) -> str:
    """The link from a quote to its card: its number between brackets."""
    citation = citations[number]
    label = strings.MARKER_LABEL.format(number=number, source=citation.source, locator=citation.locator())
    first = next(numbers[0] for numbers in group_citations(citations) if number in numbers)
    return (
        f'<a class="qa-marker" data-qa="marker" data-turn="{turn}" data-citation="{number}" '
        f'href="#{_card_id(turn, first)}" aria-label="{escape(label)}">[{number}]</a>'
    )


def group_citations(citations: Mapping[int, Citation]) -> list[tuple[int, ...]]:
    """Numbers of the citations that share a paragraph, in order of the best of each."""
    groups: dict[tuple[str, int], list[int]] = {}
    for number, citation in citations.items():
        groups.setdefault((citation.path, citation.passage_start), []).append(number)
    return [tuple(numbers) for numbers in groups.values()]


def _render_card(turn: int, citations: Mapping[int, Citation], numbers: Sequence[int], remarks: Sequence[str]) -> str:
    citation = citations[numbers[0]]
    marks = [
        Mark(
            citations[number].start,
            citations[number].end,
            f'class="qa-mark" id="quote-{turn}-{number}" data-number="{number}"',
            citations[number].answer_span,
        )
        for number in numbers
    ]
    named = ", ".join(str(number) for number in numbers)
    label = strings.CARD_LABEL.format(numbers=named, source=citation.source, locator=citation.locator())
    name = strings.OPEN_LABEL.format(source=citation.source, locator=citation.locator())
    button = render_button(strings.OPEN_IN_DOCUMENT, "open", {"turn": turn, "citation": numbers[0]}, name=name)
    places = strings.ALSO_IN.format(places="; ".join(citation.twins))
    twins = f'<p class="qa-twins">{escape(places)}</p>' if citation.twins else ""
    badges = "".join(f'<span class="qa-badge">{number}</span>' for number in numbers)
    words = citation.relevance.spans if citation.relevance else ()
    return (
        f'<article class="qa-card" id="{_card_id(turn, numbers[0])}" data-numbers=" {" ".join(map(str, numbers))} " '
        f'tabindex="-1" aria-label="{escape(label)}">'
        f'<header class="qa-card-head">{badges}<span class="qa-locator" dir="auto">{escape(citation.locator())}</span>'
        f"{button}</header>"
        f'<blockquote class="qa-passage {line_class(citation.passage)}" dir="auto">'
        f"{render_marked(citation.passage, citation.passage_start, marks, words=words)}</blockquote>"
        f"{_render_remarks(remarks, numbers)}"
        f"{_render_why(citation, citation.relevance) if citation.relevance else ''}{twins}</article>"
    )


def _render_remarks(remarks: Sequence[str], numbers: Sequence[int]) -> str:
    said = dict.fromkeys(remarks[number - 1] for number in numbers if number <= len(remarks))
    return "".join(f'<p class="qa-notice qa-kept" role="note">{escape(remark)}</p>' for remark in said if remark)


def _render_why(citation: Citation, relevance: Relevance) -> str:
    """A fold with the scores of a passage, to three places, and the words that matched."""
    scores = (
        (strings.SCORE_DENSE, relevance.dense),
        (strings.SCORE_LEXICAL, relevance.lexical),
        (strings.SCORE_FUSED, relevance.fused),
    )
    rows = "".join(
        f'<div><dt>{escape(name)}</dt><dd><data value="{score}" title="{score}">{score:.3f}</data></dd></div>'
        for name, score in scores
    )
    found = [
        citation.passage[start - citation.passage_start : end - citation.passage_start]
        for start, end in relevance.spans
    ]
    lines = [_name_words(strings.WORDS_PASSAGE, found) if found else escape(strings.WORDS_NONE)]
    lines += [_name_words(strings.WORDS_HEADING, relevance.heading_words)] if relevance.heading_words else []
    words = "".join(f'<p dir="auto">{line}</p>' for line in lines)
    return (
        f'<details class="qa-why"><summary>{escape(strings.WHY)}</summary>'
        f'<dl class="qa-scores">{rows}</dl>{words}<p class="qa-why-note">{escape(strings.WHY_NOTE)}</p></details>'
    )


def _name_words(template: str, words: Iterable[str]) -> str:
    """A line that names words, each as it first stands."""
    distinct: dict[str, str] = {}
    for word in words:
        distinct.setdefault(word.casefold(), word)
    return escape(template.format(words=", ".join(distinct.values())))


def _card_id(turn: int, number: int) -> str:
    return f"src-{turn}-{number}"
