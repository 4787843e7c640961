"""Batches in the page: the answers of `qa batch`, one question at a time, for those alone who know the id."""

import asyncio
import re
import threading

import gradio
import pytest
from page_parts import NASTY, Reader
from patience import until
from plum_assistant import SKIP, event, follow
from starlette.applications import Starlette
from starlette.testclient import TestClient
from toy_assistant import ToyAssistant
from two_answers import GREETING, WHEN

from index import BatchError, StatusPage
from qa.batch import answer_batch
from qa.batch.questions import Row
from qa.web import strings
from qa.web.batches.events import BatchHandlers, batch_routes, render_batch_progress, render_controls, render_tabs
from qa.web.batches.jobs import (
    BATCH_FORMATS,
    MOST_BATCHES,
    MOST_ROWS,
    PAGE,
    AnsweredRow,
    Batches,
    BatchState,
    read_answered,
)
from qa.web.host import AssistantHost
from qa.web.library.events import LibraryHandlers

QUESTIONS = "question\nred\n?\nzzz\ngreen\n"


class GatedAssistant(ToyAssistant):
    """A toy assistant in the page, that answers only as many questions as it was let."""

    indexing = deleted = False
    name = key = "toy"
    model = ""

    def __init__(self, folder):
        """Let none through; `let` with a large number lets all."""
        super().__init__(folder)
        self.gate, self.questions, self.reached = threading.Semaphore(0), [], threading.Event()

    def let(self, count=1_000):
        """Let so many more be answered."""
        self.gate.release(count)

    def ask(self, question):
        """Ask like `ToyAssistant.ask`, once it is let."""
        self.reached.set()
        self.gate.acquire(timeout=20)
        self.questions.append(question)
        return super().ask(question)

    def finish_indexing(self):
        """End like `qa.Assistant.finish_indexing`."""

    def sample_paths(self, language, count, *, seed):
        """List nothing: no question is suggested."""
        return []

    def find_statuses(self, **wanted):
        """List nothing."""
        return StatusPage((), 0, 0, {})


@pytest.fixture
def toy(tmp_path):
    """An assistant over two documents, its host, and the batches in a folder of their own."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "apples.txt").write_text("Apples are red.")
    (documents / "pears.txt").write_text("Pears are green.")
    assistant = GatedAssistant(documents)
    host = AssistantHost(lambda on_progress: assistant)
    host.start()
    follow(host)
    (tmp_path / "page").mkdir()
    batches = Batches(tmp_path / "page")
    batches.host = host
    yield assistant, batches
    assistant.let()
    host.close()


@pytest.fixture
def handlers(toy, tmp_path):
    """The handlers of the batches, and a function that sends a file."""
    library = LibraryHandlers(toy[1].host, tmp_path / "page")
    library.uploads.mkdir()

    def send(name, content):
        (library.uploads / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return str(library.uploads / name)

    return BatchHandlers(toy[1], library), send


def add(batches, tmp_path, content=QUESTIONS, name="q.csv"):
    """Add a batch; returns its id."""
    path = tmp_path / name
    path.write_text(content)
    return batches.add(path, batches.host)


def wait(batch, *stages):
    """Wait until a batch has come to a stage; returns its state."""
    until(lambda: batch.state.stage in stages)
    return batch.state


def test_answers_are_those_of_the_command_line(toy, tmp_path):
    """Byte for byte; the rows that cannot be asked are told before, and those that were not answered after."""
    assistant, batches = toy
    batch = batches.find(add(batches, tmp_path, QUESTIONS + '"\n'))
    assert batch.state.rows == 5 and [row.line for row in batch.state.bad] == [6]
    assistant.let()
    batch.start()
    state = wait(batch, "done")
    assert (state.done, [row.line for row in state.bad]) == (5, [3, 6])
    assert [(row.line, row.outcome) for row in state.answers][::4] == [(2, "answered"), (6, "error")]
    for suffix in (".jsonl", ".csv", ".md"):
        answer_batch(assistant, batch.questions, tmp_path / f"a{suffix}")
        assert batch.answers(suffix).read_bytes() == (tmp_path / f"a{suffix}").read_bytes()
    assert batch.answers(".xlsx").is_file()


def test_chat_is_answered_between_two_questions(toy, tmp_path):
    """The assistant's thread gets one question at a time."""
    assistant, batches = toy
    batch = batches.find(add(batches, tmp_path))
    batch.start()
    assert assistant.reached.wait(20)
    chat = threading.Thread(target=lambda: batches.host.call(lambda assistant: assistant.questions.append("chat")))
    chat.start()
    until(lambda: not batches.host._work.empty())
    assistant.let()
    chat.join(20)
    wait(batch, "done")
    assert assistant.questions == ["red", "chat", "?", "zzz", "green"]


