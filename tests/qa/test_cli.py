"""The command line: what it prints where, its exit codes, and what it keeps from the terminal."""

import io
import json
import os
import re
import shlex

import pytest
from toy_assistant import ToyAssistant
from toy_encoder import ToyEncoder

from index import StorageError, load_encoder
from qa import Assistant
from qa.answering.answer import Scope
from qa.batch import answer_batch
from qa.cli import main, program
from qa.cli.options import notify_failures
from qa.collections import encoder_folder
from qa.verify import verify_answers


@pytest.fixture
def folder(tmp_path):
    """A folder of one document that tries to write to the terminal, and one file that cannot be read."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "fruit.txt").write_text("Apples are \x1b[31m red\x07.\n\nPears are gr\u00fcn.", encoding="utf-8")
    (documents / "evil\x1b]0;\x9b\nqa: name.bin").touch()
    return documents


@pytest.fixture
def toy(monkeypatch):
    """The command line opens the toy assistant."""
    monkeypatch.setattr("qa.assistant.Assistant.open", ToyAssistant.open)


@pytest.mark.usefixtures("toy")
def test_ask_prints_numbered_quotes_with_their_place(folder, capsys):
    """A person sees each quote with its place, the confidence and what to open; escape sequences are shown, not sent."""
    assert main(["ask", "What is red, what are pears?", "--sources", str(folder)]) == 0
    output = capsys.readouterr()
    assert output.out == (
        "[1] Apples are \\x1b[31m red\\x07.\n    -- fruit.txt, paragraph 1\n\n"
        "[2] Pears are gr\u00fcn.\n    -- fruit.txt, paragraph 2\n\n"
        f"Answered, confidence 0.88.\nOpen [1, 2]: {(folder / 'fruit.txt').as_uri()}\n"
    )
    assert output.err == "not read: evil\\x1b]0;\\x9b qa: name.bin: files of type '.bin' are not read\n"


@pytest.mark.usefixtures("toy")
def test_ask_says_what_was_searched_when_nothing_answers(folder, capsys):
    """Without an answer, a person sees that, how much was searched, and the closest passages."""
    assert main(["ask", "zzz", "--sources", str(folder)]) == 0
    assert capsys.readouterr().out == (
        "Not in the sources. Searched: 1 document and 2 passages.\n"
        "Closest passages (they may not answer):\n"
        "[1] Apples are \\x1b[31m red\\x07.\n    -- fruit.txt, paragraph 1\n\n"
        f"Not in the sources, confidence 0.12.\nOpen [1]: {(folder / 'fruit.txt').as_uri()}\n"
    )


@pytest.mark.usefixtures("toy")
def test_batch_says_what_was_not_answered(folder, tmp_path, capsys):
    """Bad rows are named on standard error, the last line counts, and the exit code is 0."""
    (tmp_path / "q.txt").write_text("red?\n?\npears\n")
    answers = tmp_path / "a.jsonl"
    assert main(["batch", str(tmp_path / "q.txt"), "-o", str(answers), "--sources", str(folder)]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines()[1:] == [
        "line 2 not answered: the question holds no word",
        "2 answered, 1 rows not answered",
    ]
    assert [json.loads(line).get("error") for line in answers.read_text().splitlines()] == [
        None,
        "the question holds no word",
        None,
    ]


@pytest.mark.usefixtures("toy")
def test_batch_reads_and_prints_streams(folder, tmp_path, capsys, monkeypatch):
    """With "-" for a file: the lines printed are those of a file; paths only where asked for."""
    table = b"id;question\n7;red?\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(table)))
    assert main(["batch", "-", "-o", "-", "--sources", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["row"] == {"id": "7", "question": "red?"} and str(folder) not in printed
    (tmp_path / "q.csv").write_bytes(table)
    assert main(["batch", str(tmp_path / "q.csv"), "-o", "-", "--paths", "--sources", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["citations"][0]["path"] == str(folder / "fruit.txt")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(table)))
    assert main(["batch", "-", "-o", str(tmp_path / "a.jsonl"), "--sources", str(folder)]) == 0
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == printed


@pytest.mark.usefixtures("toy")
def test_batch_writes_details_where_asked(folder, tmp_path):
    """A row for each quote, with the text's hash, and the path as well."""
    (tmp_path / "q.txt").write_text("red?\n")
    command = ["batch", str(tmp_path / "q.txt"), "-o", str(tmp_path / "a.csv"), "--sources", str(folder)]
    headings = []
    for options in ([], ["--details"], ["--details", "--paths"]):
        assert main([*command, *options]) == 0
        headings.append((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0].split(","))
    assert [("text_sha256" in each, "path" in each) for each in headings] == [
        (False, False),
        (True, False),
        (True, True),
    ]


