"""The calls for programs: REST, gradio_client and MCP give one JSON, described as it is."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from openapi_spec_validator import OpenAPIV31SpecValidator
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from index import Document, DocumentInfo, Passage
from qa.answering.citation import Relevance
from qa.web.api.tools import RESULTS, WAITING, BusyError, RequestError, Tools
from qa.web.host import AssistantHost, LoadState, NotReady

pytest_plugins = ["web_fixtures"]
ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
FOUR_DAYS = "Can Israel beat Iran in four days?"
SEED = "000_5ac88f397c9b21b0.txt"
CALLS = (
    ("ask", {"question": FOUR_DAYS}),
    ("ask", {"question": "What is the capital of France?"}),
    ("search", {"question": "Who is mediating?", "k": 2}),
    ("list_sources", {}),
    ("read_passage", {"source": SEED, "paragraph": 2}),
)


@pytest.fixture(scope="module")
def server(start_module_chat):
    """The chat over the seed, with MCP."""
    return start_module_chat(ROOT / "seeds", options=["--mcp", "--no-token"]).wait_until_ready()


@pytest.fixture(scope="module")
def client(server):
    """A real gradio_client."""
    return Client(server.address, download_files=False, verbose=False)


def post(server, name, arguments):
    """Call over REST; returns status and what was answered."""
    body = arguments if isinstance(arguments, bytes) else json.dumps(arguments).encode()
    status, text = server.get(f"/api/{name}", {"Content-Type": "application/json"}, body)
    return status, json.loads(text)


def with_session(address, work):
    """Do something with a real MCP session, opened for it."""

    async def run():
        opened = streamable_http_client(f"{address}/mcp")
        async with opened as streams, ClientSession(*streams[:2]) as session:  # version 1 of mcp yields a third
            await session.initialize()
            return await work(session)

    return asyncio.run(run())


def wire(record):
    """A record of the package mcp by the names of JSON; its own differ between version 1 and 2."""
    return record.model_dump(by_alias=True)


def expected_answers(assistant):
    """What each of `CALLS` gives, by the Python API alone."""
    hits = assistant.find("Who is mediating?", k=2).search.hits
    (info,) = assistant.documents()
    text = assistant.document(info.path).text
    second = assistant.passages(info.path)[1]
    nowhere = dict.fromkeys(("page", "heading", "row", "sheet", "slide", "date", "time"))
    scope = {"documents": 1, "passages": 3, "pending": 0}

    def place(passage):
        return {
            "source": SEED, "locator": f"paragraph {passage.paragraph}", "text": text[passage.start : passage.end],
            "paragraph": passage.paragraph, **nowhere, "start": passage.start, "end": passage.end,
            "text_sha256": info.text_sha256,
        }  # fmt: skip

    found = [{"rank": rank, "score": hit.score.fused, **place(hit.passage)} for rank, hit in enumerate(hits, start=1)]
    source = {"source": SEED, "passages": 4, "characters": len(text), "text_sha256": info.text_sha256}
    return [
        assistant.ask(FOUR_DAYS).to_dict(),
        assistant.ask("What is the capital of France?").to_dict(),
        {
            "question": "Who is mediating?", "searched": "Who is mediating?", "phrases_missing": False, "hits": found,
            "scope": scope,
        },
        {"sources": [source], "not_read": [], "scope": scope},
        {**place(second), "paragraphs": 4},
    ]  # fmt: skip


def test_every_way_in_gives_the_same_json_as_python(server, client, assistant):
    """REST, gradio_client and MCP give what Python gives, to the last digit; REST and MCP to the last character."""
    expected = expected_answers(assistant)

    async def call_all(session):
        return [await session.call_tool(name, arguments) for name, arguments in CALLS]

    told = with_session(server.address, call_all)
    assert [wire(result)["isError"] for result in told] == [False] * len(CALLS)
    assert [json.loads(result.content[0].text) for result in told] == expected
    assert [post(server, name, arguments) for name, arguments in CALLS] == [(200, answer) for answer in expected]
    assert [client.predict(**arguments, api_name=f"/{name}") for name, arguments in CALLS] == expected
    raw = server.get("/api/ask", {"Content-Type": "application/json"}, json.dumps(CALLS[0][1]).encode())[1]
    assert raw == told[0].content[0].text


def test_every_tool_is_listed_with_its_arguments(server, client):
    """MCP and gradio_client list the four calls, each with a description, types and defaults."""
    listed = with_session(server.address, lambda session: session.list_tools()).tools
    assert [tool.name for tool in listed] == ["ask", "search", "list_sources", "read_passage"]
    assert all(wire(tool)["annotations"]["readOnlyHint"] for tool in listed)
    assert listed[0].description.startswith("Answer a question with sentences quoted from the documents")
    assert {name: list(wire(tool)["inputSchema"]["properties"]) for tool in listed for name in [tool.name]} == {
        "ask": ["question"],
        "search": ["question", "k"],
        "list_sources": ["offset", "limit"],
        "read_passage": ["source", "paragraph", "text_sha256"],
    }
    count = wire(listed[1])["inputSchema"]["properties"]["k"]
    assert (count["type"], count["minimum"], count["maximum"], count["default"]) == ("integer", 1, 50, 10)
    assert wire(listed[3])["inputSchema"]["required"] == ["source", "paragraph"]
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/ask", "/search", "/list_sources", "/read_passage"]
    assert [p["python_type"]["type"] for p in endpoints["/search"]["parameters"]] == ["str", "int"]


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        pytest.param("ask", {}, "argument 'question': missing required argument.", id="missing"),
        pytest.param("ask", {"question": None}, "argument 'question': input should be a valid string.", id="null"),
        pytest.param("ask", {"question": "?!"}, "the question has no word in it. Ask in words.", id="no word"),
        pytest.param(
            "ask", {"question": "\ud800"}, "contains half a character (a lone surrogate)", id="half a character"
        ),
        pytest.param(
            "ask", {"question": "a", "<b>\n": 1}, "argument '<b>\\n': unexpected keyword argument.", id="unknown"
        ),
        pytest.param("search", {"question": "a", "k": 0}, "argument 'k': input should be greater than", id="too small"),
        pytest.param("search", {"question": "a", "k": 51}, "argument 'k': input should be less than", id="too large"),
        pytest.param("search", {"question": "a", "k": "3"}, "argument 'k': input should be a valid int", id="text"),
        pytest.param("search", {"question": "a", "k": True}, "argument 'k': input should be a valid int", id="true"),
        pytest.param("read_passage", {"source": "../x\n", "paragraph": 1}, r"no document is named '../x\n'", id="name"),
        pytest.param("read_passage", {"source": SEED, "paragraph": 9}, "has 4 paragraphs, and none with", id="number"),
        pytest.param("read_passage", {"source": SEED, "paragraph": 1, "text_sha256": "0"}, "with that hash", id="hash"),
        pytest.param("list_sources", {"offset": -1}, "argument 'offset': input should be greater than", id="negative"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_one_line(server, name, arguments, reason):
    """REST says 400 and why; MCP says the very same."""
    status, answer = post(server, name, arguments)
    assert status == 400 and list(answer) == ["error"]
    assert reason in answer["error"] and "\n" not in answer["error"]
    if "\ud800" not in arguments.values():
        told = with_session(server.address, lambda session: session.call_tool(name, arguments))
        assert (wire(told)["isError"], told.content[0].text) == (True, answer["error"])


@pytest.mark.parametrize("body", [b"[]", b"{", b'"a"', b"\xff", b"[" * 100_000], ids=lambda body: repr(body[:4]))
def test_what_is_no_json_object_is_refused(server, body):
    """No body but one JSON object is read."""
    assert post(server, "ask", body) == (400, {"error": "The arguments are not one JSON object."})


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"{"], ids=lambda body: repr(body[:4]))
def test_what_mcp_cannot_parse_is_refused(server, body):
    """JSON too deep to be read is a mistake of the sender, as half of it is, and nothing is logged."""
    before = server.log.read_text()
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    status, text = server.get("/mcp", headers, body)
    assert (status, json.loads(text)["error"]["code"]) == (400, -32700)
    assert server.log.read_text() == before


def test_numbers_without_a_fraction_are_integers(server):
    """3.0 is what 3 is, as the description's schema says; 3.5 is refused."""
    question = {"question": "Who is mediating?"}
    assert post(server, "search", {**question, "k": 3.0}) == post(server, "search", {**question, "k": 3})
    assert post(server, "search", {**question, "k": 3.5})[0] == 400


