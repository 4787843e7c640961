"""Many people ask one chat at once, for a time: how many are answered, how soon, and what it costs in memory.

Each person asks, reads for up to a second, and asks again, each time something else, over loopback. One in four speaks
the protocol of Gradio's page, through gradio_client; the others send plain requests. Being told that too many questions
wait is no error; anything else that is no answer is one. The people share this machine, and this process, with nothing
else; they take processor time from the chat they ask.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from qa.bench.apart import BenchmarkError, child_environment, python_command
from qa.bench.corpus import make_questions, read_texts, write_passages
from qa.bench.figures import LoadFigures, spread
from qa.bench.machine import held_memory
from qa.bench.options import Options
from qa.bench.startup import QA, run_python, running_chat
from qa.collections import default_sources, encoder_folder
from qa.web import strings

PASSAGES_AT_MOST = 1_000
QUESTIONS = 500  # at most; asked again and again where there is time for more
PAGE_EVERY = 4  # one person in so many speaks as the page does
LONGEST_THOUGHT = 1.0  # seconds
LONGEST_ANSWER = 120.0  # seconds, after which one is given up
HASHES = """
from qa import Assistant
from pathlib import Path
questions = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
with Assistant.open(sys.argv[1]) as assistant:
    print(json.dumps([assistant.ask(question).hash for question in questions]))
"""


class Busy(Exception):
    """The chat said that too many questions are waiting."""


class Person(Protocol):
    """Somebody who asks; made in their own thread."""

    def ask(self, question: str) -> str:
        """The hash of the answer; Busy, or any other exception for an error."""


@dataclass(slots=True)
class Tally:
    """What has come of the questions so far.

    Attributes:
        seconds: From each question answered to its answer.
        refused: How many were refused because too many waited.
        errors: How often each other thing went wrong.
        different: How many answers were others than those given alone.
    """

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    different: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def measure_load(options: Options, folder: Path, *, on_notice: Callable[[str], None]) -> LoadFigures:
    """Let people ask a chat of its own.

    Args:
        options: The texts, the size of the collection (of those asked for the smallest, at most `PASSAGES_AT_MOST`),
            how many people, and for how many seconds.
        folder: Documents and their collection are kept in it.
        on_notice: Called with one line before each part.

    Raises:
        SourceError: The texts cannot be read.
        BenchmarkError: The chat does not start, or ends.
    """
    corpus, size = read_texts(options.texts or default_sources()), min(options.sizes[0], PASSAGES_AT_MOST)
    place = folder / f"texts-{corpus.digest}" / f"load-{size}"
    documents, listed = place / "documents", place / "questions.json"
    write_passages(corpus, size, documents)
    questions = make_questions(corpus, size, min(QUESTIONS, options.people * options.seconds))
    listed.write_text(json.dumps(questions), encoding="utf-8")
    environment = child_environment(QA_HOME=place / "home", QA_CACHE=encoder_folder().absolute())
    on_notice("asking every question alone")
    hashes = json.loads(run_python(python_command(HASHES, str(documents), str(listed)), environment))
    expected = dict(zip(questions, hashes, strict=True))
    on_notice(f"{options.people} people ask for {options.seconds} seconds")
    with running_chat(python_command(QA, "chat", str(documents), "--no-browser", "--port", "0"), environment) as chat:
        chat.wait_for("/readyz")
        return _let_people_ask(chat.port, chat.process.pid, expected, options)


def _let_people_ask(port: int, pid: int, expected: dict[str, str], options: Options) -> LoadFigures:
    tally, begin, over = Tally(), threading.Event(), threading.Event()
    people = [
        threading.Thread(target=_live, args=(number, port, expected, tally, begin, over), daemon=True)
        for number in range(options.people)
    ]
    for person in people:
        person.start()
    memory = [held_memory(pid).resident]
    start = time.monotonic()
    begin.set()
    for _ in range(2):
        over.wait(options.seconds / 2)
        memory.append(held_memory(pid).resident)
    over.set()
    for person in people:
        person.join(LONGEST_ANSWER)
    elapsed = time.monotonic() - start
    if not tally.seconds:
        raise BenchmarkError(f"no question was answered: {dict(tally.errors) or 'all were refused'}.")
    answered = len(tally.seconds)
    return LoadFigures(
        people=options.people,
        seconds=elapsed,
        answered=answered,
        refused=tally.refused,
        errors=dict(tally.errors),
        wait=spread(tally.seconds),
        rate=answered / elapsed,
        memory=tuple(memory),
        same=not tally.different,
    )


def _live(
    number: int, port: int, expected: dict[str, str], tally: Tally, begin: threading.Event, over: threading.Event
) -> None:
    """What one person does, from beginning to end."""
    chance = random.Random(number)
    questions = list(expected)
    chance.shuffle(questions)
    person: Person | None = None
    begin.wait()
    for question in _forever(questions):
        if over.wait(chance.uniform(0, LONGEST_THOUGHT)):
            return
        start = time.perf_counter()
        try:
            person = person or (PageVisitor(port) if number % PAGE_EVERY == 0 else Program(port))
            start = time.perf_counter()
            answer = person.ask(question)
        except Busy:
            with tally.lock:
                tally.refused += 1
        except Exception as error:  # whatever it is, it is counted and told
            with tally.lock:
                tally.errors[f"{type(error).__name__}: {error}"[:200]] += 1
        else:
            seconds = time.perf_counter() - start
            with tally.lock:
                tally.seconds.append(seconds)
                tally.different += answer != expected[question]


def _forever(questions: list[str]) -> None:
    while True:
        yield from questions


class Program:
    """Asks over REST."""

    def __init__(self, port: int) -> None:
        """Make a client of the server at a port."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_ANSWER)

    def ask(self, question: str) -> str:
        """See `Person`."""
        try:
            body = json.dumps({"question": question}).encode()
            self._connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
            reply = self._connection.getresponse()
            answer = json.loads(reply.read())
        except BaseException:
            self._connection.close()
            raise
        if reply.status == 503 and answer == {"error": strings.BUSY}:
            raise Busy
        if reply.status != 200:
            raise ValueError(f"status {reply.status}: {answer}")
        return answer["hash"]


class PageVisitor:
    """Asks as the page does: into Gradio's queue, and out of a stream of events."""

    def __init__(self, port: int) -> None:
        """Visit the server at a port."""
        from gradio_client import Client

        self._client = Client(f"http://127.0.0.1:{port}", download_files=False, verbose=False, analytics_enabled=False)

    def ask(self, question: str) -> str:
        """See `Person`."""
        from gradio_client.utils import QueueError

        try:
            return self._client.predict(question, api_name="/ask")["hash"]
        except QueueError as error:
            raise Busy from error
