"""Conversations as Word documents and PDF, read back by other programs."""

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

import docx
import pypdfium2
import pytest
from injections import PAYLOADS
from two_answers import BOTH, GREETING

from qa.answering.citation import cite
from qa.conversations import ConversationInfo, KeptTurn
from qa.exports import answer_sections
from qa.reports import Line, describe_conversation, describe_quote, write_report
from qa.text import visible

INFO = ConversationInfo(1, "plums", "Plums and pears", "2024-03-01T12:00:00+00:00", 2)


def read_word(content):
    """The paragraphs of a Word document: style, text, and the bold part of it."""
    return [
        (each.style.name, each.text, "".join(run.text for run in each.runs if run.bold))
        for each in docx.Document(BytesIO(content)).paragraphs
    ]


def read_pdf(content):
    """The words of a PDF in order, without its page numbers."""
    with pypdfium2.PdfDocument(content) as file:
        pages = [page.get_textpage().get_text_range() for page in file]
    return " ".join(" ".join(re.sub(r"\s*\d+\s*$", "", page) for page in pages).split())


def describe_both():
    """Lines of a conversation with two turns, one of them a greeting."""
    asked = datetime(2024, 3, 1, 12, tzinfo=UTC).isoformat()
    turns = [
        KeptTurn(1, number, asked, answer.to_dict(), {}) for number, answer in enumerate((GREETING, BOTH), start=1)
    ]
    return list(describe_conversation(INFO, turns))


def test_word_document_holds_the_conversation():
    """Questions are headings, quotes are quotes, and every part has its verdict and its places."""
    lines = read_word(write_report(".docx", describe_both()))
    assert lines[0] == ("Title", "Plums and pears", "")
    answer = BOTH.to_dict()
    assert ("Heading 1", answer["question"], "") in lines
    quotes = [text for style, text, _ in lines if style == "Quote"]
    assert quotes == [citation["quote"] for _, citations in answer_sections(answer) for _, citation in citations]
    assert len(quotes) == 2
    assert f"Answer {answer['hash']}" in [text for _, text, _ in lines]
    assert [text for style, text, _ in lines if style == "Heading 2"] == [part["question"] for part in answer["parts"]]


def test_pdf_holds_the_same_words():
    """As selectable text, in the same order."""
    lines = describe_both()
    words = " ".join(f"{line.text}{line.strong}{line.after}" for line in lines)
    assert read_pdf(write_report(".pdf", lines)) == " ".join(words.split())


def make_quote(text, *, words=None):
    """Describe a quote that is a whole document."""
    from index import Passage

    passage = Passage(paragraph=1, start=0, end=len(text), sentences=())
    return describe_quote(
        cite(
            passage,
            text,
            source="my/plums.txt",
            path="/home/jane/secret/my/plums.txt",
            text_sha256="0",
            span=(0, len(text)),
            score=0.5,
            answer=words,
        )
    )


@pytest.mark.parametrize("suffix", [".docx", ".pdf", ".md"])
def test_answer_words_are_bold_and_no_path_is_written(suffix):
    """The name of the document is, and of the file's properties nothing else."""
    lines = [Line("title", "Kept"), *make_quote("The plums grew in May.\nThey fell.", words=(4, 9))]
    content = write_report(suffix, lines)
    if suffix == ".docx":
        assert read_word(content)[1:] == [
            ("Quote", "The plums grew in May.\nThey fell.", "plums"),
            ("Normal", "my/plums.txt, paragraph 1", ""),
        ]
        with zipfile.ZipFile(BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
        assert b"python-docx" not in content
    elif suffix == ".pdf":
        assert read_pdf(content) == "Kept The plums grew in May. They fell. my/plums.txt, paragraph 1"
    else:
        expected = "# Kept\n\n> The **plums** grew in May.\n> They fell.\n\nmy/plums.txt, paragraph 1\n"
        assert content.decode() == expected
    assert b"secret" not in content and b"jane" not in content


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_hostile_text_comes_out_as_text(payload):
    """In titles, questions and quotes; what a format cannot hold is seen."""
    lines = [Line("title", payload), Line("heading", payload), *make_quote(payload), Line("note", payload)]
    shown = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", visible(payload))
    texts = [text for _, text, _ in read_word(write_report(".docx", lines))]
    assert [texts[0], texts[1], texts[2], texts[4]] == [shown] * 4
    word = max(re.findall(r"[a-zA-Z]+", shown), key=len)[:40]
    assert re.sub(r"\s", "", read_pdf(write_report(".pdf", lines))).count(word) >= 4
    with pypdfium2.PdfDocument(write_report(".pdf", lines)) as file:
        assert all(page.get_objects() is not None for page in file) and file.get_metadata_value("Title") == shown


def test_formulas_and_code_of_typst_are_not_run():
    """They stand in the PDF as they were."""
    text = '#panic("run") $x^2$ @label *bold* _it_ `raw` [content] #read("/etc/hostname") // comment \\ = head'
    assert read_pdf(write_report(".pdf", [Line("title", text), Line("quote", text)])) == f"{text} {text}"


@pytest.mark.parametrize(
    "text", ["שלום עולם", "مرحبا بالعالم", "漢字とひらがな", "नमस्ते", "\U0001f600 \ue000", "Ελληνικά и кириллица"]
)
def test_other_scripts(text):
    """Every script can be written; those from right to left are aligned there."""
    lines = [Line("title", text), Line("quote", text)]
    content = write_report(".docx", lines)
    assert [each for _, each, _ in read_word(content)] == [text, text]
    assert len(docx.Document(BytesIO(content)).element.xpath("//w:bidi")) == (2 if text[0] in "שم" else 0)
    assert write_report(".pdf", lines).startswith(b"%PDF-")


def test_long_words_stay_on_the_page():
    """A word wider than the page is broken, and nothing of it is lost."""
    content = write_report(".pdf", [Line("title", "Long"), Line("quote", "W" * 700)])
    assert read_pdf(content).count("W") == 700
    with pypdfium2.PdfDocument(content) as file:
        page = file[0]
        text = page.get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        assert max(right for _, _, right, _ in boxes) < page.get_width()