@pytest.mark.usefixtures("toy")
def test_index_says_what_happened(folder, capsys):
    """`qa index` prints what the index holds and what changed; unreadable files go to standard error."""
    assert main(["index", str(folder)]) == 0
    output = capsys.readouterr()
    assert output.out == "1 document, 2 passages\n2 new, 0 changed, 1 removed, 3 unchanged, 1 not read\n"
    assert output.err.startswith("not read: evil")


@pytest.mark.usefixtures("toy")
def test_verify_counts_and_names_what_does_not_hold(folder, tmp_path, capsys):
    """Untouched answers verify with exit code 0; changed documents and records give 1, and a line each."""
    answers = tmp_path / "a.jsonl"
    (tmp_path / "q.txt").write_text("red?\npears\n")
    main(["batch", str(tmp_path / "q.txt"), "-o", str(answers), "--sources", str(folder)])
    capsys.readouterr()
    assert main(["verify", str(answers), "--sources", str(folder)]) == 0
    assert capsys.readouterr() == ("2 exact, 0 moved, 0 changed, 0 gone\n", "")
    (folder / "fruit.txt").write_text("Pears are gr\u00fcn.", encoding="utf-8")
    answers.write_text(answers.read_text(encoding="utf-8").replace("0.875", "0.9") + "{\n", encoding="utf-8")
    assert main(["verify", str(answers), "--sources", str(folder)]) == 1
    assert capsys.readouterr() == (
        "line 1: altered: the record is not the one its hash was made of\n"
        "line 1: changed: fruit.txt no longer contains these words\n"
        "line 2: altered: the record is not the one its hash was made of\n"
        "line 2: moved: fruit.txt: now at character 0, was at 24\n"
        "line 3: malformed: not JSON\n"
        "0 exact, 1 moved, 1 changed, 0 gone\n",
        f"qa: {answers} does not match the documents: 1 changed, 2 altered, 1 malformed\n",
    )


KNOWN_ERRORS = {
    "no such source": ["ask", "Who?", "--sources", "absent"],
    "no such source for the page": ["chat", "absent", "--no-browser"],
    "no such source with a line end": ["index", "absent\nfolder"],
    "no such questions": ["batch", "absent.txt", "-o", "a.jsonl"],
    "unknown suffix": ["batch", "absent.txt", "-o", "a.docx"],
    "no such answers": ["verify", "absent.jsonl"],
    "question not UTF-8": ["ask", "Who\udcff?"],
}


