"""Answers as data frames."""

import sys

import pandas
import pytest
from two_answers import BOTH, COLOUR, GUIDANCE, WHEN

from qa import QAError, to_frame
from qa.answering.answer import Answer

SUMMARY = ["question", "answer", "verdict", "confidence", "quote", "source", "page", "place", "message"]


def test_answers_are_rows():
    """In order, with the columns of a batch; what there is none of is missing."""
    frame = to_frame(iter([WHEN, COLOUR, GUIDANCE]))
    assert list(frame.columns) == SUMMARY
    assert frame["question"].tolist() == ["When was it built?", "Which are red?", "Summarize it"]
    assert frame["verdict"].tolist() == ["answered", "closest", "not_in_sources"]
    assert frame.loc[0, ["answer", "quote", "source", "place"]].tolist() == [
        "1848", "The harbour was built in 1848.", "town.txt", "paragraph 1",
    ]  # fmt: skip
    assert frame["confidence"].tolist() == [0.9, 0.4, 0.0] and str(frame["page"].dtype) == "Int64"
    assert frame["quote"].isna().tolist() == [False, True, True] and frame["page"].isna().all()
    assert frame.loc[2, "message"] == "I only quote. Ask for one thing."


def test_no_answers_are_a_frame_without_rows():
    """With the columns of any other, and their kinds."""
    frame = to_frame([])
    assert list(frame.columns) == SUMMARY and frame.empty
    assert (str(frame["page"].dtype), str(frame["confidence"].dtype)) == ("Int64", "float64")


def test_quotes_are_rows():
    """Of one answer or several; offsets are numbers, and paths are there only if asked for."""
    frame = WHEN.to_frame()
    assert frame.loc[0, ["question", "quote", "start", "end", "hash"]].tolist() == [
        WHEN.question, "The harbour was built in 1848.", 0, 30, WHEN.hash,
    ]  # fmt: skip
    assert "path" not in frame.columns
    several = to_frame([BOTH, COLOUR], details=True, paths=True)
    assert several["question"].tolist() == [BOTH.question, COLOUR.question]
    assert several["path"].tolist() == ["/town.txt", pandas.NA] and several["start"].isna().tolist() == [False, True]


def test_more_quotes_are_further_columns():
    """As many as the answer with most quotes has."""
    twice = Answer.from_dict({**WHEN.to_dict(), "citations": WHEN.to_dict()["citations"] * 2})
    frame = to_frame([WHEN, twice])
    assert list(frame.columns) == [*SUMMARY, "quote 2", "source 2", "page 2", "place 2"]
    assert frame["quote 2"].isna().tolist() == [True, False] and str(frame["page 2"].dtype) == "Int64"


def test_missing_pandas_is_named_with_the_command_that_installs_it(monkeypatch):
    """In one line."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        QAError, match=r"^data frames need the package pandas. Install it: pip install 'qa-verbatim\[frame\]'$"
    ):
        WHEN.to_frame()
