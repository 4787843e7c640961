"""The chat server: what it refuses, what it answers, how it stops."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import httpx
import pytest
from web_fixtures import ROOT, gradio_paths

from qa.web.security.access import find_port
from qa.web.server import CONVERSATIONS_AT_MOST, IDLE_SECONDS, prepare_environment

pytest_plugins = ["web_fixtures"]
WEB = ROOT / "qa" / "web"
JSON_TYPE = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def seed_server(start_module_chat):
    """A server of its own: what is called here at random adds the example to it."""
    return start_module_chat(ROOT / "seeds", whole=True).wait_until_ready()


def call_ask(server, question):
    """Call the API as a program does; returns the event and its data."""
    status, body = server.get("/gradio_api/call/ask", JSON_TYPE, json.dumps({"data": [question]}).encode())
    assert status == 200
    _, stream = server.get(f"/gradio_api/call/ask/{json.loads(body)['event_id']}")
    event, data = stream.strip().splitlines()[-2:]
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_api_gives_the_answer_of_the_assistant(seed_server, assistant):
    """The API's answer is `Answer.to_dict()`, to the last digit and the hash."""
    event, data = call_ask(seed_server, "Can Israel beat Iran in four days?")
    expected = assistant.ask("Can Israel beat Iran in four days?").to_dict()
    assert (event, data) == ("complete", [expected])


@pytest.mark.parametrize("question", ["", "?!", None, 7, ["a"], "\ud800"], ids=repr)
def test_api_refuses_what_is_no_question(seed_server, question):
    """A bad question is an error with one line, and no trace of the program."""
    event, data = call_ask(seed_server, question)
    assert event == "error"
    assert "question" in data["error"] and "Traceback" not in data["error"]


def test_only_this_computers_names_are_answered(seed_server):
    """A request for another host name is refused, so that no foreign name can be pointed here."""
    assert seed_server.get("/healthz")[0] == 200
    assert seed_server.get("/", {"Host": "evil.example"})[0] == 400


def test_other_pages_cannot_send_questions(seed_server):
    """A POST with a foreign or opaque Origin is refused."""
    body = json.dumps({"data": ["Who?"]}).encode()
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert seed_server.get("/gradio_api/call/ask", {**JSON_TYPE, "Origin": origin}, body)[0] == 403
    assert seed_server.get("/gradio_api/call/ask", {**JSON_TYPE, "Origin": seed_server.address}, body)[0] == 200


def test_server_reads_no_file_it_was_not_given(seed_server, tmp_path):
    """A path in place of a question, an upload, or a request for a file gets nothing, and copies nothing."""
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of this computer")
    file = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    assert call_ask(seed_server, file)[0] == "error"
    config = json.loads(seed_server.get("/config")[1])
    for dependency in config["dependencies"]:
        if any(event == "load" for _, event in dependency["targets"]):
            continue  # takes nothing, and tells of the files as long as somebody listens
        data = {"data": [file] * len(dependency["inputs"]), "fn_index": dependency["id"], "session_hash": "attack"}
        status, _ = seed_server.get("/gradio_api/queue/join", JSON_TYPE, json.dumps(data).encode())
        assert status in (200, 400, 403, 404, 422)
        assert seed_server.get("/gradio_api/run/predict", JSON_TYPE, json.dumps(data).encode())[0] >= 400
    assert "a secret" not in seed_server.get("/gradio_api/queue/data?session_hash=attack")[1]
    assert seed_server.get(f"/gradio_api/file={secret}")[0] == 404
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert seed_server.get("/upload", form, b"--b--")[0] == 403
    copies = [path for path in seed_server.temporary.rglob("*") if path.is_file() and b"a secret" in path.read_bytes()]
    assert copies == []


def test_text_of_visitors_is_not_printed(seed_server):
    """What Gradio refuses, it would print with the visitor's text: lines of a log that never were, commands to the terminal."""
    forged = "x\n2026-01-01 00:00:00,000 WARNING qa.web.security.gate: forged\x1b[31m"
    config = json.loads(seed_server.get("/config")[1])
    asking = next(event for event in config["dependencies"] if event["api_name"] == "ask")
    given = [{"path": forged, "meta": {"_type": "gradio.FileData"}}]
    data = {"data": given, "fn_index": asking["id"], "session_hash": "forger"}
    assert seed_server.get("/gradio_api/queue/join", JSON_TYPE, json.dumps(data).encode())[0] == 200
    assert "Something went wrong" in seed_server.get("/gradio_api/queue/data?session_hash=forger")[1]
    written = seed_server.log.read_text()
    assert " ERROR qa.web.app: an event of the page failed\n  gradio.exceptions.InvalidPathError\n" in written
    assert "forged" not in written and "\x1b" not in written


