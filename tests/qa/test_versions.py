"""Which of several documents is the newest, and what it does to answers."""

import pytest

from index import Place
from qa import Assistant
from qa.answering.answer import describe_answer
from qa.answering.citation import Citation
from qa.answering.versions import asks_for_current, newest


def cite(source, date=None):
    """A citation of a document."""
    return Citation("A quote.", source, f"/{source}", 1, Place(date=date), 0, 8, "A quote.", 0, 1.0, "0")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (("handbook-2021.txt", "handbook-2024.txt"), 1),
        (("plan_v10.docx", "plan_v9.docx"), 0),
        (("2024-03-01 minutes.md", "2024-02-28 minutes.md"), 0),
        (("2023/rules.md", "2024/rules.md", "2022/rules.md"), 1),
        (("Chapter 1.txt", "Chapter 2.txt"), None),
        (("handbook-2021.txt", "rules-2024.txt"), None),
        (("handbook-2021.txt", "handbook.txt"), None),
        (("handbook-2021.txt", "handbook-2021.txt"), None),
    ],
    ids=str,
)
def test_names_that_differ_in_years_or_versions_tell_the_newest(sources, expected):
    """Numbers that may count chapters tell nothing, and neither do names of different documents."""
    citations = [cite(source) for source in sources]
    assert newest(citations) is (None if expected is None else citations[expected])


def test_days_of_messages_tell_the_newest():
    """Two messages of one day are equally new."""
    early, late, same = cite("a.eml", "2024-03-01"), cite("b.eml", "2024-03-05"), cite("c.eml", "2024-03-05")
    assert newest([early, late]) is late
    assert newest([early, late, same]) is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [("What is the current fee?", True), ("What does it cost now?", True), ("What was the fee in 2021?", False)],
)
def test_questions_for_the_state_of_now(question, expected):
    """They say so."""
    assert asks_for_current(question) is expected


def test_the_newest_of_contradicting_documents_is_said_and_comes_first_if_asked(tmp_path):
    """Both stay quoted; a question about a year is answered by the document of that year."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "fees-2019.txt").write_text("Members pay a fee of 40 euros a year.\n\nThe club has a boat.\n")
    (folder / "fees-2023.txt").write_text("Members pay a fee of 55 euros a year.\n\nThe club has two boats.\n")
    with Assistant.open(folder, home=tmp_path / "home") as assistant:
        answer = assistant.ask("What is the current fee that members pay?")
        assert [citation.source for citation in answer.citations[:2]] == ["fees-2023.txt", "fees-2019.txt"]
        assert "different numbers: [1] 55 euros, [2] 40 euros. [1] is from the newest document." in describe_answer(
            answer
        )
        answer = assistant.ask("What fee did members pay in 2019?")
        assert (answer.verdict, answer.citations[0].source) == ("answered", "fees-2019.txt")
