"""Questions that look up a value in a row of a table."""

import pytest

from qa.answering.rows import is_lookup

FERRIES = "Region: Norrland; 2021: 498; 2022: 512."
CASES = {
    "value-and-column": ("How many ferries ran in Norrland in 2022?", FERRIES, ("Ferries",), True),
    "another-region": ("How many ferries ran in Sorland in 2022?", FERRIES, ("Ferries",), False),
    "another-year": ("How many ferries ran in Norrland in 2025?", FERRIES, ("Ferries",), False),
    "another-subject": ("How many buses ran in Norrland in 2022?", FERRIES, ("Ferries",), False),
    "no-column-asked": ("Who governs Norrland?", FERRIES, ("Ferries",), False),
    "file-name": (
        "What is the price of the lamp in article_list?",
        "Article: lamp; Price: 12.",
        ("article_list",),
        True,
    ),
    "form": ("What is the surname?", "Surname: Brekke.", (), True),
    "form-of-somebody": ("What is the surname of the applicant?", "Surname: Brekke.", ("Applicant",), True),
    "form-of-somebody-else": ("What is the surname of the mayor?", "Surname: Brekke.", ("Applicant",), False),
    "no-names": ("In which town does Ivo live?", "Ivo; Kotor.", (), False),
    "prose": ("What is it?", "It is so.", (), False),
}


@pytest.mark.parametrize(("question", "row", "context", "expected"), CASES.values(), ids=CASES)
def test_a_lookup_names_the_row_and_the_column_and_asks_nothing_else(question, row, context, expected):
    """A word that neither the row nor its table has makes it another question."""
    assert is_lookup(question, row, context) is expected


def test_a_row_that_is_looked_up_answers(tmp_path):
    """And a near question about the same row does not."""
    from qa import Assistant

    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "ferries.csv").write_text("Region,2021,2022\nNorrland,498,512\nSorland,201,199\n")
    with Assistant.open(folder, home=tmp_path / "home") as assistant:
        answer = assistant.ask("How many ferries ran in Norrland in 2022?")
        assert (answer.verdict, answer.citations[0].quote) == ("answered", FERRIES)
        assert assistant.ask("Who governs Norrland?").verdict != "answered"
