"""The record of an answer: exact words, parts, kinds, and the records that were kept before there were any."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from two_answers import BOTH, COLOUR, CORRECTED, GREETING, GUIDANCE, SCOPE, WHEN, quote

import qa
from qa.answering.answer import VERSION, Answer, Scope, hash_record
from qa.answering.citation import TermEvidence
from qa.answering.disagreements import Disagreement, Statement
from qa.answering.parts import join_parts
from qa.answering.question import is_searched_alone
from qa.exports import describe_remarks
from qa.schema import record_schema
from qa.verify import Check, verify_answers

ROOT = Path(__file__).parents[2]
NEW_KEYS = {"version", "kind", "message", "answer", "parts", "corrected"}
OLD = {
    "question": "red", "searched": "red", "verdict": "closest", "found": False, "confidence": 0.5, "citations": [],
    "closest": [], "scope": {"documents": 1, "passages": 2, "pending": 0}, "evidence": [], "disagreements": [],
}  # fmt: skip


def read_back(answer):
    """What becomes of an answer on the way through JSON."""
    return Answer.from_dict(json.loads(json.dumps(answer.to_dict())))


@pytest.mark.parametrize("answer", [WHEN, COLOUR, BOTH, GREETING, GUIDANCE, CORRECTED])
def test_new_answers_hold_all_keys_and_come_back_as_they_were(answer):
    """Version 3, through JSON and back, with the same hash."""
    record = answer.to_dict()
    assert record["version"] == VERSION == 3 and set(record) >= NEW_KEYS
    assert read_back(answer) == answer and read_back(answer).hash == record["hash"] == hash_record(record)


def test_interrupt_while_a_record_is_made_is_one():
    """Ctrl-C at any call of a function on the way, so that the command line ends as it should."""
    BOTH.to_dict()  # what is made once is made
    for calls in range(1, 1000):
        left = iter(range(calls))

        def interrupt(frame, event, argument, left=left):
            if event == "call" and next(left, None) is None:
                raise KeyboardInterrupt

        sys.setprofile(interrupt)
        try:
            BOTH.to_dict()
            break
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
    assert 10 < calls < 999


def test_exact_words_are_a_slice_of_the_quote():
    """Offsets count the document's characters; without them there are no words."""
    citation = quote(31, 49, (34, 41))
    assert (citation.answer, citation.answer_span) == ("*still*", (34, 41))
    assert (citation.to_dict()["answer_start"], citation.to_dict()["answer_end"]) == (34, 41)
    assert (quote(31, 49).answer, quote(31, 49).answer_span) == ("", None)
    assert WHEN.answer == WHEN.to_dict()["answer"] == "1848"
    assert COLOUR.answer == GREETING.answer == ""


def test_printing_an_answer_shows_quotes_and_places():
    """As the command line does."""
    assert str(WHEN) == "[1] The harbour was built in 1848.\n    -- town.txt, paragraph 1"


def test_the_package_exports_its_errors():
    """Each is caught as a QAError."""
    names = [name for name in qa.__all__ if name.endswith("Error")]
    assert len(names) == 10 and all(issubclass(getattr(qa, name), qa.QAError) for name in names)


@pytest.mark.parametrize("span", [(None, 29), (25, None), (25, 25), (29, 25), (25, 31)])
def test_exact_words_stand_inside_their_quote_or_nowhere(span):
    """Both places or none, not empty, not beyond the quote."""
    with pytest.raises(ValueError, match=r"answer words .* lie outside their quote \(0, 30\) of town.txt"):
        replace(WHEN.citations[0], answer_start=span[0], answer_end=span[1])


