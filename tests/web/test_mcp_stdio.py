"""`qa mcp`: the tools over standard input and output, as desktop assistants start them."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from qa.web.api.tools import Tools, to_json
from qa.web.host import AssistantHost, LoadState

ROOT = Path(__file__).parents[2]
SEED = "000_5ac88f397c9b21b0.txt"
CALLS = (
    ("ask", {"question": "Can Israel beat Iran in four days?"}),
    ("ask", {"question": "What is the capital of France?"}),
    ("search", {"question": "Who is mediating?", "k": 2}),
    ("list_sources", {}),
    ("read_passage", {"source": SEED, "paragraph": 2}),
    ("search", {"question": "a", "k": 0}),
)
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
# Opens no documents before the file `go` is there, and prints in every way there is.
PROGRAM = """
import os, pathlib, subprocess, sys, time
import qa.assistant, qa.cli, qa.web.api.mcp
from index import Progress
qa.web.api.mcp.PATIENCE = 0
Assistant, go = qa.assistant.Assistant, pathlib.Path(sys.argv[2])
opened = Assistant.open
def open_late(*arguments, on_progress, **named):
    print("printed")
    os.write(1, b"written\\n")
    subprocess.run(["sh", "-c", "echo echoed; cat"])
    while not go.exists():
        on_progress(Progress(1, 3, "plum.txt", 0, 0, 0.0, None))
        time.sleep(0.05)
    return opened(*arguments, on_progress=on_progress, **named)
Assistant.open = open_late
sys.exit(qa.cli.main(["mcp", sys.argv[1]]))
"""


class Process:
    """`qa mcp` of `PROGRAM`, spoken to line by line."""

    def __init__(self, sources, folder, home):
        """Start it; its files are in a folder."""
        self.go, self.log, self.lines = folder / "go", folder / "stderr", []
        command = [sys.executable, "-c", PROGRAM, str(sources), str(self.go)]
        environment = {**os.environ, "QA_HOME": str(home), "PYTHONPATH": str(ROOT)}
        with self.log.open("wb") as log:
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, env=environment)
        self.initialized = self.call("initialize", HELLO)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        """Send a message, or a line of bytes."""
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def call(self, method, parameters):
        """Send a request; returns the result."""
        self.send({"jsonrpc": "2.0", "id": len(self.lines), "method": method, "params": parameters})
        while "id" not in (message := json.loads(self.read())):
            pass  # a notification
        return message["result"]

    def read(self):
        """Read a line."""
        self.lines.append(self.process.stdout.readline())
        return self.lines[-1]

    def ask(self, question):
        """Ask; returns the texts of the result and whether it is an error."""
        result = self.call("tools/call", {"name": "ask", "arguments": {"question": question}})
        return [content["text"] for content in result["content"]], result["isError"]

    def end(self, number=None):
        """Close its input, or send a signal; returns the exit code and what was left on standard output."""
        if number is None:
            self.process.stdin.close()
        else:
            self.process.send_signal(number)
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
        return self.process.returncode, self.process.stdout.read()

    def said(self):
        """What is on standard error."""
        return self.log.read_text(encoding="utf-8")


@pytest.fixture
def start(tmp_path, seed_home):
    """A function that starts `qa mcp`; it is killed in the end."""
    started = []

    def start_process(sources=ROOT / "seeds"):
        started.append(Process(sources, tmp_path, seed_home))
        return started[-1]

    yield start_process
    for each in started:
        each.process.kill()
        each.process.wait()


def test_real_client_gets_the_same_json_as_python(assistant, seed_home):
    """Started as the documentation shows, every tool gives what Python gives, to the last character, errors too."""
    host = AssistantHost(lambda on_progress: assistant)
    host.state = LoadState("ready", "")
    host.call = lambda work: work(assistant)
    tools = Tools(host)
    expected = [(False, [to_json(tools.run(name, arguments))]) for name, arguments in CALLS[:-1]]
    expected.append((True, ["argument 'k': input should be greater than or equal to 1."]))

    page = (ROOT / "qa" / "docs" / "programs.md").read_text(encoding="utf-8")
    shown = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL)[1])["mcpServers"]["papers"]

    async def call_all():
        environment = {**os.environ, "QA_HOME": str(seed_home), "PYTHONPATH": str(ROOT)}
        arguments = ["-m", shown["command"], shown["args"][0], str(ROOT / "seeds")]
        command = StdioServerParameters(command=sys.executable, args=arguments, env=environment)
        async with stdio_client(command) as streams, ClientSession(*streams[:2]) as session:
            await session.initialize()
            listed = (await session.list_tools()).tools
            while "still being read" in (await session.call_tool("list_sources", {})).content[-1].text:
                pass  # on a busy machine
            return listed, [await session.call_tool(name, arguments) for name, arguments in CALLS]

    listed, told = asyncio.run(call_all())
    results = [result.model_dump(by_alias=True) for result in told]
    assert [(result["isError"], [each["text"] for each in result["content"]]) for result in results] == expected
    assert results[0]["content"][0]["text"] == json.dumps(
        assistant.ask(CALLS[0][1]["question"]).to_dict(), ensure_ascii=False
    )
    assert [(tool.name, tool.description) for tool in listed] == [(tool.name, tool.description) for tool in tools.tools]
    assert [tool.model_dump(by_alias=True)["inputSchema"] for tool in listed] == [tool.schema for tool in tools.tools]


def test_nothing_but_the_protocol_is_on_standard_output(start, assistant):
    """The tools are listed at once and say how far reading is; all that is printed goes to standard error."""
    process = start()
    assert process.initialized["serverInfo"]["name"] == "qa"
    assert len(process.call("tools/list", {})["tools"]) == 4
    while "Loading the model" in (told := process.ask("Who is mediating?"))[0][0]:
        time.sleep(0.01)
    assert told == (["The documents are still being read (Reading 1 of 3: plum.txt). Ask again in a moment."], True)
    process.send(b"\xff no JSON")
    process.go.touch()
    while (told := process.ask("Who is mediating?"))[1]:
        assert "still being read" in told[0][0]
        time.sleep(0.1)
    assert json.loads(told[0][0]) == assistant.ask("Who is mediating?").to_dict()
    assert process.end() == (0, b"")
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in process.lines)
    assert {"printed", "written", "echoed"} <= set(process.said().split())
    assert "Traceback" not in process.said()


def test_interrupt_ends_it_without_a_traceback(start):
    """Ctrl-C ends it although its input stays open, and messages are coming."""
    process = start()
    process.send(b"\n".join([json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled"}).encode()] * 500))
    assert process.end(signal.SIGINT) == (130, b"")
    assert process.said().splitlines()[-1] == "qa: interrupted" and "Traceback" not in process.said()


def test_client_that_is_gone_ends_it(start):
    """It ends where nobody reads its answers any more, without a complaint."""
    process = start()
    process.process.stdout.close()
    process.send({"jsonrpc": "2.0", "id": 9, "method": "tools/list", "params": {}})
    process.process.stdin.close()
    assert process.process.wait(30) == 0
    assert not re.search("Traceback|rror", process.said())


def test_missing_documents_are_named_in_the_answer(start, tmp_path):
    """The reason why nothing can be opened is the answer to every call."""
    process = start(tmp_path / "missing")
    process.go.touch()
    while "still being read" in (told := process.ask("Who?"))[0][0]:
        time.sleep(0.01)
    reason = f"'{tmp_path / 'missing'}' does not exist. Name a file or a folder of documents."
    assert told == ([reason], True)