def test_calls_are_what_the_description_says(server, tmp_path):
    """Schemathesis finds no call that the description allows and the server refuses, or the other way round."""
    command = f"run {server.address}/openapi.json --checks all --exclude-checks positive_data_acceptance"
    command += " --phases coverage,fuzzing --max-examples 10 --seed 1"
    paths = os.pathsep.join([*sys.path, str(TESTS)])
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "refusals", "PYTHONPATH": paths}
    command = [sys.executable, "-m", "schemathesis.cli", *command.split()]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout
    assert re.search(r"^ +(\d+) generated, \1 passed", result.stdout, re.MULTILINE), result.stdout


@pytest.mark.parametrize("arguments", [["<b>", 3], [7, 3], ["What about secret plum?"]], ids=repr)
def test_errors_are_escaped_and_untold_where_gradio_would_show_them(server, arguments):
    """Gradio shows errors as HTML: they are escaped; and it prints arguments that are too few: they are not printed."""
    body = json.dumps({"data": arguments}).encode()
    event = json.loads(server.get("/gradio_api/call/read_passage", {"Content-Type": "application/json"}, body)[1])
    stream = server.get(f"/gradio_api/call/read_passage/{event['event_id']}")[1]
    assert "event: error" in stream and "<b>" not in stream
    log = server.log.read_text()
    assert "Traceback" not in log and "secret plum" not in log


