"""Many people ask one chat at once: how many are answered, how soon, and what it costs in memory.

Each person asks over loopback, waits up to a second, and asks something else. One in four uses the protocol of the page, through
gradio_client; the others send plain requests. Being told that too many questions wait counts as refused, not as an error.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any

from qa.bench.measure import BenchmarkError, Figures, held_memory, spread
from qa.web import strings

LONGEST_ANSWER = 120.0  # seconds
Ask = Callable[[str], Any]


class BusyChat(Exception):
    """The chat said that too many questions are waiting."""


def let_people_ask(port: int, process: int, expected: dict[str, str], people: int, seconds: float) -> Figures:
    """Let people ask a running chat.

    Args:
        port: Where the chat listens on 127.0.0.1.
        process: The number of its process.
        expected: The questions, each with the hash of its answer when asked alone.
        people: How many people ask.
        seconds: For how long.

    Raises:
        BenchmarkError: No question was answered.
    """
    waits: list[float] = []
    errors: Counter[str] = Counter()
    counts = Counter(refused=0, different=0)
    over, lock = threading.Event(), threading.Lock()

    def live(number: int) -> None:
        chance = random.Random(number)
        ask: Ask | None = None
        for question in cycle(chance.sample(list(expected), len(expected))):
            if over.wait(chance.random()):
                return
            try:
                ask = ask or (ask_as_page(port) if number % 4 == 0 else ask_by_request(port))
                start = time.perf_counter()
                answer = ask(question)
                with lock:
                    waits.append(time.perf_counter() - start)
                    counts["different"] += answer != expected[question]
            except BusyChat:
                with lock:
                    counts["refused"] += 1
            except Exception as error:  # every kind is counted and reported
                with lock:
                    errors[f"{type(error).__name__}: {error}"[:200]] += 1

    threads = [threading.Thread(target=live, args=(number,), daemon=True) for number in range(people)]
    memory, start = [held_memory(process)], time.monotonic()
    for thread in threads:
        thread.start()
    for _ in range(2):
        over.wait(seconds / 2)
        memory.append(held_memory(process))
    over.set()
    for thread in threads:
        thread.join(LONGEST_ANSWER)
    elapsed = time.monotonic() - start
    if not waits:
        raise BenchmarkError(f"no question was answered: {dict(errors) or 'all were refused'}.")
    return {
        "people": people,
        "seconds": elapsed,
        "answered": len(waits),
        "refused": counts["refused"],
        "errors": dict(errors),
        "wait": spread(waits),
        "rate": len(waits) / elapsed,
        "memory": memory,
        "same": not counts["different"],
    }


def ask_by_request(port: int) -> Ask:
    """A function that asks over REST and returns the hash of the answer."""

    def ask(question: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_ANSWER)
        try:
            body = json.dumps({"question": question}).encode()
            connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            answer = json.loads(reply.read())
        finally:
            connection.close()
        if reply.status == 503 and answer == {"error": strings.BUSY}:
            raise BusyChat
        if reply.status != 200:
            raise ValueError(f"status {reply.status}: {answer}")
        return answer["hash"]

    return ask


def ask_as_page(port: int) -> Ask:
    """A function that asks through Gradio's queue, as the page does, and returns the hash of the answer."""
    from gradio_client import Client
    from gradio_client.utils import QueueError

    client = Client(f"http://127.0.0.1:{port}", download_files=False, verbose=False, analytics_enabled=False)

    def ask(question: str) -> Any:
        try:
            return client.predict(question, api_name="/ask")["hash"]
        except QueueError as error:
            raise BusyChat from error

    return ask