def test_aborted_requests_leave_no_word_in_the_log(seed_server):
    """Whoever breaks off in the middle of a body cannot fill the log, wherever it was sent."""
    before = seed_server.log.read_text()
    address = seed_server.address.removeprefix("http://")
    host, _, port = address.partition(":")
    form = b'--b\r\nContent-Disposition: form-data; name="files"; filename="plum.txt"\r\n\r\nA plum'
    for path, kind, body in (
        ("/api/ask", "application/json", b'{"question'),
        ("/gradio_api/queue/join", "application/json", b'{"data'),
        ("/gradio_api/upload", "multipart/form-data; boundary=b", form),
    ):
        with socket.create_connection((host, int(port))) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\n"
            connection.sendall(head.encode() + body)
        assert seed_server.get("/healthz")[0] == 200
    assert call_ask(seed_server, "Can Israel beat Iran in four days?")[0] == "complete"
    assert seed_server.log.read_text() == before


def test_documents_themselves_are_not_served(seed_server, seeds):
    """Not even a searched file can be fetched by its path."""
    document = next(seeds.iterdir())
    assert seed_server.get(f"/gradio_api/file={document}")[0] == 404


def test_style_and_scripts_are_files_that_browsers_keep(seed_server):
    """Every script that the page names or another imports is served; another version and other files are not."""
    page = seed_server.get("/")[1]
    version = re.search(r"page/[0-9a-f]{16}", page)[0]
    named = set(re.findall(rf"{version}/([a-z/.]+)", page))
    assert named == {"style.css", "ui/main.js"}
    seen = set()
    while names := named - seen:
        for name in names:
            with urllib.request.urlopen(f"{seed_server.address}/{version}/{name}") as response:
                text = response.read().decode("utf-8")
                media = "text/css" if name == "style.css" else "text/javascript"
                assert response.headers["Content-Type"] == f"{media}; charset=utf-8"
                assert "immutable" in response.headers["Cache-Control"]
            named |= {os.path.normpath(f"{name}/../{path}") for path in re.findall(r'^import .*?"(.+)";', text, re.M)}
        seen |= names
    assert seen == {"style.css", *(path.relative_to(WEB).as_posix() for path in WEB.glob("*/*.js"))}
    for path in (
        "page/0123456789abcdef/style.css",
        f"{version}/app.py",
        f"{version}/../app.py",
        f"{version}/ui/main.html",
    ):
        assert seed_server.get(f"/{path}")[0] == 404
    assert len(page) < 130_000  # bytes; with the list of 39 documents below 200,000


def test_conversations_used_long_ago_are_forgotten(seed_server):
    """A page's conversation goes on until as many others as are kept have been used since; memory is bounded."""
    config = json.loads(seed_server.get("/config")[1])
    asking = next(
        event for event in config["dependencies"] if ["submit"] in [target[1:] for target in event["targets"]]
    )

    def ask(session, question):
        given = [question, *[None] * (len(asking["inputs"]) - 1)]
        body = {"data": given, "fn_index": asking["id"], "session_hash": session, "trigger_id": asking["targets"][0][0]}
        assert seed_server.get("/gradio_api/queue/join", JSON_TYPE, json.dumps(body).encode())[0] == 200
        return seed_server.get(f"/gradio_api/queue/data?session_hash={session}")[1]

    ask("first", "Can Israel beat Iran in four days?")
    assert "asked after" in ask("first", "And what about Oman?")
    for number in range(CONVERSATIONS_AT_MOST):
        ask(f"other{number}", "")
    assert "asked after" not in ask("first", "And what about Qatar?")


