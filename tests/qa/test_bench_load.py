"""`qa bench --load`: people who ask a chat at once, and what is told of it."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from qa.bench.figures import LoadFigures, Spread
from qa.bench.load import Busy, Program
from qa.bench.report import describe_load
from qa.cli import main
from qa.web import strings


@contextmanager
def server(status, answer):
    """A server that answers everything alike; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_address[1]
        listening.shutdown()


def test_few_people_for_a_short_time(tmp_path, capsys):
    """Four people, one of them on the page's protocol, get the answers that each question gets alone, and no error."""
    command = ["bench", "--load", "--people", "4", "--seconds", "3", "--sizes", "20", "--work", str(tmp_path), "--json"]
    assert main(command) == 0
    output = capsys.readouterr()
    assert output.err.splitlines() == ["asking every question alone", "4 people ask for 3 seconds"]
    figures = json.loads(output.out)
    assert (figures["people"], figures["errors"], figures["refused"], figures["same"]) == (4, {}, 0, True)
    assert figures["seconds"] >= 3
    assert figures["answered"] == figures["wait"]["count"] > 0
    assert figures["rate"] == pytest.approx(figures["answered"] / figures["seconds"])
    assert 0 < figures["wait"]["median"] <= figures["wait"]["p95"] <= figures["wait"]["high"]
    assert len(figures["memory"]) == 3


def test_only_the_words_of_a_busy_chat_count_as_busy():
    """503 with that line is a refusal; 503 with any other is an error, and so is every other status."""
    with server(200, {"hash": "plum"}) as port:
        assert Program(port).ask("Who?") == "plum"
    with server(503, {"error": strings.BUSY}) as port, pytest.raises(Busy):
        Program(port).ask("Who?")
    with (
        server(503, {"error": strings.STILL_LOADING}) as port,
        pytest.raises(ValueError, match="status 503: .*loading"),
    ):
        Program(port).ask("Who?")
    with server(400, {"error": strings.BUSY}) as port, pytest.raises(ValueError, match="status 400"):
        Program(port).ask("Who?")


def test_load_in_words():
    """Every figure has a line; growth is from start to end; errors are named."""
    wait = Spread(0.5, 0.1, 2.25, 1.5, 120)
    figures = LoadFigures(
        50, 60.2, 1200, 30, {"ValueError: no": 2}, wait, 19.93, (400_000_000, 410_000_000, 411_500_000), False
    )
    lines = describe_load(figures)
    assert lines[0] == "50 people asking for 60 seconds"
    assert {tuple(line.rsplit(maxsplit=1)) for line in lines[1:-1]} == {
        ("questions answered", "1,200"),
        ("refused, too many waiting", "30"),
        ("errors", "2"),
        ("questions a second", "19.9"),
        ("seconds to the answer: median", "0.50"),
        ("  95 %", "1.50"),
        ("  longest", "2.25"),
        ("memory at the start, MB", "400.0"),
        ("  in the middle", "410.0"),
        ("  at the end", "411.5"),
        ("  grown", "+11.5"),
        ("same answers as alone", "NO"),
    }
    assert lines[-1] == "2 times: ValueError: no"