def test_a_record_without_version_is_of_version_1_and_keeps_its_hash():
    """Read and written again, it has the keys it had."""
    old = {**OLD, "hash": hash_record(OLD)}
    canonical = json.dumps(OLD, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert old["hash"] == hashlib.sha256(canonical.encode()).hexdigest()
    answer = Answer.from_dict(old)
    assert (answer.version, answer.kind, answer.parts, answer.message) == (1, "answer", (), "")
    assert answer.to_dict() == old


def test_a_record_of_before_with_citations_keeps_its_hash_too():
    """The kept file has no key that came later, its hash fits, and no key comes in by reading it."""
    record = json.loads((ROOT / "tests" / "data" / "answer_before_relevance.json").read_text(encoding="utf-8"))
    answer = Answer.from_dict(record)
    assert hash_record(record) == record["hash"]
    assert (answer.version, answer.citations[0].answer_span) == (1, None)
    written = answer.to_dict()
    assert written["citations"][0].pop("relevance") is None and written.pop("disagreements") == []  # of between
    assert {**written, "hash": hash_record(written)} == record


def test_records_of_version_2_stay_what_they_are():
    """Kept in a file: whoever adds a key reads these as they are."""
    records = json.loads((ROOT / "tests" / "data" / "answers_version_2.json").read_text(encoding="utf-8"))
    read = [Answer.from_dict(record) for record in records]
    assert [str(answer) for answer in read] == [str(answer) for answer in (WHEN, BOTH, GREETING, GUIDANCE, CORRECTED)]
    assert [answer.to_dict() for answer in read] == records
    assert [hash_record(record) for record in records] == [record["hash"] for record in records]


def test_hash_leaves_out_the_paths_of_parts_too():
    """The same answer from another folder has the same hash; another answer in a part has another."""
    record = BOTH.to_dict()
    moved = json.loads(json.dumps(record).replace("/town.txt", "/elsewhere/town.txt"))
    assert moved != record and hash_record(moved) == record["hash"]
    moved["parts"][1]["confidence"] = 0.8
    assert hash_record(moved) != record["hash"]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("answered", "answered"), "answered"),
        (("answered", "closest"), "closest"),
        (("answered", "not_in_sources"), "closest"),
        (("closest", "not_in_sources"), "closest"),
        (("not_in_sources", "not_in_sources"), "not_in_sources"),
    ],
)
def test_the_verdict_of_two_questions_is_that_of_both(verdicts, expected):
    """Answered only when every part is, with the confidence of the weakest."""
    parts = [
        Answer("q", "q", verdict, chance, (), (), SCOPE) for verdict, chance in zip(verdicts, (0.7, 0.2), strict=True)
    ]
    both = join_parts("q and q", parts)
    assert (both.verdict, both.confidence, both.parts) == (expected, 0.2, tuple(parts))


def test_parts_are_joined_in_order():
    """Citations one part after another, words once, disagreements with the numbers of the whole."""
    first = replace(WHEN, evidence=(TermEvidence("built", 1),), corrected=(("biult", "built"),))
    differing = (Disagreement("number", (Statement(1, 25, 29, 0, 30), Statement(2, 34, 41, 31, 49))),)
    second = replace(
        WHEN,
        citations=(quote(0, 30), quote(31, 49)),
        evidence=(TermEvidence("built", 1), TermEvidence("still", 1)),
        corrected=(("biult", "built"),),
        disagreements=differing,
        scope=Scope(1, 2),
    )
    both = join_parts("Both?", [first, second])
    assert both.citations == (*first.citations, *second.citations) and both.closest == ()
    assert [term.word for term in both.evidence] == ["built", "still"]
    assert both.corrected == (("biult", "built"),)
    assert [statement.citation for statement in both.disagreements[0].statements] == [2, 3]
    assert [list(section.citations) for section in both.sections()] == [[1], [2, 3]]


def test_citations_of_parts_are_numbered_quotes_first():
    """As the page counts them: all quotes, then the closest passages."""
    assert [(s.answer.question, list(s.citations), list(s.closest)) for s in BOTH.sections()] == [
        ("Which are red?", [], [2]),
        ("When was it built?", [1], []),
    ]
    assert [list(section.shown) for section in COLOUR.sections()] == [[1]]


def test_parts_have_no_parts_and_there_is_one_at_least():
    """Anything else is refused."""
    with pytest.raises(ValueError, match="has parts itself"):
        join_parts("q", [BOTH])
    with pytest.raises(ValueError, match="needs a part"):
        join_parts("q", [])


def test_what_was_searched_of_two_questions():
    """The line as typed where every part was searched as typed, else what was searched for each."""
    assert BOTH.searched == "When was it built? Which are red?"
    leaning = replace(COLOUR, question="And red?")
    assert join_parts("When was it built? And red?", [WHEN, leaning]).searched == "When was it built? Which are red?"