def test_stopped_batch_goes_on_where_it_was(toy, tmp_path):
    """No question is asked twice."""
    assistant, batches = toy
    batch = batches.find(add(batches, tmp_path))
    batch.start()
    batch.stop()
    assert batch.state.stage == "stopping"
    assistant.let(1)
    state = wait(batch, "stopped")
    assert state.done == 1 and state.message == ""
    assistant.let()
    batch.start()
    assert wait(batch, "done").done == 4
    assert assistant.questions == ["red", "?", "zzz", "green"]
    batch.start()
    assert batch.state.stage == "done"


def test_batch_ends_when_the_documents_change(toy, tmp_path):
    """Answers from two states would not agree: going on asks all of them again."""
    assistant, batches = toy
    batch = batches.find(add(batches, tmp_path))
    assistant.let(1)
    batch.start()
    until(lambda: assistant.questions)
    assistant.generation += 1
    assistant.let()
    assert wait(batch, "stopped").message == strings.BATCH_CHANGED
    batch.start()
    assert wait(batch, "done").done == 4
    assert assistant.questions[-4:] == ["red", "?", "zzz", "green"]


def test_batch_waits_for_the_documents(tmp_path):
    """Before they are loaded nothing is asked, and it can be started again."""
    batches = Batches(tmp_path)
    batches.host = AssistantHost(lambda on_progress: None)
    batch = batches.find(add(batches, tmp_path))
    batch.start()
    assert wait(batch, "stopped").message == strings.STILL_LOADING


REFUSED = {
    "empty": ("q.csv", "", "holds no question"),
    "only bad rows": ("q.jsonl", "{\n[]\n", "holds no question"),
    "no column": ("q.csv", "id,text\n1,Who?\n", "'id', 'text'"),
    "no text": ("q.txt", b"\xff\0\1", "is not text"),
    "no workbook": ("q.xlsx", "PK\x03\x04", "q.xlsx"),
    "other suffix": ("q.doc", "Who?", ".txt, .csv, .tsv, .xlsx, .ods, .jsonl"),
    "too many rows": ("q.txt", "Who?\n" * (MOST_ROWS + 1), "more than 10,000 rows"),
    "too large": ("q.txt", "Who?\n" + " " * 5_000_000, "larger than 5.0 MB"),
}


@pytest.mark.parametrize(("name", "content", "reason"), REFUSED.values(), ids=REFUSED)
def test_file_without_questions_is_refused_with_the_reason(handlers, name, content, reason):
    """And deleted; the batch before stays."""
    batching, send = handlers
    sent = send(name, content)
    cleared, id_, controls, progress = batching.take_file(sent, "before")
    assert (cleared, id_, progress) == (None, "before", SKIP)
    assert 'role="alert"' in controls and reason in Reader(controls).text
    assert list(batching.uploads.iterdir()) == [] and list(batching.batches._folder.glob("*")) == []


def test_only_uploads_are_read(handlers, tmp_path):
    """A path that the browser makes up is refused."""
    (tmp_path / "secret.txt").write_text("Who?")
    for sent in (str(tmp_path / "secret.txt"), "../secret.txt", None, 7, ["a"], {}):
        _, id_, controls, _ = handlers[0].take_file(sent, "")
        assert id_ == "" and 'role="alert"' in controls
    assert (tmp_path / "secret.txt").exists()