@pytest.mark.parametrize("arguments", KNOWN_ERRORS.values(), ids=KNOWN_ERRORS)
def test_a_known_error_is_one_line(arguments, tmp_path, monkeypatch, capsys):
    """Known errors print one line on standard error, nothing on standard output, and exit with 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("qa: ")
    assert output.err.count("\n") == 1


def test_an_error_of_several_lines_is_printed_as_one(monkeypatch, capsys):
    """Whatever an error message holds, it is one line without escape sequences."""

    def refuse(*arguments, **options):
        raise StorageError("first\nsecond \x1b[31m")

    monkeypatch.setattr("qa.assistant.Assistant.open", refuse)
    assert main(["ask", "Who?"]) == 1
    assert capsys.readouterr().err == "qa: first second \\x1b[31m\n"


WRONG_USAGE = {
    "unknown command": (["answer"], "qa: error: no such command 'answer'. Commands: chat, ask, "),
    "misspelt command": (
        ["colections"],
        "qa: error: no such command 'colections'. Did you mean 'collections'? See: qa ",
    ),
    "unknown option before": (["--fast"], "qa: error: no such option '--fast'. See: qa --help"),
    "no question": (["ask"], "qa ask: error: missing argument 'QUESTION...'. See: qa ask --help"),
    "question after sources": (
        ["ask", "--sources", "x", "Who", "is"],
        "qa ask: error: missing argument 'QUESTION...'. Put it before --sources, which takes all names up to the next option.",
    ),
    "no output": (["batch", "q.txt"], "qa batch: error: missing option '-o' / '--output'. See: qa batch --help"),
    "no questions": (["batch", "-o", "a.csv"], "qa batch: error: missing argument 'QUESTIONS'. See"),
    "two files of questions": (
        ["batch", "q", "r", "-o", "a"],
        "qa batch: error: got unexpected extra argument (r). See",
    ),
    "no sources": (["index"], "qa index: error: name sources, or a stored collection with --name. See: qa index"),
    "unknown option": (["ask", "Who?", "--quick"], "qa ask: error: no such option '--quick'. See: qa ask --help"),
    "misspelt option": (
        ["ask", "Who?", "--sorces", "x"],
        "qa ask: error: no such option '--sorces'. Did you mean '--sources'",
    ),
    "option of one word": (["ask", "Who?", "-x"], "qa ask: error: no such option '-x'. See: qa ask --help"),
    "option without value": (["ask", "Who?", "--model"], "qa ask: error: option '--model' requires an argument. See"),
    "option for a value": (
        ["ask", "Who?", "--model", "--json"],
        "qa ask: error: option '--model' requires an argument.",
    ),
    "no value after many": (
        ["ask", "Who?", "--sources"],
        "qa ask: error: option '--sources' requires an argument. See",
    ),
    "value for a flag": (["ask", "Who?", "--json=yes"], "qa ask: error: option '--json' does not take a value. See"),
    "port not a number": (
        ["chat", "--port", "http"],
        "qa chat: error: invalid value for '--port': 'http' is not a whole number. See: qa chat --help",
    ),
    "port too high": (
        ["chat", "--port", "65536"],
        "qa chat: error: invalid value for '--port': 65536 is not between 0 and 65535. See: qa chat --help",
    ),
    "limit too low": (
        ["eval", "x", "--limit", "0"],
        "qa eval: error: invalid value for '--limit': 0 is not at least 1. See",
    ),
    "check with workers": (
        ["index", "--name", "a", "--check", "--workers", "2"],
        "qa index: error: --check and --workers cannot be combined. See",
    ),
    "workers nowhere": (
        ["batch", "q.txt", "-o", "a.csv", "--workers", "head"],
        "qa batch: error: invalid value for '--workers': 'head' is neither a number nor an address such as ray://head:10001. See",
    ),
    "workers too few": (
        ["batch", "q.txt", "-o", "a.csv", "--workers", "0"],
        "qa batch: error: invalid value for '--workers': 0 is not at least 1. See",
    ),
    "escape in an option": (
        ["ask", "Who?", "--\x1b[2J"],
        "qa ask: error: no such option '--\\x1b[2J'. See: qa ask --help",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_is_one_line(arguments, said, capsys):
    """Wrong usage prints one line, with the command, the option as typed and those spelt nearly so, and exits with 2."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(said)
    assert output.err.count("\n") == 1


def test_nothing_but_the_name_shows_the_help(capsys):
    """`qa` alone prints the help, with three examples and every command, on standard error, and exits with 2."""
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("Usage: qa ")
    examples = output.err.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split("#")[0].split()[:2] for line in examples] == [["qa", "chat"], ["qa", "ask"], ["qa", "help"]]
    listed = re.findall(r"^  (\S+)", output.err.partition("Commands:\n")[2].partition("\n\n")[0], re.MULTILINE)
    assert listed == list(program.commands)


def test_the_version_is_printed(capsys):
    """`qa --version` prints the name and the version of the package."""
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert re.fullmatch(r"qa \d+\.\d+\S*\n", capsys.readouterr().out)