@pytest.mark.parametrize(
    ("question", "searched", "corrected", "alone"),
    [
        ("Which  fruit?", "Which fruit?", (), True),
        ("And figs?", "Are figs sweet?", (), False),
        ("the harbuor?", "the harbour?", (("harbuor", "harbour"),), True),
        ("the harbuor?", "the harbuor?", (("harbuor", "harbour"),), True),
        ("an ant, a giant", "an aunt, a giant", (("ant", "aunt"),), True),
        ("its harbuor?", "the town's harbour?", (("harbuor", "harbour"),), False),
    ],
)
def test_a_corrected_word_is_no_other_question(question, searched, corrected, alone):
    """Only what was asked before makes one."""
    assert is_searched_alone(question, searched, corrected) is alone


def check(tmp_path, record):
    """What a file with one record is found to be."""
    (tmp_path / "a.jsonl").write_text(json.dumps({**record, "hash": hash_record(record)}), encoding="utf-8")
    return list(verify_answers(tmp_path / "a.jsonl", folders=[tmp_path]))


def test_quotes_of_parts_are_checked_once(tmp_path):
    """The whole holds them already; one that it does not hold is checked as well."""
    (tmp_path / "town.txt").write_text("The harbour was built in 1848. Pears are green.")
    whole = BOTH.to_dict()
    assert [found.finding for found in check(tmp_path, whole)] == ["exact", "moved"]
    hidden = {**whole, "closest": []}
    assert [found.finding for found in check(tmp_path, hidden)] == ["exact", "moved"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: r["citations"][0].update(answer_end=31), "a citation whose answer words do not stand in its quote"),
        (lambda r: r["citations"][0].update(answer_start=None), "a citation whose answer words do not stand"),
        (lambda r: r["citations"][0].update(answer_start="25"), "a citation whose answer words do not stand"),
        (lambda r: r.update(answer="1849"), 'an "answer" that is not what its first citation marks'),
        (lambda r: r.update(parts={}), '"parts" is no list'),
        (lambda r: r.update(parts=[1]), "a part of it: not an object"),
        (lambda r: r["parts"][0].update(closest=None), 'a part of it: no "closest"'),
        (lambda r: r["parts"][0].update(parts=[{}]), "a part of it: it has parts itself"),
    ],
)
def test_records_that_contradict_themselves_are_malformed(tmp_path, change, expected):
    """Whatever their hash says."""
    record = BOTH.to_dict()
    record["hash"] = "0"
    change(record)
    (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
    (found,) = verify_answers(tmp_path / "a.jsonl")
    assert found.finding == "malformed" and found.detail.startswith(expected)


def test_a_part_that_was_altered_is_told(tmp_path):
    """Even where the hash of the whole was made anew."""
    record = BOTH.to_dict()
    record["parts"][1]["question"] = "When was it torn down?"
    assert check(tmp_path, record)[0] == Check(1, "altered", "", "the record is not the one its hash was made of")


CAVEAT = "The nearest vectors in http://localhost:19530 are searched approximately (HNSW)."


def test_caveats_are_in_the_record_where_there_are_any():
    """Without them the record has no such key, and the hash of earlier versions; with them they come back, and are shown."""
    answer = replace(WHEN, scope=replace(SCOPE, caveats=(CAVEAT,)))
    assert WHEN.to_dict()["scope"] == {"documents": 1, "passages": 2, "pending": 0}
    assert answer.to_dict()["scope"]["caveats"] == [CAVEAT] and answer.hash != WHEN.hash
    assert read_back(answer) == answer and read_back(WHEN) == WHEN
    assert str(answer) == f"{CAVEAT}\n\n{WHEN}" and describe_remarks(answer.to_dict()) == [CAVEAT]
    jsonschema.validate(answer.to_dict(), record_schema(Answer))


def test_an_answer_in_parts_has_the_caveats_of_all_parts():
    """Each once."""
    parts = [
        replace(COLOUR, scope=replace(SCOPE, caveats=(CAVEAT,))),
        replace(WHEN, scope=replace(SCOPE, caveats=(CAVEAT, "!"))),
    ]
    joined = join_parts("Which are red? When was it built?", parts)
    assert joined.scope.caveats == (CAVEAT, "!")
    assert read_back(joined) == joined
