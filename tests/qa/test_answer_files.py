"""Files of answers: a table with a row a citation, a report that lets no markup through."""

import csv
import json

import pytest
from openpyxl import load_workbook
from toy_assistant import ToyAssistant
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from qa.batch import answer_batch
from qa.batch.tables import AnswerTable, write_answers
from qa.exports import block_quote, escape_markdown


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


def test_details_in_csv_hold_a_row_a_citation(tmp_path, folder):
    """Quotes verbatim but for an apostrophe before a formula, and one row without any."""
    questions, answers = write(tmp_path / "q.txt", "apples\n\nzzz\n"), tmp_path / "a.csv"
    answer_batch(ToyAssistant(folder), questions, answers, details=True, paths=True)
    with answers.open(encoding="utf-8", newline="") as file:
        header, first, second, third = csv.reader(file)
    path = str(folder / "apples.txt")
    answer = ToyAssistant(folder).ask("apples")
    text_sha256 = answer.citations[0].text_sha256
    assert " ".join(header) == (
        "question line answer verdict confidence kind message quote source paragraph page heading row sheet slide date time"
        " start end path text_sha256 hash"
    )
    shared = ["apples", "1", "", "answered", "0.875", "answer", ""]
    quote = "Apples are red."
    assert first == [*shared, quote, "apples.txt", "1", *[""] * 7, "0", "15", path, text_sha256, answer.hash]
    quote = '=1+1 apples, "or" two.'
    assert second == [*shared, f"'{quote}", "apples.txt", "2", *[""] * 7, "17", "39", path, text_sha256, answer.hash]
    unanswered = ToyAssistant(folder).ask("zzz")
    assert third == ["zzz", "3", "", "not_in_sources", "0.125", "answer", "", *[""] * 14, unanswered.hash]


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
        yield {"line": 1, "answer": {"question": "red", "citations": [], "closest": []}}
        if interrupted:
            raise KeyboardInterrupt

    path = write(tmp_path / "a.jsonl", "before")
    with pytest.raises(KeyboardInterrupt):
        write_answers(path, records(interrupted=True))
    assert path.read_text() == "before"
    write_answers(path, records(interrupted=False))
    assert path.read_text() == '{"question": "red", "citations": [], "closest": []}\n'
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


RECORDS = [
    {"line": n, "question": each.question, "answer": each.to_dict()}
    for n, each in enumerate((WHEN, BOTH, GREETING, GUIDANCE, CORRECTED), 1)
]


def test_a_column_holds_the_exact_words(tmp_path):
    """Of the first citation, in every kind of file; greetings and guidance bring their message instead."""
    table = AnswerTable(RECORDS, details=True)
    columns = [table.headings.index(name) for name in ("line", "answer", "kind", "message", "quote")]
    rows = [[row[column] for column in columns] for row in table.rows()]
    sentence = "The harbour was built in 1848."
    assert rows == [
        [1, "1848", "answer", "", sentence],
        [2, "1848", "answer", "", sentence],
        [3, "", "greeting", "Hello. Ask me about <them>.", None],
        [4, "", "guidance", "I only quote. Ask for one thing.", None],
        [5, "1848", "answer", "", sentence],
    ]
    for suffix in (".csv", ".jsonl", ".xlsx"):
        write_answers(tmp_path / f"a{suffix}", RECORDS, paths=True)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [row["answer"] for row in csv.DictReader(file)] == ["1848", "1848", "", "", "1848"]
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [record["answer"] for record in RECORDS]
    assert [json.loads(line)["answer"] for line in lines] == ["1848", "1848", "", "", "1848"]
    sheet = load_workbook(tmp_path / "a.xlsx")["Answers"]
    assert [row[1].value or None for row in sheet.iter_rows(min_row=2)] == ["1848", "1848", None, None, "1848"]


