"""The README and the pages of the documentation: short, linked, printed by the program, and true in what they show."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from qa.cli import main, program

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "qa" / "docs").glob("*.md"))


def parse(line):
    """Parse a command line without its `qa`, as the program does."""
    name, *arguments = shlex.split(line, comments=True)
    with program.make_context("qa", [name]) as context:
        program.commands[name].make_context(name, arguments, context).close()


def test_readme_is_short():
    """At most a thousand words."""
    assert len(README.split()) <= 1000


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_to_files(page):
    """Every relative link and picture names a file that is there."""
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_readme_links_every_page():
    """No page of the documentation is left out."""
    assert [page.name for page in PAGES if f"](qa/docs/{page.name})" not in README] == []


@pytest.mark.slow
def test_readme_example_prints_what_it_says(monkeypatch):
    """The Python example runs from the project's folder, and its output is the one shown."""
    example, output = re.search(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", README, re.DOTALL).groups()
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(example, {})
    assert printed.getvalue() == output


def test_help_lists_and_prints_the_pages(capsys):
    """`qa help` lists the topics, `qa help TOPIC` prints a page as it is."""
    assert main(["help"]) == 0
    assert capsys.readouterr().out.split() == [page.stem for page in PAGES]
    for page in PAGES:
        assert main(["help", page.stem]) == 0
        assert capsys.readouterr().out == page.read_text(encoding="utf-8")


def test_unknown_topic_is_refused_with_those_there_are(capsys):
    """One line names the topic and the others."""
    assert main(["help", "weather"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("qa: there is no topic 'weather'. Topics: answers, command-line,")
    assert error.count("\n") == 1


def test_every_command_is_in_a_page():
    """The pages show each command of the parser at least once."""
    everything = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in program.commands if f"qa {name}" not in everything] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_commands_shown_are_understood(page):
    """The parser accepts every `qa …` command that a page shows, with its options."""
    shown = re.findall(r"^    (?:.*&& )?qa (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    for line in shown:
        parse(line)


def test_options_named_exist():
    """Every `--option` that the pages name belongs to a command."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for name in ([], *([name] for name in program.commands)):
            with pytest.raises(SystemExit):
                main([*name, "--help"])
    known = set(re.findall(r"--[a-z][a-z-]+", printed.getvalue()))
    of_others = {"--minutes", "--out", "--weights", "--wordnet", "--data-dir"}  # of qa.reading.train and milvus-lite
    of_others |= {"--address", "--disable-usage-stats", "--generate", "--head"}  # of ray
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - known - of_others == set()
