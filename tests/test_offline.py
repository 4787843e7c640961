"""Nothing but loopback is contacted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["blocking", "web_fixtures"]
ROOT = Path(__file__).parent.parent


def test_ask_batch_and_doctor_contact_nothing(tmp_path, blocked):
    """With every socket but loopback refused, `qa ask`, `qa batch` and `qa doctor` work and try no other address."""
    environment, contacted = blocked
    (tmp_path / "questions.txt").write_text("Who is mediating?\nWhat is the capital of France?\n")
    ask = [sys.executable, "-m", "qa", "ask", "Can Israel beat Iran in four days?", "--json"]
    answer = subprocess.run(ask, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert json.loads(answer)["citations"][0]["paragraph"] == 2
    batch = [sys.executable, "-m", "qa", "batch", "questions.txt", "-o", "answers.jsonl", "--workers", "2"]
    subprocess.run(batch, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 2
    doctor = subprocess.run([sys.executable, "-m", "qa", "doctor"], env=environment, cwd=tmp_path, capture_output=True)
    assert doctor.stdout.endswith(b"\n\nNothing is broken.\n")
    assert contacted.read_text() == ""


def test_chat_contacts_nothing(blocked, start_chat):
    """With every socket but loopback refused, the chat starts, serves its page and answers, and tries no other address."""
    environment, contacted = blocked
    names = ("PYTHONPATH", "CONTACTED", "HF_HUB_OFFLINE")
    server = start_chat(ROOT / "seeds", variables={name: environment.get(name, "") for name in names}, whole=True)
    server.wait_until_ready()
    assert server.get("/")[0] == 200
    body = json.dumps({"data": ["Can Israel beat Iran in four days?"]}).encode()
    status, reply = server.get("/gradio_api/call/ask", {"Content-Type": "application/json"}, body)
    assert status == 200
    _, events = server.get(f"/gradio_api/call/ask/{json.loads(reply)['event_id']}")
    assert "oversimplifies the complex" in events
    assert contacted.read_text() == ""


def test_only_the_address_named_is_contacted(tmp_path, blocked):
    """Of an address among the sources its host is looked up, and nothing else; that it cannot be reached is said."""
    environment, contacted = blocked
    (tmp_path / "a.txt").write_text("The plum is ripe.\n")
    index = [sys.executable, "-m", "qa", "index", "a.txt", "http://elsewhere.invalid/a"]
    done = subprocess.run(index, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1 document, 1 passage")
    assert "http://elsewhere.invalid/a cannot be reached: there is no such host, or no network." in done.stderr
    assert contacted.read_text() == "lookup elsewhere.invalid\n"


def test_the_blocker_blocks(blocked):
    """The check itself can fail: a process that tries another address is refused and noted."""
    environment, contacted = blocked
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    assert subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True).returncode == 1
    assert "192.0.2.1" in contacted.read_text()


def test_it_works_in_a_network_namespace_with_loopback_only(tmp_path):
    """Where there is no network at all, asking works."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "--net", "true"], capture_output=True).returncode:
        pytest.skip("needs the right to make a network namespace (run as root on Linux)")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QA_HOME": str(tmp_path / "home")}
    output = subprocess.run(
        [unshare, "--net", sys.executable, "-m", "qa", "ask", "Can Israel beat Iran in four days?"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert output.startswith("[1] ")