def test_rows_of_answers_kept_before_have_no_exact_words():
    """Records of version 1 are read as they are."""
    old = {key: value for key, value in WHEN.to_dict().items() if key not in ("answer", "kind", "message", "version")}
    (row,) = AnswerTable([{"line": 1, "answer": old}], details=True).rows()
    assert row[2:7] == ["", "answered", 0.9, "answer", ""]


def test_the_report_tells_parts_messages_and_corrections(tmp_path):
    """Each part under its own question with its verdict; bold exact words; a message is escaped."""
    write_answers(tmp_path / "a.md", RECORDS)
    quoted = "\n> The harbour was built in **1848**.\n\n\\[1\\] town.txt, paragraph 1\n"
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == (
        f"# Answers\n\n## When was it built?\n\nAnswered, confidence 0.90.\n{quoted}"
        "\n## When was it built? Which are red?\n"
        "\n### Which are red?\n\nClosest passages (they may not answer), confidence 0.40:\n"
        "\n> Pears are green.\n\n\\[2\\] town.txt, paragraph 2\n"
        f"\n### When was it built?\n\nAnswered, confidence 0.90.\n{quoted}"
        "\n## Hello!\n\nHello. Ask me about &lt;them&gt;.\n"
        "\n## Summarize it\n\nI only quote. Ask for one thing.\n"
        "\n> Pears are green.\n\n\\[1\\] town.txt, paragraph 2\n"
        '\n## When was the harbuor built?\n\nSearched "harbour" instead of "harbuor".\n'
        f"\nAnswered, confidence 0.90.\n{quoted}"
    )


BOLD = {
    "a word": ("Built in ", "1848", ".", "Built in **1848**."),
    "all of it": ("", "Red.", "", "**Red.**"),
    "inside a word": ("un", "believ", "able", "un**believ**able"),
    "markup": ("It *still* ", "*is* [so]", " now", "It \\*still\\* **\\*is\\* \\[so\\]** now"),
    "signs after a letter": ("about", "€40", "m more", "**about€40**m more"),
    "signs before a letter": ("in ", "(1848)", "ff of it", "in **(1848)ff** of it"),
    "blanks around": ("Built", " in 1848 ", "by us", "Built **in 1848** by us"),
    "two lines": ("Built\n", "in\n1848", " by us", "Built\n> **in**\n> **1848** by us"),
    "an empty line between": ("", "one\n\ntwo", "", "**one**\n> \n> **two**"),
    "indented": ("", "    code", "\n    more", "**code**\n> more"),
    "no words": ("All of it", "", "", "All of it"),
    "HTML": ("<b>", "<i>x</i>", "&", "&lt;b&gt;**&lt;i&gt;x&lt;/i&gt;**&amp;"),
    "a list": ("", "1. one", "\n2. two", "**1\\. one**\n> 2\\. two"),
}


@pytest.mark.parametrize(("before", "words", "after", "expected"), BOLD.values(), ids=BOLD)
def test_exact_words_are_bold_in_markdown_and_the_quote_is_verbatim(before, words, after, expected):
    """Read by Markdown, the text is the quote's, and the bold part holds the exact words."""
    from markdown_it import MarkdownIt

    quote, start = before + words + after, 100
    span = {"answer_start": start + len(before), "answer_end": start + len(before + words)} if words else {}
    made = block_quote({"quote": quote, "start": start, **span})
    assert made == f"> {expected}"
    tokens = [child for token in MarkdownIt("commonmark").parse(made) for child in token.children or ()]
    assert {token.type for token in tokens} <= {"text", "softbreak", "strong_open", "strong_close"}
    shown = " ".join(token.content for token in tokens if token.type == "text")
    assert "".join(shown.split()) == "".join(quote.split())
    bold, inside = "", False
    for token in tokens:
        inside = token.type == "strong_open" or (inside and token.type != "strong_close")
        bold += token.content
        bold = bold if inside or token.type != "text" else bold[: len(bold) - len(token.content)]
    assert "".join(words.split()) in "".join(bold.split())
