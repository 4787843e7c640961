"""Conversations saved as files: what they show, and that they prove themselves."""

import hashlib
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from toy_assistant import ToyAssistant

from index import BatchError
from qa.cli import main
from qa.conversations import Conversations
from qa.exports import SUFFIXES, export_conversation, write_export
from qa.verify import Check, verify_answers

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "</pre></body><img src=https://evil.example/i.png onerror=alert(1)>",
    "````json\n{}\n````",
    "[link](javascript:alert(1)) ![x](https://evil.example/x.png) # head * item",
    "\"><svg onload=alert(1)>' onmouseover='alert(2)",
    "\N{RIGHT-TO-LEFT OVERRIDE}\x1b[2Jend",
)


@pytest.fixture
def save(tmp_path):
    """A function that asks some questions of a hostile document and saves the conversation; returns the file."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "fruit.txt").write_text("Apples are red.\n\n" + "\n\n".join(f"Payload {p}\r\nend" for p in PAYLOADS))

    def write(suffix, *questions, title=""):
        toy, clock = ToyAssistant(folder), lambda: datetime(2024, 3, 1, 12, tzinfo=UTC)
        store, conversation = Conversations(tmp_path / "home" / "store.sqlite", clock=clock), None
        for question in questions or ("red", "payload", "zzz"):
            conversation = store.keep("anna", "c", toy.ask(question).to_dict(), conversation=conversation).conversation
        store.rename("anna", conversation, title)
        info, turns = store.find("anna", conversation), store.turns("anna", conversation)
        store.close()
        file = tmp_path / f"saved{suffix}"
        file.write_text(export_conversation(suffix, info, turns), encoding="utf-8", newline="")
        return file

    return write


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("title", ["", *PAYLOADS], ids=range(len(PAYLOADS) + 1))
def test_saved_conversations_prove_themselves(save, suffix, title):
    """Every quote is found exact, with the line of its record, whatever stands in documents and titles."""
    file = save(suffix, "red", "payload", "zzz", *PAYLOADS, title=title)
    checks = list(verify_answers(file))
    assert {check.finding for check in checks} == {"exact"}
    lines = file.read_text(encoding="utf-8").split("\n")
    for check in checks:
        assert '"answer"' in lines[check.line - 1].replace("&quot;", '"')
    assert len({check.line for check in checks}) == 3 + len(PAYLOADS)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("old", "new"),
    [("Apples are red.", "Apples are blue."), ("zzz", "yyy"), ("My title", "Another"), ("2024-03-01", "2024-03-02")],
    ids=["quote", "question", "title", "time"],
)
def test_edited_conversations_are_altered(save, capsys, suffix, old, new):
    """A change of what is read, of the records, or of both is found."""
    file = save(suffix, title="My title")
    text = file.read_text(encoding="utf-8")
    for edited in (text.replace(old, new, 1), text.replace(old, new), new.join(text.rsplit(old, 1))):
        assert edited != text
        file.write_text(edited, encoding="utf-8")
        assert "altered" in [check.finding for check in verify_answers(file)]
        assert main(["verify", str(file)]) == 1
        assert "altered" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_changed_documents_are_told(save, tmp_path, suffix):
    """A file that changed or is gone since is named; what stands in another place has moved."""
    file = save(suffix, "red")
    document = tmp_path / "documents" / "fruit.txt"
    for text, finding in (("Apples are green.", "changed"), ("New.\n\nApples are red.", "moved")):
        document.write_text(text)
        assert [(check.finding, check.source) for check in verify_answers(file)] == [(finding, "fruit.txt")]
    document.unlink()
    assert [check.finding for check in verify_answers(file)] == ["gone"]


class Tags(HTMLParser):
    """Collects the tags and attributes of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.names, self.shown = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Note one."""
        self.tags.add(tag)
        self.names |= {name for name, _ in attributes}

    def handle_data(self, data):
        """Note text."""
        self.shown.append(data)


def test_page_holds_nothing_that_runs_or_loads(save):
    """No script, no address, only the tags it is made of; payloads are text."""
    page = save(".html", "payload", *PAYLOADS, title=PAYLOADS[0]).read_text(encoding="utf-8")
    found = Tags(page)
    frame, parts = "html head meta title style body h1 details summary pre", "section h2 p time code"
    quotes = "figure blockquote mark figcaption bdi br"
    assert found.tags == {*frame.split(), *parts.split(), *quotes.split()}
    assert found.names <= {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "dir",
        "class",
        "datetime",
        "title",
        "id",
    }
    assert "https://" not in re.sub(r"evil\.example", "", page).replace("https:///", "")
    shown = "".join(found.shown)
    assert [payload for payload in PAYLOADS if payload not in shown] == []


def test_markdown_shows_payloads_as_text(save):
    """Read as Markdown with HTML allowed, it makes no link, picture or element, and one block of code: the records."""
    from markdown_it import MarkdownIt

    text = save(".md", "payload", *PAYLOADS, title=PAYLOADS[1]).read_text(encoding="utf-8")
    tokens = MarkdownIt("commonmark").parse(text)
    kinds = [token.type for token in tokens] + [child.type for token in tokens for child in token.children or ()]
    assert not {"html_block", "html_inline", "link_open", "image"} & set(kinds)
    assert kinds.count("fence") == 1 and tokens[-1].type == "fence"
    assert len(json.loads(tokens[-1].content)["turns"]) == 1 + len(PAYLOADS)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("notes.md", "# Notes\n\n```json\n{}\n```\n", "holds no records"),
        ("notes.md", "```", "holds no records"),
        ("page.html", "<p>Hello</p>", "holds no records"),
        ("page.html", '</pre><pre id="records">', "holds no records"),
    ],
    ids=range(4),
)
def test_other_files_are_refused_in_one_line(tmp_path, name, text, said):
    """A page or report without records is named, with what can be checked instead."""
    (tmp_path / name).write_text(text)
    with pytest.raises(BatchError, match=f"{name} {said}"):
        list(verify_answers(tmp_path / name))


def test_lines_of_answers_may_be_called_json(tmp_path):
    """What `qa ask --json` printed is checked by the line, however the file is called."""
    (tmp_path / "fruit.txt").write_text("Apples are red.")
    record = json.dumps(ToyAssistant(tmp_path).ask("red").to_dict())
    (tmp_path / "a.json").write_text(f"{record}\n{record}\n")
    assert list(verify_answers(tmp_path / "a.json")) == [Check(n, "exact", "fruit.txt", "") for n in (1, 2)]


CITATION = {
    "quote": "Apples are *red*.", "source": "fruit.txt", "path": "/fruit.txt", "paragraph": 1, "page": None, "heading": None,
    "row": None, "start": 4, "end": 21, "passage": "All Apples are *red*.", "passage_start": 0, "score": 0.5, "text_sha256": "0",
}  # fmt: skip
TURNS = [
    {
        "asked": "2024-03-01T12:00:00+00:00",
        "answer": {
            "question": "Which <fruit>?", "verdict": verdict, "confidence": 0.5, "scope": {"documents": 1, "passages": 3},
            "citations": [CITATION] * (verdict == "answered"), "closest": [CITATION] * (verdict == "closest"), "hash": "0",
        },
    }
    for verdict in ("answered", "closest", "not_in_sources")
]  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [(".md", "cb7a1b5c6b367932"), (".html", "44ea6ebfed40f408"), (".json", "61b57f1ac07d9195")],
)
def test_layout_of_a_format_never_changes(suffix, expected):
    """Files saved years ago have to fit: whoever changes the layout gives it another number, and reads the old one too."""
    text = write_export(suffix, {"qa_conversation": 1, "title": "A `title`", "turns": TURNS, "hash": "0"})
    assert hashlib.sha256(text.encode("utf-8")).hexdigest()[:16] == expected


RECORDS = json.loads((Path(__file__).parents[1] / "data" / "answers_version_2.json").read_text(encoding="utf-8"))
NEW_TURNS = [{"asked": "2024-03-01T12:00:00+00:00", "answer": record} for record in RECORDS]


@pytest.mark.parametrize(
    ("suffix", "expected"), [(".md", "00fb1aaf9040a8bd"), (".html", "5047c293c8f901ad"), (".json", "e28b21ff45300ddd")]
)
def test_layout_of_format_2_never_changes(suffix, expected):
    """The same with exact words, parts, messages and corrections."""
    text = write_export(suffix, {"qa_conversation": 2, "title": "A `title`", "turns": NEW_TURNS, "hash": "0"})
    assert hashlib.sha256(text.encode("utf-8")).hexdigest()[:16] == expected


def test_saved_conversations_show_exact_words_parts_and_messages():
    """Bold in Markdown, strong in HTML; each part under its question; what is no answer has no verdict."""
    content = {"qa_conversation": 2, "title": "t", "turns": NEW_TURNS, "hash": "0"}
    markdown, page = write_export(".md", content), write_export(".html", content)
    assert markdown.count("> The harbour was built in **1848**.") == 3
    assert "### Which are red?\n\nClosest passages (they may not answer), confidence 0.40:\n" in markdown
    assert "2024-03-01T12:00:00+00:00. Hello. Ask me about &lt;them&gt;.\n" in markdown
    assert 'Searched "harbour" instead of "harbuor".\n' in markdown
    assert page.count('<mark title="[1]">The harbour was built in <strong>1848</strong>.</mark>') == 3
    assert '<h3 dir="auto">Which are red?</h3>\n<p class="about">Closest passages' in page
    assert "</time>. Hello. Ask me about &lt;them&gt;.</p>" in page
    assert '<p class="about" dir="auto">Searched &quot;harbour&quot; instead of &quot;harbuor&quot;.</p>' in page


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_conversations_of_new_answers_prove_themselves(tmp_path, suffix):
    """Altered words, and an answer word marked elsewhere, are found."""
    (tmp_path / "town.txt").write_text("The harbour was built in 1848. It *still* stands.\n\nPears are green.")
    store, conversation = Conversations(tmp_path / "home" / "store.sqlite"), None
    for turn in NEW_TURNS:
        conversation = store.keep("anna", "c", turn["answer"], conversation=conversation).conversation
    text = export_conversation(suffix, store.find("anna", conversation), store.turns("anna", conversation))
    store.close()
    file = tmp_path / f"saved{suffix}"
    file.write_text(text, encoding="utf-8", newline="")
    assert [check.finding for check in verify_answers(file, folders=[tmp_path])] == ["exact"] * 5
    for old, new in (("1848", "1849"), ("Ask me", "Ask us"), ("harbuor", "harbor"), ("Which are red", "Which are new")):
        file.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
        assert "altered" in [check.finding for check in verify_answers(file, folders=[tmp_path])]