def test_visitor_has_one_batch_at_a_time(handlers, toy):
    """While it is at work no other is taken; once it is not, the next takes its place, and its files are deleted."""
    batching, send = handlers
    assistant, batches = toy
    _, first, controls, _ = batching.take_file(send("q.csv", QUESTIONS), "")
    assert "4 questions to ask." in Reader(controls).text
    batching.act(first, event(act="start"))
    _, kept, controls, _ = batching.take_file(send("r.csv", QUESTIONS), first)
    assert kept == first and strings.BATCH_ONE in controls
    batching.act(first, event(act="stop"))
    assistant.let(1)
    wait(batches.find(first), "stopped")
    folder = batches.find(first).folder
    _, second, *_ = batching.take_file(send("r.csv", QUESTIONS), first)
    assert second != first and batches.find(first) is None and not folder.exists()
    id_, controls, _ = batching.act(second, event(act="remove"))
    assert (id_, batches._batches) == ("", {}) and strings.BATCH_HINT.split(":")[0] in controls


@pytest.mark.parametrize("data", [{}, {"act": "delete"}, {"act": 1}, {"act": ["start"]}, None], ids=repr)
def test_nothing_else_can_be_done(handlers, toy, tmp_path, data):
    """Whatever the browser sends, with or without a batch."""
    id_ = add(toy[1], tmp_path)
    for sent in (id_, "guessed", None, 7, ["x"], {}):
        assert handlers[0].act(sent, gradio.EventData(None, data))[0] == sent
    handlers[0].act("guessed", event(act="start"))
    assert toy[1].find(id_).state.stage == "waiting"


def test_page_follows_a_batch_to_its_end(handlers, toy, tmp_path):
    """What has not changed is not sent again; without a batch there is one look."""
    assistant, batches = toy
    id_ = add(batches, tmp_path)

    async def collect(sent):
        return [update async for update in handlers[0].follow(sent)]

    for unknown in ("guessed", None, 7):
        ((controls, progress),) = asyncio.run(collect(unknown))
        assert "qa-batch-name" not in controls and "<progress" not in progress
    assistant.let()
    batches.find(id_).start()
    updates = asyncio.run(collect(id_))
    assert "4 of 4 rows done" in updates[-1][1] or updates[-1][1] == SKIP
    assert f"/batch/{id_}/answers.csv" in next(update[0] for update in reversed(updates) if update[0] != SKIP)


def test_answers_are_fetched_by_the_id_alone(toy, tmp_path):
    """And only once they are there; another id, or another file, is not found."""
    assistant, batches = toy
    id_ = add(batches, tmp_path, name="my questions.csv")
    client = TestClient(Starlette(routes=batch_routes(batches)))
    assert client.get(f"/batch/{id_}/answers.csv").status_code == 404
    assistant.let()
    batches.find(id_).start()
    wait(batches.find(id_), "done")
    for suffix in BATCH_FORMATS:
        got = client.get(f"/batch/{id_}/answers{suffix}")
        assert got.content == batches.find(id_).answers(suffix).read_bytes()
        assert (
            got.headers["content-disposition"].startswith("attachment") and got.headers["cache-control"] == "no-store"
        )
        assert f"my%20questions-answers{suffix}" in got.headers["content-disposition"]
    for path in (f"/batch/{id_[:-1]}/answers.csv", f"/batch/{id_}/answers.part", f"/batch/{id_}/answers.jsonl.part"):
        assert client.get(path).status_code == 404
    assert client.get(f"/batch/{id_}/answers.csv/../../questions/q.csv").status_code == 404
    batches.remove(id_)
    assert client.get(f"/batch/{id_}/answers.csv").status_code == 404


def test_no_more_batches_are_kept_than_there_is_room_for(toy, tmp_path):
    """The oldest that is not at work gives way; where all are at work, another has to wait."""
    assistant, batches = toy
    ids = [add(batches, tmp_path) for _ in range(MOST_BATCHES)]
    batches.find(ids[0]).start()
    last = add(batches, tmp_path)
    assert batches.find(ids[0]) and not batches.find(ids[1]) and batches.find(last)
    for id_ in (*ids[2:], last):
        batches.find(id_).start()
    with pytest.raises(BatchError, match="Too many batches"):
        add(batches, tmp_path)
    for batch in list(batches._batches.values()):
        batch.stop()
    assistant.let()
    for batch in list(batches._batches.values()):
        wait(batch, "stopped", "done")


