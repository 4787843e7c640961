"""Citations: always slices, and checkable later."""

import inspect
import re
from contextlib import nullcontext
from typing import get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_encoder import ToyEncoder

from index import IsolatedParser, Passage, Place, Sentence, text_hash
from qa import Assistant, Citation
from qa.answering.citation import Verification, cite, verify

TEXT = "\ufeffOne is here.\r\n\r\nTwo \u201cis\u201d here. Three \U0001f600 is."
PIECES = [
    *("apple", "pears", "plum", "fig", "Dr. ", "e.g. ", "3.5", "?", ".", "!", ":", "\u2026", "\u3002"),
    *(" ", "  ", "\n", "\r\n", "\n\n", "\r\n\r\n", "\t", "\u2019", "\u201c", "\u201d", "\u2014", "\ufeff", "\u00a0"),
    *("\U0001f600", "e\u0301", "<b>", "&amp;", "${x}", "# ", "- ", "\x0c", "\u2028", "\x85", "https://a.b/c"),
]


def citation(**changes):
    """A citation of the third sentence of TEXT as a dictionary, with changes."""
    start = TEXT.index("Three")
    passage = Passage(2, TEXT.index("Two"), len(TEXT), (Sentence(start, len(TEXT)),))
    made = cite(
        passage,
        TEXT[passage.start :],
        source="a.txt",
        path="/a.txt",
        text_sha256=text_hash(TEXT),
        span=(start, len(TEXT)),
        score=0.12345678,
    )
    return {**made.to_dict(), **changes}


def test_checkers_of_types_know_the_fields_of_the_place():
    """With their types: a script that reads `citation.page` passes mypy."""
    declared = re.findall(r"def (\w+)\(self\) -> (.+): \.\.\.", inspect.getsource(Citation))
    assert declared == [(name, str(kind)) for name, kind in get_type_hints(Place).items()]


def test_a_citation_is_a_slice_with_its_place():
    """Quote, offsets and rounded score follow from the span."""
    made = citation()
    assert (made["quote"], made["paragraph"], made["score"]) == ("Three \U0001f600 is.", 2, 0.123457)
    assert TEXT[made["start"] : made["end"]] == made["quote"]
    assert made["passage"] == TEXT[made["passage_start"] :]


PLACES = {
    "paragraph": ({}, "paragraph 2"),
    "page": ({"page": 3, "heading": "A > B"}, "page 3, paragraph 2, A > B"),
    "sheet": ({"sheet": "Costs", "row": 14}, "sheet Costs, row 14"),
    "slide": ({"slide": 5, "heading": "Aims"}, "slide 5, Aims"),
    "row-of-slide": ({"slide": 5, "row": 2}, "slide 5, row 2"),
    "message": ({"date": "2024-03-01", "heading": "Re: budget"}, "2024-03-01, Re: budget"),
    "recording": ({"time": "0:12:31"}, "0:12:31"),
    "row": ({"row": 7}, "row 7, paragraph 2"),
}


@pytest.mark.parametrize(("place", "expected"), PLACES.values(), ids=PLACES)
def test_the_place_is_said_in_the_words_of_its_format(place, expected):
    """A citation names its page, sheet, slide, message, time or row; the paragraph where that says more."""
    passage = Passage(2, 17, len(TEXT), (), place=Place(**place))
    made = cite(passage, TEXT[17:], source="a", path="/a", text_sha256="", span=(17, 20), score=0)
    assert made.locator() == expected
    assert {name: value for name, value in made.to_dict().items() if name in place} == place
    assert Citation.from_dict(made.to_dict()) == made


@pytest.mark.parametrize("span", [(0, 5), (17, 17), (20, 10_000)], ids=["before", "empty", "behind"])
def test_a_span_outside_its_passage_is_refused(span):
    """What does not lie in the passage cannot be cited."""
    passage = Passage(2, 17, len(TEXT), (Sentence(17, len(TEXT)),))
    with pytest.raises(ValueError, match="lies outside its passage"):
        cite(passage, TEXT[17:], source="a", path="/a", text_sha256="", span=span, score=0)


START = TEXT.index("Three")
LATER = {
    "exact": (TEXT, Verification("exact", "", START)),
    "changed-elsewhere": (TEXT.replace("One", "Uno"), Verification("exact", "a.txt has changed elsewhere", START)),
    "moved": ("\n" + TEXT, Verification("moved", f"now at character {START + 1}, was at {START}", START + 1)),
    "changed": (TEXT.replace("Three", "Four"), Verification("changed", "a.txt no longer contains these words", None)),
    "gone": (
        None,
        Verification(
            "gone", "a.txt cannot be opened: No such file or directory. Check that it exists and may be read.", None
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), LATER.values(), ids=LATER.keys())
def test_a_citation_is_checked_against_the_file_as_it_is_now(tmp_path, text, expected):
    """Exact, moved, changed or gone."""
    file = tmp_path / "a.txt"
    if text is not None:
        file.write_bytes(text.encode("utf-8"))
    assert verify(citation(path=str(file))) == expected


@pytest.fixture
def one_reader(monkeypatch):
    """Have `verify` read all files in one process; to start one for each takes most of the time."""
    with IsolatedParser() as reader:
        monkeypatch.setattr("qa.answering.citation.IsolatedParser", lambda encoding: nullcontext(reader))
        yield


@pytest.mark.usefixtures("one_reader")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=120).map("".join), st.sampled_from([".txt", ".md"]))
def test_every_citation_is_a_slice_of_its_document(tmp_path_factory, text, suffix):
    """For any text, every quote and passage of every answer is the document's text at its offsets; of a text file, its own."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / f"a{suffix}").write_bytes(text.encode("utf-8"))
    (folder / "b.txt").write_text("An apple a day.", encoding="utf-8")
    with Assistant.open(folder, home=folder / ".home", encoder=ToyEncoder(), reader=None) as assistant:
        for question in ("apple?", "pears and plum", "fig", "zebra"):
            answer = assistant.ask(question)
            assert answer.citations or answer.closest
            for made in answer.citations + answer.closest:
                whole = assistant.document(made.path).text
                assert whole[made.start : made.end] == made.quote != ""
                assert whole[made.passage_start :].startswith(made.passage)
                if made.path.endswith(".txt"):
                    with open(made.path, encoding="utf-8", newline="") as file:
                        assert file.read()[made.start : made.end] == made.quote
                assert verify(made.to_dict()).status == "exact"