def test_only_what_the_page_and_its_clients_need_is_served(seed_server):
    """Of Gradio's many routes those for files, logins, monitoring and the like are not there; unknown calls are 404."""
    given = {"page": "x", "path": "x", "size": "1", "api_name": "nothing", "event_id": "x", "session_hash": "x"}
    paths = {re.sub(r"\{(\w+)(:\w+)?\}", lambda found: given.get(found.group(1), "x"), path) for path in gradio_paths()}
    assert len(paths) > 60
    served = {
        path
        for path in paths
        for method in ("GET", "POST")
        if seed_server.knock(method, path, {"Content-Length": "0"}) != 404
    }
    assert served == {
        "/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt", "/assets/x", "/static/x",
        *(f"/gradio_api/{name}" for name in (
            "info", "app_id", "startup-events", "queue/join", "queue/data", "heartbeat/x", "cancel", "reset", "upload",
            "upload_progress",
        )),
    }  # fmt: skip
    for path in ("/gradio_api/call/nothing", "/gradio_api/call/v2/nothing", "/gradio_api/run/ask", "/api/nothing"):
        assert 400 <= seed_server.get(path, JSON_TYPE, b'{"data": []}')[0] < 500, path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_server_takes_the_next_port_and_stops_cleanly(seed_server, start_chat, seeds, number):
    """A port in use is said to be; stopped while it still loads and a page is open, it exits with 0 and no complaint."""
    taken = int(seed_server.address.rpartition(":")[2])
    server = start_chat(seeds, port=taken, whole=True)
    assert f"Port {taken} is taken; using " in server.log.read_text()
    assert server.get("/readyz")[0] in (200, 503)
    config = json.loads(server.get("/config")[1])
    follow = next(each["id"] for each in config["dependencies"] if any(name == "load" for _, name in each["targets"]))
    body = {"data": [], "fn_index": follow, "session_hash": "open"}
    assert server.get("/gradio_api/queue/join", JSON_TYPE, json.dumps(body).encode())[0] == 200
    with (
        httpx.Client(base_url=server.address, timeout=60) as client,
        client.stream("GET", "/gradio_api/queue/data?session_hash=open") as page,
    ):
        assert page.status_code == 200
        assert server.stop(number) == 0
    assert "Traceback" not in server.log.read_text() and "ERROR" not in server.log.read_text()


IMPATIENT = """
import os, signal, sys, threading
from pathlib import Path
from types import SimpleNamespace
from qa.web import server

left = 20

def interrupt(frame, event, argument):
    global left
    above = frame
    while above and not (above.f_code.co_name == "<lambda>" and above.f_code.co_filename == server.__file__):
        above = above.f_back
    if above and left:
        left -= 1
        os.kill(os.getpid(), signal.SIGINT)

app = SimpleNamespace(server=SimpleNamespace(config=SimpleNamespace()), close=lambda verbose: None)
server.launch = lambda *arguments, **options: app
threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()
sys.settrace(interrupt)
libraries = SimpleNamespace(start=lambda: None, close=lambda: sys.settrace(None))
server.serve(libraries, scratch=Path(sys.argv[1]), port=0, open_browser=False)
print("interrupted", left < 20)
"""


def test_signal_while_a_signal_is_heeded_does_not_hold_it_up(tmp_path):
    """Whatever the first one does, the second comes in the middle of it: the server ends all the same."""
    ended = subprocess.run(
        [sys.executable, "-c", IMPATIENT, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout.splitlines()[-1:] == ["interrupted True"], ended.stderr


ELSEWHERE = """
import signal, sys, threading
from pathlib import Path
from types import SimpleNamespace
from qa.web import server

app = SimpleNamespace(server=SimpleNamespace(config=SimpleNamespace()), close=lambda verbose: None)
server.launch = lambda *arguments, **options: app
threading.Timer(1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()
libraries = SimpleNamespace(start=lambda: None, close=lambda: None)
server.serve(libraries, scratch=Path(sys.argv[1]), port=0, open_browser=False)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="sends a signal to a thread")
def test_signal_that_another_thread_gets_ends_the_server(tmp_path):
    """The system may hand it to any thread; Python heeds it in the main one, which must not wait for ever."""
    ended = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("proxy", "client"), [("", "10.0.0.2"), ("10.0.0.2", "203.0.113.9"), ("10.0.0.0/24", "203.0.113.9")]
)
def test_only_the_named_proxy_says_who_the_visitor_is(monkeypatch, tmp_path, proxy, client):
    """The server reads from its environment whom to believe; as a rule nobody, this computer included."""
    import uvicorn

    seen = []

    async def application(scope, receive, send):
        seen.append(scope["client"][0])

    monkeypatch.setattr("os.environ", dict(os.environ))
    prepare_environment(tmp_path, proxy)
    config = uvicorn.Config(application, log_config=None)
    config.load()
    for address in ("10.0.0.2", "127.0.0.1"):
        scope = {"type": "http", "client": (address, 5), "headers": [(b"x-forwarded-for", b"203.0.113.9")]}
        asyncio.run(config.loaded_app(scope, None, None))
    assert seen == [client, "127.0.0.1"]


def test_next_port_is_taken_when_one_is_busy():
    """A port in use is skipped; 0 finds some free one."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        wanted = busy.getsockname()[1]
        assert wanted < find_port(wanted) < wanted + 100
        assert find_port(0) not in (0, wanted)


def test_gradio_takes_the_time_between_two_looks_for_work():
    """The attribute that is set is one that Gradio's queue has."""
    import gradio

    queue = gradio.Blocks().queue()._queue
    assert queue.sleep_when_free < IDLE_SECONDS
