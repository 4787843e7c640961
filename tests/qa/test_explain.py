"""Why a passage was found: the search's own scores, and the words that the index itself takes for the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toy_encoder import ToyEncoder

from index import matching_spans, question_terms
from index.text.terms import text_terms
from qa import Assistant
from qa.answering.citation import Citation
from qa.verify import verify_answers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def orchard(tmp_path):
    """A document with a heading, and one without."""
    (tmp_path / "a.md").write_text("# Willing mediators\n\nA mediator ate an apple. THE TALKS ABOUT US ARE OVER.\n")
    (tmp_path / "b.txt").write_text("Pears and figs.\n\nNothing of that kind will stay.")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "question", "words"),
    [
        pytest.param("The mediator's mediating mediators.", "Who mediates?", ["mediator's", "mediating", "mediators"]),
        pytest.param("A medium median.", "Who is mediating?", []),
        pytest.param("Paid 1,000 or 1000, not 100.", "1000 crowns", ["1,000", "1000"]),
        pytest.param("The GPT-4 and the gpt4.", "Is GPT4 old?", ["GPT-4", "gpt4"]),
        pytest.param("They told us of the US.", "Where is the US?", ["US"]),
        pytest.param("THEY TOLD US.", "Where is the US?", []),
        pytest.param("It is what it is.", "What is it?", ["It", "is", "what", "it", "is"]),
        pytest.param("Who will stay?", "Is anyone willing?", ["will"]),
        pytest.param("", "Is anyone willing?", []),
    ],
    ids=["stem", "other stem", "thousands", "code", "acronym", "capitals", "stop words", "stop word's stem", "empty"],
)
def test_words_are_the_same_exactly_when_search_counts_them_so(text, question, words):
    """What is marked are the words whose terms the index compares, no more and no fewer."""
    terms = question_terms(question)
    assert [text[start:end] for start, end in matching_spans(text, terms)] == words
    assert bool(words) == bool(set(terms) & set(text_terms(text)))


def test_citation_carries_the_scores_of_its_hit(orchard):
    """They are those of the search, to the last digit, for quotes and closest passages alike."""
    for question in ("Who ate the apple?", "Where is the zebra?"):
        finding = orchard.find(question)
        scores = {(hit.source, hit.passage.start): hit.score for hit in finding.search.hits}
        answer = orchard.compose(finding)
        made = answer.citations + answer.closest
        assert made
        for citation in made:
            score, why = scores[citation.source, citation.passage_start], citation.relevance
            assert (why.fused, why.dense, why.lexical) == (score.fused, score.dense, score.lexical)
            assert why.fused == pytest.approx(0.8 * why.dense + 0.2 * why.lexical, abs=1.1e-6)


def test_matching_words_stand_at_their_offsets(orchard):
    """In the passage by offsets in the document's text, in the heading as words; stop words do not count."""
    answer = orchard.ask("Is anyone willing to mediate the talks?")
    (citation,) = [made for made in answer.citations + answer.closest if made.source == "a.md"]
    text = orchard.document(citation.path).text
    assert [text[start:end] for start, end in citation.relevance.spans] == ["mediator", "TALKS"]
    assert citation.relevance.heading_words == ("Willing", "mediators")


def test_words_of_an_earlier_question_match_when_they_are_searched(orchard):
    """A follow-up is searched along with what came before it, and the words of both count."""
    conversation = orchard.conversation(["Who ate the apple?"])
    answer = conversation.ask("And what about the talks?")
    assert "asked after" in answer.searched
    (citation,) = [made for made in answer.citations + answer.closest if made.source == "a.md"]
    words = [
        citation.passage[start - citation.passage_start : end - citation.passage_start]
        for start, end in citation.relevance.spans
    ]
    assert words == ["ate", "apple", "TALKS"]


def test_relevance_is_the_same_in_another_process(tmp_path):
    """Scores and offsets are equal bit for bit, whoever asks, alone or among many; they are part of the hash."""
    question = "Can Israel beat Iran in four days?"
    with Assistant.open(ROOT / "seeds", home=tmp_path / "one") as assistant:
        alone = assistant.ask(question)
        (among,) = list(assistant.ask_many(["Who is mediating?", question]))[1:]
    code = "import json,sys; from qa import Assistant\n"
    code += "print(json.dumps(Assistant.open(sys.argv[1], home=sys.argv[2]).ask(sys.argv[3]).to_dict()))"
    command = [sys.executable, "-c", code, str(ROOT / "seeds"), str(tmp_path / "two"), question]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ, cwd=ROOT).stdout
    assert json.loads(output) == alone.to_dict() == among.to_dict()
    assert alone.citations[0].relevance.spans


def test_answers_kept_before_there_was_a_relevance_still_verify(tmp_path):
    """Their hash is over their own record; a citation can be made from it as well."""
    record = json.loads((ROOT / "tests" / "data" / "answer_before_relevance.json").read_text(encoding="utf-8"))
    for citation in record["citations"]:
        citation["path"] = str(ROOT / "seeds" / citation["source"])
    (tmp_path / "answers.jsonl").write_text(json.dumps(record), encoding="utf-8")
    checks = list(verify_answers(tmp_path / "answers.jsonl"))
    assert [check.finding for check in checks] == ["exact"] * len(record["citations"])
    assert Citation.from_dict(record["citations"][0]).relevance is None