def test_hostile_names_and_questions_are_escaped():
    """The page's frame is the same for any text."""

    def render(text):
        answers = (
            AnsweredRow(2, text, "answered", text, text, text, text, 1, 2),
            AnsweredRow(3, text, "error", "", text),
        )
        state = BatchState("running", text, 3, (Row(1, "", text),), 2, 3.0, answers, ("", 0), text)
        return render_controls(state, "id", alarm=text), render_batch_progress(state)

    for nasty, calm in zip(render(NASTY), render("calm"), strict=True):
        tags = [[(tag, sorted(found)) for tag, found in Reader(html).tags] for html in (nasty, calm)]
        assert NASTY in Reader(nasty).text and tags[0] == tags[1]


def test_long_lists_of_bad_rows_are_counted():
    """The first twenty are told."""
    rows = tuple(Row(line, "", "the question is empty") for line in range(1, 1_025))
    text = Reader(render_controls(BatchState("waiting", "q.csv", 2_000, rows), "id")).text
    assert "976 questions to ask. 1,024 rows cannot be asked." in text
    assert "Row 20: the question is empty" in text and "Row 21:" not in text and "and 1,004 more" in text


def test_tabs_name_their_panels():
    """The chat is chosen at first."""
    html = render_tabs()
    assert html.count('role="tab"') == 2 and 'aria-controls="qa-batch" aria-selected="false" tabindex="-1"' in html


def test_answers_are_a_table_with_their_exact_words():
    """The verdict, the first quote and its place, which opens; a greeting shows its message."""
    records = [{"line": n, "answer": answer.to_dict()} for n, answer in enumerate((WHEN, GREETING), start=1)]
    records.append({"line": 3, "question": "", "error": "the question is empty <b>"})
    answers = tuple(map(read_answered, records))
    html = render_batch_progress(BatchState("running", "q.csv", 3, (), 3, 3.0, answers))
    read = Reader(html)
    (place,) = read.find("data-qa", "place")
    first = WHEN.citations[0]
    assert (place["data-doc"], place["data-at"]) == (first.source, f"{first.start}-{first.end}")
    cells = [re.sub(r"\s*<button.*?</button>", "", cell) for cell in re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", html)]
    assert cells == [
        *("Row", "Question", "Verdict", "Answer", "First quote"),
        *("1", "When was it built?", "Answered", "1848", "The harbour was built in 1848."),
        *("2", "Hello!", "Greeting", "", "Hello. Ask me about &lt;them&gt;."),
        *("3", "", "Not asked", "", "the question is empty &lt;b&gt;"),
    ]


def test_answers_are_narrowed_and_come_in_pages():
    """Those of one outcome, so many at once; a page past the end is the last."""
    answers = tuple(
        AnsweredRow(n, f"q{n}", "not_in_sources" if n % 2 else "answered", "", "") for n in range(1, 2 * PAGE + 3)
    )
    state = BatchState("done", "q.csv", len(answers), (), len(answers), None, answers, ("not_in_sources", 9))
    read = Reader(render_batch_progress(state))
    assert f"All {len(answers)}" in read.text and f"Not in your documents {PAGE + 1}" in read.text
    assert "2 / 2" in read.text and read.text.count("Not in your documents") == 2
    assert [found["aria-pressed"] for found in read.find("aria-pressed")] == ["false", "false", "true"]


def test_pasted_questions_are_asked_at_once(toy, tmp_path):
    """A line each; the answers can be narrowed, whatever the browser sends; nothing is asked of an empty text."""
    assistant, batches = toy
    handlers = BatchHandlers(batches, LibraryHandlers(batches.host, tmp_path / "page"))
    assistant.let()
    id_, controls, _ = handlers.act("", event(act="paste", text="What is red?\nWhat is green?\n"))
    batch = batches.find(id_)
    state = wait(batch, "done")
    assert [row.question for row in state.answers] == ["What is red?", "What is green?"]
    assert strings.BATCH_PASTED in controls
    handlers.act(id_, event(act="show", outcome="answered", page=3))
    assert batch.state.shown == ("answered", 3)
    handlers.act(id_, event(act="show", outcome=["x"], page="y"))
    assert batch.state.shown == ("answered", 3)
    refused = handlers.act("", event(act="paste", text=" \n"))
    assert refused[0] == "" and "holds no question" in refused[1]
