"""The closed door of a running chat: with a token set, nothing answers without it, and nothing of it gets out."""

import asyncio
import importlib
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import httpx
import openai
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from web_fixtures import gradio_paths

pytest_plugins = ["web_fixtures"]
ROOT = Path(__file__).parents[2]
http_library = importlib.import_module("httpx2" if find_spec("httpx2") else "httpx")  # version 2 of mcp brings httpx2
TOKEN = "a-token-of-the-tests-1234"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat open to all addresses, with a token from the environment, MCP and a log."""
    log = tmp_path_factory.mktemp("log") / "chat.log"
    started = start_module_chat(
        ROOT / "seeds",
        variables={"QA_TOKEN": TOKEN},
        options=["--host", "0.0.0.0", "--mcp", "--log", str(log)],
        whole=True,
    )
    started.written = log
    started._wait(lambda: started.get("/readyz", BEARER)[0] == 200)
    return started


def test_running_server_answers_nothing_without_the_token(server):
    """Every route of the server, whatever its method, is 401 without the token; only /healthz answers."""
    assert server.get("/healthz") == (200, "ok\n")
    described = json.loads(server.get("/openapi.json", BEARER)[1])
    config = json.loads(server.get("/config", BEARER)[1])
    paths = [
        "/", "/config", "/readyz", "/openapi.json", "/mcp", "/theme.css", "/robots.txt", "/docs", "/healthz/", "//healthz",
        "/gradio_api/info", "/gradio_api/startup-events", "/gradio_api/queue/data?session_hash=a", "/gradio_api/mcp/",
        "/gradio_api/heartbeat/a", "/gradio_api/app_id", "/no/such/path", *described["paths"],
        *(re.sub(r"\{.*?\}", "x", path) for path in gradio_paths()),
        *(f"/gradio_api/call/{event['api_name']}" for event in config["dependencies"]),
    ]  # fmt: skip
    with httpx.Client(base_url=server.address) as client:
        for path in paths:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = client.request(method, path, content=b"{}" if method != "HEAD" else None)
                assert answer.status_code == 401, (method, path)
        preflight = {"Origin": server.address, "Access-Control-Request-Method": "POST"}
        assert client.options("/api/ask", headers=preflight).status_code == 401
        assert "content-security-policy" in client.get("/").headers
    for headers in (
        {"Origin": "http://evil.example", "Content-Length": "0"},
        {"Content-Type": "text/plain", "Content-Length": "0"},
        {"Content-Length": str(2**40)},
        {},
    ):
        for path in ("/api/ask", "/gradio_api/upload", "/upload", "/gradio_api/call/v2/nothing"):
            assert server.knock("POST", path, headers) == 401, (headers, path)
            assert server.knock("POST", path, {**headers, "Host": "evil.example"}) == 400, (headers, path)


def test_token_is_the_key_of_openai_clients(server):
    """The real client enters with the token as its key, and with no other."""
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key=TOKEN, max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["qa"]
        with pytest.raises(openai.AuthenticationError, match="401"):
            client.with_options(api_key="wrong").models.list()


def test_files_are_taken_only_with_the_token_and_not_from_other_pages(server):
    """An upload without the token, with a wrong one or from another page is refused, and nothing of it is kept."""
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="plum.txt"\r\n\r\nA plum.\r\n--b--\r\n'

    def send(**headers):
        status, _ = server.get("/gradio_api/upload", {**form, **headers}, body)
        return status, [file.read_bytes() for file in server.temporary.rglob("plum.txt")]

    assert send() == (401, [])
    assert send(Authorization="Bearer wrong") == (401, [])
    assert send(**BEARER, Origin="http://evil.example") == (403, [])
    assert send(**BEARER, Origin="null") == (403, [])
    assert send(**BEARER, Origin=server.address) == (200, [b"A plum."])


def test_visitors_cannot_name_themselves(server):
    """A wrong token is counted for the address it comes from, not for the one that a header gives, on this computer too."""
    assert server.get("/", {"Authorization": "Bearer wrong", "X-Forwarded-For": "203.0.113.9"})[0] == 401
    assert "203.0.113.9" not in server.written.read_text()
    assert server.get("/healthz")[0] == 200


def test_real_clients_come_in_with_the_token_and_not_without(server, assistant):
    """gradio_client and MCP list and call with the token as Bearer, and get nowhere without it."""
    question = "Can Israel beat Iran in four days?"
    expected = assistant.ask(question).to_dict()
    client = Client(server.address, headers=BEARER, download_files=False, verbose=False)
    assert client.predict(question, api_name="/ask") == expected
    with pytest.raises(ValueError, match="credentials were not provided"):
        Client(server.address, download_files=False, verbose=False)

    statuses = []

    async def note_status(response):
        statuses.append(response.status_code)

    async def call(headers):
        async with (
            http_library.AsyncClient(headers=headers, event_hooks={"response": [note_status]}) as http,
            streamable_http_client(f"{server.address}/mcp", http_client=http) as streams,
            ClientSession(*streams[:2]) as session,
        ):
            await session.initialize()
            listed = await session.list_tools()
            return len(listed.tools), await session.call_tool("ask", {"question": question})

    count, told = asyncio.run(call(BEARER))
    assert (count, json.loads(told.content[0].text)) == (4, expected)
    assert 401 not in statuses
    statuses.clear()
    with pytest.raises(BaseExceptionGroup):
        asyncio.run(asyncio.wait_for(call({}), 20))
    assert set(statuses) == {401}


def test_documented_commands_with_the_token_work(server, tmp_path):
    """The command and the program of the documentation come in with the token that is in the environment."""
    section = (ROOT / "qa" / "docs" / "sharing.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (command,) = re.findall(r"^    (curl .*)$", section, re.MULTILINE)
    environment = {**os.environ, "QA_TOKEN": TOKEN}
    (tmp_path / "program.py").write_text(program.replace("http://127.0.0.1:7860", server.address))
    for line in (
        [sys.executable, "program.py"],
        ["sh", "-c", command.replace("http://127.0.0.1:7860", server.address)],
    ):
        told = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
        assert "asymmetric nature of the conflict" in told


def test_visitors_have_conversations_of_their_own(server, visit):
    """The address with the token leads to the page without it; another visitor sees and continues nothing of the first."""
    from playwright.sync_api import expect

    def ask(page, question, turn):
        box = page.get_by_role("textbox", name="Question")
        box.fill(question)
        box.press("Enter")
        expect(page.locator(f"#turn-{turn}")).to_be_visible()
        return page.locator(f"#turn-{turn}")

    first, second = (visit(f"{server.address}/?token={TOKEN}") for _ in range(2))
    assert (first.url, second.url) == (f"{server.address}/",) * 2
    ask(first, "Can Israel beat Iran in four days?", 1)
    expect(second.locator(".qa-example").first).to_be_visible()
    expect(second.locator(".qa-question")).to_have_count(0)
    answer = ask(second, "And what about Oman?", 1)
    expect(answer.locator(".qa-searched")).to_have_count(0)
    assert "four days" not in second.locator("#qa-chat").inner_text().lower().replace("in just four days", "")
    follow_up = ask(first, "And what about Oman?", 2)
    expect(follow_up.locator(".qa-searched")).to_contain_text("asked after: Can Israel beat Iran in four days?")


def test_token_and_questions_are_in_no_log(server):
    """After all that, the log names what happened, but neither token nor question; nor does what the program printed."""
    server.get("/", {"Authorization": "Bearer wrong"})
    server.get(f"/?token={TOKEN}")
    post = json.dumps({"question": "A secret plum question about Israel?"}).encode()
    assert server.get("/api/ask", {**BEARER, "Content-Type": "application/json"}, post)[0] == 200
    written = server.written.read_text()
    assert "qa.web.answers: call: " in written and "a wrong token came from 127.0.0.1" in written
    assert "serving at http://" in written
    printed = server.log.read_text()
    assert printed.count(TOKEN) == 1 and f"/?token={TOKEN} (stop it with Ctrl-C)" in printed
    for text in (written, printed):
        assert "secret plum" not in text and "oversimplifies" not in text
    assert TOKEN not in written
    assert server.written.stat().st_mode & 0o077 == 0


def test_token_is_in_no_environment_and_no_arguments_of_others(server):
    """Programs that the server starts, and its own arguments, do not hold the token."""
    processes = Path("/proc")
    if not processes.is_dir():
        pytest.skip("needs /proc")
    pid = server.process.pid
    assert TOKEN not in (processes / str(pid) / "cmdline").read_text()
    for folder in processes.glob("[0-9]*"):
        try:
            parent = re.search(r"^PPid:\t(\d+)", (folder / "status").read_text(), re.MULTILINE).group(1)
            if int(parent) == pid:
                assert TOKEN.encode() not in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:  # ended meanwhile
            continue