def test_description_is_valid_and_true(server):
    """/openapi.json is OpenAPI 3.1, names every call, and what is really answered fits it."""
    status, text = server.get("/openapi.json")
    described = json.loads(text)
    OpenAPIV31SpecValidator(described).validate()
    assert status == 200 and described["openapi"] == "3.1.0"
    assert list(described["paths"])[:4] == ["/api/ask", "/api/search", "/api/list_sources", "/api/read_passage"]
    for name, arguments in CALLS:
        operation = described["paths"][f"/api/{name}"]["post"]
        jsonschema.validate(arguments, operation["requestBody"]["content"]["application/json"]["schema"])
        reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        jsonschema.validate(
            post(server, name, arguments)[1], described["components"]["schemas"][reference.split("/")[-1]]
        )


@pytest.mark.parametrize("answer", [WHEN, BOTH, GREETING, GUIDANCE, CORRECTED])
def test_every_kind_of_answer_fits_the_description(answer):
    """Exact words, parts, messages and corrections; a key more would not fit."""
    record = answer.to_dict()
    for each in (record, *record["parts"]):
        for citation in each["citations"] + each["closest"]:
            citation["relevance"] = {**asdict(Relevance(0.5, 0.5, 0.5)), "spans": [], "heading_words": []}
    jsonschema.validate(record, RESULTS["ask"])
    for wrong in ({**record, "more": 1}, {**record, "parts": [record, {**record, "more": 1}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, RESULTS["ask"])


def test_mcp_is_off_unless_asked_for(seed_server):
    """Without --mcp there is nothing at its address, nor at the one Gradio would give it."""
    for path in ("/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/sse"):
        assert seed_server.get(path, {"Content-Type": "application/json"}, b"{}")[0] in (404, 405)
        assert seed_server.get(path)[0] == 404


def test_missing_package_is_named_with_the_command_that_installs_it(tmp_path):
    """Where `mcp` is not installed, --mcp says so in one line and nothing is started."""
    (tmp_path / "mcp.py").write_text("raise ImportError")
    command = [sys.executable, "-m", "qa", "chat", str(ROOT / "seeds"), "--mcp", "--no-browser", "--port", "0"]
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "QA_HOME": str(tmp_path), "PATH": ""}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr == "qa: --mcp needs the package mcp. Install it: pip install 'qa-verbatim[mcp]'\n"


def plain_host(answers):
    """A host that is ready, over an assistant made of some attributes."""
    host = AssistantHost(lambda on_progress: None)
    host.state = LoadState("ready", "")
    host.call = lambda work: work(SimpleNamespace(**answers))
    return host


def test_documents_of_one_name_are_told_apart_by_the_hash_of_their_text():
    """A name that two documents bear is refused until the hash says which is meant."""
    documents = tuple(DocumentInfo(number, "a.txt", f"/{number}", f"hash {number}", 5, 1) for number in (1, 2))
    answers = {
        "find_documents": lambda sources: documents,
        "passages": lambda path: (Passage(1, 0, 5, ()),),
        "document": lambda path: Document("a.txt", path, f"text{path[1:]}", f"hash {path[1:]}", ""),
    }
    tools = Tools(plain_host(answers))
    with pytest.raises(RequestError, match=r"2 documents are named 'a.txt'. Say which by its text_sha256."):
        tools.run("read_passage", {"source": "a.txt", "paragraph": 1})
    read = tools.run("read_passage", {"source": "a.txt", "paragraph": 1, "text_sha256": "hash 2"})
    assert (read["text"], read["start"], read["end"]) == ("text2", 0, 5)


def test_unknown_failures_tell_nothing():
    """What went wrong inside is for the log, not for the caller."""
    with pytest.raises(RequestError, match="^Something went wrong here") as raised:
        Tools(plain_host({})).run("ask", {"question": "Who?"})
    assert "attribute" not in str(raised.value)


def test_calls_before_loading_has_ended_are_turned_away():
    """Nothing is answered yet, and the caller is told."""
    with pytest.raises(NotReady, match="still loading"):
        Tools(AssistantHost(lambda on_progress: None)).run("list_sources", {})


def test_calls_beyond_those_that_may_wait_are_turned_away(monkeypatch):
    """One too many is refused at once; the others are answered in their turn."""
    import threading

    free = threading.Event()
    tools = Tools(plain_host({}))
    monkeypatch.setattr(tools, "run", lambda name, arguments: free.wait(10) and {"name": name})

    async def call_many():
        calls = [asyncio.create_task(tools.answer("ask", {})) for _ in range(2 + WAITING)]
        while tools._limiter.statistics().tasks_waiting < WAITING:
            await asyncio.sleep(0.01)
        with pytest.raises(BusyError, match="Too many questions are waiting"):
            await tools.answer("ask", {})
        free.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(call_many()) == ['{"name": "ask"}'] * (2 + WAITING)


def blocks(language):
    """The examples of the page about programs, of one kind; shell commands are indented lines."""
    section = (ROOT / "qa" / "docs" / "programs.md").read_text(encoding="utf-8")
    if language == "python":
        found = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
        return [program for program in found if "qa.integrations" not in program]  # they ask no chat
    return re.findall(r"^    (curl .*(?:\n      .*)*)", section, re.MULTILINE)


def test_documented_commands_work(server, tmp_path):
    """Each command and each program of the documentation runs against a running chat and prints a quote, or what it says."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl")
    outputs = []
    for command in blocks("shell"):
        line = command.replace("http://127.0.0.1:7860", server.address)
        outputs.append(subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout)
    assert json.loads(outputs[0])["verdict"] == "answered"
    assert [json.loads(output).keys() & {"hits", "sources", "text", "paths"} for output in outputs[1:]] == [
        {"hits"}, {"sources"}, {"text"}, {"paths"}
    ]  # fmt: skip
    for program in blocks("python"):
        (tmp_path / "program.py").write_text(program.replace("http://127.0.0.1:7860", server.address))
        told = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "asymmetric nature of the conflict" in told.stdout
