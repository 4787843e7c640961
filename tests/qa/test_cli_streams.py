"""The command line as a process: encodings, closed pipes, full disks, Ctrl-C, terminals."""

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from toy_assistant import ToyAssistant

ROOT = Path(__file__).parents[2]
TOY_MAIN = """
import sys
import qa.assistant
from toy_assistant import ToyAssistant
qa.assistant.Assistant.open = ToyAssistant.open
from qa.cli import main
sys.exit(main())
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of one document, not all of it ASCII."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "fruit.txt").write_text("Apples are red.\n\nPears are gr\u00fcn.", encoding="utf-8")
    return documents


def run(*arguments, **options):
    """Run the command line over the toy assistant in another process."""
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    environment = {**os.environ, "PYTHONUNBUFFERED": "", "PYTHONPATH": path, **options.pop("environment", {})}
    command = [sys.executable, "-c", TOY_MAIN, *map(str, arguments)]
    return subprocess.run(command, env=environment, check=False, **options)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "utf-16"])
def test_json_is_the_answer_under_any_encoding(folder, encoding):
    """`--json` prints exactly `to_dict()` as one line of UTF-8, whatever the terminal is set to."""
    result = run(
        "ask", "pears red", "--sources", folder, "--json",
        capture_output=True, environment={"PYTHONIOENCODING": encoding},
    )  # fmt: skip
    expected = ToyAssistant(folder).ask("pears red").to_dict()
    assert result.stdout == json.dumps(expected, ensure_ascii=False).encode() + b"\n"
    assert result.returncode == 0


def test_a_terminal_without_unicode_gets_escapes(folder):
    """What an ASCII terminal cannot show is escaped instead of failing."""
    result = run("ask", "pears", "--sources", folder, capture_output=True, environment={"PYTHONIOENCODING": "ascii"})
    assert result.stdout.startswith(b"[1] Pears are gr\\xfcn.\n    -- fruit.txt, paragraph 2\n\nAnswered")


TERMINALS = {
    "in colour": ({"TERM": "xterm", "NO_COLOR": ""}, b"\x1b[32m\x1b[1mAnswered\x1b[0m, confidence 0.88."),
    "NO_COLOR": ({"TERM": "xterm", "NO_COLOR": "1"}, b"\nAnswered, confidence 0.88."),
    "a terminal that knows none": ({"TERM": "dumb", "NO_COLOR": ""}, b"\nAnswered, confidence 0.88."),
}


@pytest.mark.parametrize(("environment", "line"), TERMINALS.values(), ids=TERMINALS)
def test_the_verdict_is_coloured_where_the_terminal_can(environment, line, folder):
    """In a terminal that shows colours, unless NO_COLOR is set."""
    controller, terminal = pty.openpty()
    run("ask", "pears", "--sources", folder, stdout=terminal, stderr=subprocess.PIPE, environment=environment)
    os.close(terminal)
    printed = os.read(controller, 65536)
    os.close(controller)
    assert line in printed
    assert (b"\x1b" in printed) == (b"\x1b" in line)


def test_ctrl_c_exits_with_130_and_the_rest_is_answered_later(folder, tmp_path):
    """Ctrl-C in mid-batch prints one line and exits with 130; the same command then goes on."""
    questions, answers = tmp_path / "q.txt", tmp_path / "a.jsonl"
    questions.write_text("red\n" * 3000)
    part = tmp_path / "a.jsonl.part"
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    command = [sys.executable, "-c", TOY_MAIN, "batch", questions, "-o", answers, "--sources", folder]
    process = subprocess.Popen(
        [*map(str, command)], env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE, text=True
    )
    while not part.exists() or part.read_bytes().count(b"\n") < 5:
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    errors = process.communicate()[1]
    assert process.returncode == 130
    assert errors.splitlines() == ["qa: interrupted; run the same command again to continue"]
    again = run("batch", questions, "-o", answers, "--sources", folder, capture_output=True, text=True)
    assert again.stderr.splitlines()[0].startswith("resuming after ")
    assert again.stderr.splitlines()[1:] == ["3000 answered, 0 rows not answered"]
    assert len(answers.read_text(encoding="utf-8").splitlines()) == 3000


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_a_closed_pipe_is_quiet(folder, options):
    """When whoever reads the output stops, nothing is printed and the exit code is that of a closed pipe."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        result = run("ask", "red", "--sources", folder, *options, stdout=closed, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_to_a_full_disk_is_a_known_error(folder):
    """An answer that cannot be written is one line and exit code 1."""
    with open("/dev/full", "wb") as full:
        result = run("ask", "red", "--sources", folder, stdout=full, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (1, b"qa: [Errno 28] No space left on device\n")


def test_progress_is_shown_on_a_terminal_only(folder, tmp_path):
    """Progress is drawn where standard error is a terminal, from the opening of the documents on, and nowhere else."""
    (tmp_path / "q.txt").write_text("red\npears\n")
    arguments = ["batch", tmp_path / "q.txt", "-o", tmp_path / "a.jsonl", "--sources", folder]
    assert run(*arguments, capture_output=True).stderr == b"2 answered, 0 rows not answered\n"
    controller, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    run(*arguments, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    shown = os.read(controller, 65536)
    assert shown.startswith(b"\ropening the documents 00:00")
    assert b"\rquestions: 1/2 " in shown
    os.close(controller)


COMPLETIONS = {
    "commands": ("qa ca", ["calibrate"]),
    "options": ("qa ask Who --js", ["--json"]),
    "collections": ("qa ask Who --collection pa", ["papers"]),
    "topics and commands": ("qa help co", ["command-line", "costs", "collections"]),
    "files, by the shell itself": ("qa index x", []),
}


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_commands_options_and_names(tmp_path):
    """With the line that the documentation names, a tab completes commands, options, collections and topics."""
    page = (ROOT / "qa" / "docs" / "command-line.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^    (eval .*bash_source.*)$", page, re.MULTILINE)
    (tmp_path / "home" / "collections" / "papers").mkdir(parents=True)
    (tmp_path / "home" / "collections" / "papers" / "catalog.sqlite").touch()
    program = tmp_path / "qa"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m qa "$@"\n')
    program.chmod(0o755)
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "QA_HOME": str(tmp_path / "home")}
    script = [f"compopt() {{ :; }}\n{line}"]  # which bash knows only while it completes
    for typed, _ in COMPLETIONS.values():
        words = typed.split(" ")
        script.append(f"COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1} COMPREPLY=(); _qa_completion qa")
        script.append('echo "${COMPREPLY[@]}"')
    command = ["bash", "--norc", "-c", "\n".join(script)]
    printed = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert printed == [" ".join(expected) for _, expected in COMPLETIONS.values()]


def test_the_command_line_starts_light():
    """Importing the command line imports none of the libraries that take seconds."""
    heavy = ["gradio", "torch", "transformers", "sentence_transformers", "faiss", "openvino", "tantivy", "pandas"]
    program = f"import sys, qa.cli; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