QUESTIONS = {
    "several words": (["Which", "apples", "are", "red"], "Which apples are red"),
    "options between": (["Which", "--json", "apples"], "Which apples"),
    "quoted": (["Which apples are red?"], "Which apples are red?"),
    "a quoted text that begins like an option": (["--json or red?"], "--json or red?"),
    "a number below 0": (["red", "at", "-5", "degrees"], "red at -5 degrees"),
    "after two dashes": (["red", "--", "--json"], "red --json"),
}


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(("words", "question"), QUESTIONS.values(), ids=QUESTIONS)
def test_words_are_one_question(words, question, folder, capsys):
    """Quotation marks are not needed; options may come between the words, and several sources after them."""
    more = [] if "--json" in words and "--" not in words else ["--json"]
    assert main(["ask", "--sources", str(folder), str(folder), *more, "--hidden", *words]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == question


@pytest.mark.parametrize("name", program.commands)
def test_every_help_fits_and_has_examples_that_are_understood(name, capsys):
    """The help of each command describes its arguments, is at most 80 columns wide, and its examples parse."""
    command = program.commands[name]
    with pytest.raises(SystemExit) as caught:
        main([name, "-h"])
    assert caught.value.code == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    assert [option.name for option in options if not option.help] == []
    assert bool(command.describe) == any(parameter.param_type_name == "argument" for parameter in command.params)
    for example in command.examples:
        assert f"\n  {example}\n" in printed
        program_name, named, *arguments = shlex.split(example)
        assert (program_name, named) == ("qa", name)
        command.make_context(name, arguments).close()
    assert command.examples
    main(["help", name])
    assert capsys.readouterr().out == printed


def test_chat_is_served_with_what_was_asked_for(folder, toy, monkeypatch, capsys):
    """`qa chat` hands the server what opens the sources and follows them, the port, and whether to open a browser."""
    served = {}
    monkeypatch.setattr("qa.cli.chat.start_log", lambda file, **options: None)
    monkeypatch.setattr("qa.cli.chat.serve", lambda libraries, **options: served.update(all=libraries, **options))
    assert main(["chat", str(folder), "--port", "0", "--no-browser"]) == 0
    assert (served["port"], served["open_browser"]) == (0, False)
    host = served["all"].first
    assert host.follow
    assert host._open_assistant(lambda progress: None).scope == Scope(1, 2)
    assert served["all"].create("Plums", "") == "Plums"
    assert served["all"].models == {"": "English", "multilingual": "Many languages"}
    assert [library.name for library in served["all"].list()][:1] == ["Plums"]
    assert served["all"].rename("Plums", "Figs") == "Figs"
    served["all"].delete("Figs")
    assert "Figs" not in [library.name for library in served["all"].list()]


def test_every_way_of_asking_gives_the_same_answers(assistant, seeds, seed_home, tmp_path, monkeypatch, capsysbinary):
    """Over the seed document, Python, `qa ask --json` and `qa batch` give equal bytes, and every quote verifies.

    In a batch the rows of questions stand first, and documents have their names for paths, unless paths are asked for.
    """
    encoder = load_encoder(cache_folder=encoder_folder())
    monkeypatch.setattr("qa.collections.load_encoder", lambda *named, **more: encoder)
    monkeypatch.setenv("QA_HOME", str(seed_home))
    asked = [
        "Who are the regional mediators?",
        "What is the capital of Peru?",
        "How has Iran responded to the strikes?",
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps({"question": question}) + "\n" for question in asked))
    lines = [json.dumps(assistant.ask(question).to_dict(), ensure_ascii=False) for question in asked]
    rows = ['{"row": ' + json.dumps({"question": question}) + ", " for question in asked]
    expected = "".join(row + line[1:] + "\n" for row, line in zip(rows, lines, strict=True)).encode()
    assert answer_batch(assistant, tmp_path / "q.jsonl", tmp_path / "python.jsonl", paths=True).answered == 3
    assert (tmp_path / "python.jsonl").read_bytes() == expected
    assert main(["batch", str(tmp_path / "q.jsonl"), "-o", str(tmp_path / "a.jsonl"), "--sources", str(seeds)]) == 0
    folder = json.dumps(f"{seeds}{os.sep}")[1:-1].encode()
    assert (tmp_path / "a.jsonl").read_bytes() == expected.replace(b'"path": "' + folder, b'"path": "') != expected
    capsysbinary.readouterr()
    assert main(["ask", asked[0], "--json", "--sources", str(seeds)]) == 0
    assert capsysbinary.readouterr().out == lines[0].encode() + b"\n"
    for folders in ([seeds], []):
        checks = list(verify_answers(tmp_path / "a.jsonl", folders=folders))
        assert checks
        assert {check.finding for check in checks} == {"exact"}


def test_many_files_of_a_type_that_is_not_read_are_one_line(tmp_path, capsys, monkeypatch):
    """Few are listed by name; those that LibreOffice would convert too."""
    monkeypatch.setattr("index.parsers.convert.find_converter", lambda: None)
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "a.txt").write_text("An apple fell.")
    for number in range(5):
        (folder / f"{number}.xyz").write_text("x")
        (folder / f"{number}.doc").write_bytes(b"\xd0\xcf\x11\xe0" + "WordDocument\0".encode("utf-16-le"))
    (folder / "b.exe").write_text("x")
    with Assistant.open(folder, home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as assistant:
        notify_failures(assistant)
    assert capsys.readouterr().err.splitlines() == [
        "not read: b.exe: files of type '.exe' are not read. See: qa help formats",
        "not read: 5 files of type '.doc', which need LibreOffice. Install it, or save the file as .docx.",
        "not read: 5 files of type '.xyz', which are not read. See: qa help formats",
    ]
