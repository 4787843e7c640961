"""Why a passage was found: its scores as the search gave them, and the words it shares with the question."""

from dataclasses import dataclass
from typing import Any

from index import Hit, Search, matching_spans


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well a whole passage fits what was searched.

    Attributes:
        fused: What the passages are ranked by: .8 of the dense and .2 of the lexical score; about 0 to 1, like these.
        dense: Nearness in meaning.
        lexical: Words in common, the rarer the more they count. All three are rounded to 1e-6.
        spans: Where these words stand in the passage: first character and character after the last of each, counted in
            the document's text.
        heading_words: Those that stand in the headings above it.
    """

    fused: float
    dense: float
    lexical: float
    spans: tuple[tuple[int, int], ...] = ()
    heading_words: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "fused": self.fused,
            "dense": self.dense,
            "lexical": self.lexical,
            "spans": [list(span) for span in self.spans],
            "heading_words": list(self.heading_words),
        }


def gather_relevance(hit: Hit, search: Search) -> Relevance:
    """Say why a passage was found.

    Args:
        hit: One of the hits of the search.
        search: The search; words of everything that was searched count.

    Returns:
        Its scores, and the words that gave the lexical one: those the index itself takes for the same.
    """
    terms = {term for query in search.queries for term in query.terms}
    passage, heading = hit.passage, hit.passage.heading or ""
    spans = tuple(
        (sentence.start + start, sentence.start + end)
        for sentence in passage.sentences
        for start, end in matching_spans(hit.text[sentence.start - passage.start : sentence.end - passage.start], terms)
    )
    words = tuple(dict.fromkeys(heading[start:end] for start, end in matching_spans(heading, terms)))
    return Relevance(hit.score.fused, hit.score.dense, hit.score.lexical, spans, words)
