"""Files of answers: a table with a row a citation, a report that lets no markup through."""

import csv

import pytest
from toy_assistant import ToyAssistant

from qa.answer_files import escape_markdown, write_answers
from qa.batch import answer_batch


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "apples.txt").write_bytes(b'Apples are red.\n\n=1+1 apples, "or" two.')
    (documents / "pears.txt").write_bytes(b"Pears\r\nare <b>green</b>.")
    return documents


def write(path, content):
    """Write text or bytes and return the path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_csv_holds_a_row_a_citation(tmp_path, folder):
    """A .csv file has one row a citation, quotes verbatim even where they look like formulas, and one without any."""
    answer_batch(ToyAssistant(folder), write(tmp_path / "q.txt", "apples\n\nzzz\n"), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        header, first, second, third = csv.reader(file)
    path = str(folder / "apples.txt")
    answer = ToyAssistant(folder).ask("apples")
    text_sha256 = answer.citations[0].text_sha256
    assert " ".join(header) == (
        "line question verdict confidence quote source paragraph page heading row sheet slide date start end path"
        " text_sha256 hash"
    )
    shared = ["1", "apples", "answered", "0.875"]
    quote = "Apples are red."
    assert first == [*shared, quote, "apples.txt", "1", *[""] * 6, "0", "15", path, text_sha256, answer.hash]
    quote = '=1+1 apples, "or" two.'
    assert second == [*shared, quote, "apples.txt", "2", *[""] * 6, "17", "39", path, text_sha256, answer.hash]
    assert third == ["3", "zzz", "not_in_sources", "0.125", *[""] * 13, ToyAssistant(folder).ask("zzz").hash]


def test_the_report_shows_quotes_and_lets_no_markup_through(tmp_path, folder):
    """A .md file has each quote as a block quote, with the markup of documents and questions escaped."""
    answer_batch(ToyAssistant(folder), write(tmp_path / "q.txt", "# *green*\n?\nzzz\n"), tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == (
        "# Answers\n"
        "\n## \\# \\*green\\*\n\nAnswered, confidence 0.88.\n"
        "\n> Pears\n> are &lt;b&gt;green&lt;/b&gt;.\n\n\\[1\\] pears.txt, paragraph 1\n"
        "\n## Line 2: not answered\n\nthe question holds no word\n"
        "\n## zzz\n\nNot in the sources, confidence 0.12. Searched: 2 documents and 3 passages. "
        "Closest passages (they may not answer):\n"
        "\n> Apples are red.\n\n\\[1\\] apples.txt, paragraph 1\n"
    )


def test_markup_is_escaped():
    """Everything that Markdown or a terminal would obey is shown instead."""
    assert escape_markdown("1. <i>&lt; [x](http://y) `c` a|b\x1b[0m\r\n---") == (
        "1\\. &lt;i&gt;&amp;lt; \\[x\\](http\\://y) \\`c\\` a\\|b\\\\x1b\\[0m ---"
    )
    assert [escape_markdown(text) for text in ("- a", "+", "=", "2) b", "C#")] == [
        "\\- a",
        "\\+",
        "\\=",
        "2\\) b",
        "C\\#",
    ]


def test_a_file_that_was_there_stays_when_writing_is_interrupted(tmp_path):
    """Until the last record is written, the earlier file of answers is whole; afterwards the new one is."""

    def records(*, interrupted):
        yield {"line": 1, "answer": {"question": "red"}}
        if interrupted:
            raise KeyboardInterrupt

    path = write(tmp_path / "a.jsonl", "before")
    with pytest.raises(KeyboardInterrupt):
        write_answers(path, records(interrupted=True))
    assert path.read_text() == "before"
    write_answers(path, records(interrupted=False))
    assert path.read_text() == '{"question": "red"}\n'
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]
