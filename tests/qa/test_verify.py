"""Files of answers checked against the documents: what still holds, what moved, what was altered."""

import json

import pytest
from toy_assistant import ToyAssistant
from toy_encoder import ToyEncoder

from index import BatchError, SourceError
from qa import Assistant
from qa import verify as verification
from qa.answering.answer import hash_record
from qa.batch import answer_batch
from qa.verify import Check, verify_answers


@pytest.fixture
def folder(tmp_path):
    """A folder of one document of two paragraphs."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "fruit.txt").write_text("Apples are red.\n\nPears are green.")
    return documents


def write_answers(path, folder, *questions):
    """Write the answers to some questions as `qa batch` does."""
    records = [ToyAssistant(folder).ask(question).to_dict() for question in questions]
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    return path


def alter(path, change):
    """Apply a change to the first record of a file of answers."""
    record, *others = map(json.loads, path.read_text().splitlines())
    change(record)
    path.write_text("".join(json.dumps(record) + "\n" for record in (record, *others)))


def test_answers_over_unchanged_documents_are_exact(tmp_path, folder):
    """Every citation and every closest passage is checked, in order, and holds."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "are", "zzz")
    assert list(verify_answers(answers)) == [
        Check(1, "exact", "fruit.txt", ""),
        Check(1, "exact", "fruit.txt", ""),
        Check(2, "exact", "fruit.txt", ""),
    ]


CHANGED = {
    "changed elsewhere": ("Apples are red.\n\nPears are ripe.", "exact", "fruit.txt has changed elsewhere"),
    "moved": ("New.\n\nApples are red.", "moved", "now at character 6, was at 0"),
    "changed": ("Apples are green.", "changed", "fruit.txt no longer contains these words"),
    "empty": ("", "changed", "fruit.txt no longer contains these words"),
    "gone": (None, "gone", None),
}


@pytest.mark.parametrize(("content", "finding", "detail"), CHANGED.values(), ids=CHANGED)
def test_changed_documents_are_told_apart(tmp_path, folder, content, finding, detail):
    """A quote is exact, moved, changed or gone, by what its file holds now."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    file = folder / "fruit.txt"
    file.unlink() if content is None else file.write_text(content)
    (check,) = verify_answers(answers)
    assert (check.line, check.finding, check.source) == (1, finding, "fruit.txt")
    if detail is not None:
        assert check.detail == detail


ALTERED = {
    "question": lambda record: record.update(question="blue"),
    "verdict": lambda record: record.update(verdict="closest"),
    "confidence": lambda record: record.update(confidence=1.0),
    "page": lambda record: record["citations"][0].update(page=9),
    "citation left out": lambda record: record["citations"].clear(),
    "field added": lambda record: record.update(note="checked"),
    "hash": lambda record: record.update(hash="0" * 64),
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_an_altered_record_is_found(tmp_path, folder, change):
    """A record in which anything but a path differs no longer fits its hash."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red", "green")
    alter(answers, change)
    found = [(check.line, check.finding) for check in verify_answers(answers) if check.finding != "exact"]
    assert found == [(1, "altered")]


def test_an_altered_quote_does_not_hold_even_with_a_new_hash(tmp_path, folder):
    """Who alters a quote and computes the hash anew is found out by the document."""

    def forge(record):
        record["citations"][0]["quote"] = "Apples are bad."
        record["hash"] = hash_record(record)

    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    alter(answers, forge)
    assert [check.finding for check in verify_answers(answers)] == ["changed"]


def test_the_hash_of_a_record_is_that_of_its_answer(folder):
    """`hash_record` over `to_dict` gives `Answer.hash`, also after a journey through JSON."""
    for question in ("red", "zzz"):
        answer = ToyAssistant(folder).ask(question)
        assert hash_record(answer.to_dict()) == answer.hash
        assert hash_record(json.loads(json.dumps(answer.to_dict()))) == answer.hash


def test_documents_are_found_by_name_on_another_machine(tmp_path, folder):
    """With folders given, paths in the answers are not used: the receipt holds where only the names are the same."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    folder.rename(tmp_path / "elsewhere")
    assert [check.finding for check in verify_answers(answers)] == ["gone"]
    assert [check.finding for check in verify_answers(answers, folders=[tmp_path / "elsewhere"])] == ["exact"]
    (tmp_path / "empty").mkdir()
    assert list(verify_answers(answers, folders=[tmp_path / "empty"])) == [
        Check(1, "gone", "fruit.txt", "no document of the name fruit.txt under the folders given")
    ]


@pytest.fixture
def batch(tmp_path, folder):
    """A batch over two collections of one home, in which a document has the same name; with a row that was not answered."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/fruit.txt").write_text("Plums are blue.")
    (tmp_path / "q.csv").write_text("id,question\n7,Which pears are green?\n8,?\n")
    for sources in (tmp_path / "other", folder):
        with Assistant.open(sources, home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
            answer_batch(opened, tmp_path / "q.csv", tmp_path / "a.jsonl")
    return tmp_path / "a.jsonl"


def test_documents_of_a_batch_are_found_in_the_collections(tmp_path, folder, batch):
    """By their names, since a batch has no paths; the one with the text that was cited, or else any that has the name."""
    assert str(tmp_path) not in batch.read_text()
    checks = list(verify_answers(batch, home=tmp_path / "home"))
    assert set(checks) == {Check(1, "exact", "fruit.txt", "")}
    (folder / "fruit.txt").write_text("Pears are green.")
    assert {check.finding for check in verify_answers(batch, home=tmp_path / "home")} <= {"moved", "changed"}
    with Assistant.open(folder, home=tmp_path / "home", encoder=ToyEncoder(), reader=None):
        pass  # so that no collection has the text that was cited
    assert "moved" in {check.finding for check in verify_answers(batch, home=tmp_path / "home")}


def test_documents_of_a_batch_are_found_in_folders(tmp_path, folder, batch):
    """Where they are on another machine, without a collection; which is said where there is neither."""
    assert {check.finding for check in verify_answers(batch, folders=[folder], home=tmp_path / "none")} == {"exact"}
    expected = "no document of the name fruit.txt in a collection; name its folder with --sources"
    assert set(verify_answers(batch, home=tmp_path / "none")) == {Check(1, "gone", "fruit.txt", expected)}


def test_a_row_of_a_batch_is_not_part_of_its_answer(tmp_path, batch):
    """Another cell alters nothing; a name that no document can have is found nowhere."""
    alter(batch, lambda record: record["row"].update(id=9))
    assert {check.finding for check in verify_answers(batch, home=tmp_path / "home")} == {"exact"}
    for citations in ("citations", "closest"):
        alter(
            batch, lambda record, name=citations: [each.update(path="\ud800", source="\ud800") for each in record[name]]
        )
    assert {check.finding for check in verify_answers(batch, home=tmp_path / "home")} == {"altered", "gone"}


def test_of_documents_with_one_name_the_one_that_fits_counts(tmp_path, folder):
    """A quote is exact when any document of its name holds it."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    other = tmp_path / "another"
    other.mkdir()
    (other / "fruit.txt").write_text("Plums are blue.")
    assert [check.finding for check in verify_answers(answers, folders=[other, folder])] == ["exact"]


def test_a_missing_folder_or_file_of_answers_is_an_error(tmp_path, folder):
    """What cannot be looked at is an error, not a finding."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    with pytest.raises(SourceError):
        list(verify_answers(answers, folders=[tmp_path / "absent"]))
    with pytest.raises(BatchError):
        list(verify_answers(tmp_path / "absent.jsonl"))
    with pytest.raises(BatchError):
        list(verify_answers(tmp_path))


def citation(**fields):
    """A record of one citation with some fields replaced."""
    whole = {"quote": "ab", "source": "s", "path": "p", "start": 0, "end": 2, "text_sha256": "0"}
    return json.dumps({"question": "q", "hash": "", "citations": [{**whole, **fields}], "closest": []})


MALFORMED = {
    "not JSON": ('{"question": ', "not JSON"),
    "nested without end": ("[" * 100_000, "not JSON"),
    "not UTF-8": (b'"\xff"', "not JSON"),
    "a string": ('"red"', "not an object"),
    "no hash": ('{"question": "red", "citations": [], "closest": []}', 'no "hash"'),
    "citations not a list": ('{"question": "", "hash": "", "citations": {}, "closest": []}', 'no "citations"'),
    "citation a string": (
        '{"question": "", "hash": "", "citations": ["a"], "closest": []}',
        "a citation is not an object",
    ),
    "start a string": (citation(start="0"), 'a citation without "start"'),
    "start a truth value": (citation(start=False), 'a citation without "start"'),
    "start negative": (citation(start=-2, end=0), "a citation whose offsets -2 to 0 do not fit its quote"),
    "end too far": (citation(end=3), "a citation whose offsets 0 to 3 do not fit its quote"),
    "quote empty": (citation(quote="", end=0), "a citation whose offsets 0 to 0 do not fit its quote"),
}


@pytest.mark.parametrize(("content", "detail"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_line_is_reported_and_the_rest_checked(tmp_path, folder, content, detail):
    """A line that is no answer is reported with its number; blank lines are passed over; other lines are checked."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    content = content if isinstance(content, bytes) else content.encode()
    answers.write_bytes(b"\n" + content + b"\n" + answers.read_bytes())
    assert list(verify_answers(answers)) == [Check(2, "malformed", "", detail), Check(3, "exact", "fruit.txt", "")]


ODD_PATHS = {"NUL": "a\0b.txt", "folder": "/", "device": "/dev/zero", "empty": "", "too long": "x" * 5000}


@pytest.mark.parametrize("path", ODD_PATHS.values(), ids=ODD_PATHS)
def test_an_odd_path_is_gone(tmp_path, folder, path):
    """A path that names no file, in answers from who knows where, is a finding and opens nothing."""
    answers = write_answers(tmp_path / "a.jsonl", folder, "red")
    alter(answers, lambda record: record["citations"][0].update(path=path))
    assert [check.finding for check in verify_answers(answers)] == ["gone"]


def test_a_document_is_read_once(tmp_path, folder, monkeypatch):
    """However many quotes cite a document, it is read once."""
    answers = write_answers(tmp_path / "a.jsonl", folder, *["are"] * 20)
    read = []
    original = verification.IsolatedParser.__call__
    monkeypatch.setattr(
        verification.IsolatedParser,
        "__call__",
        lambda reader, path, *, name: read.append(path) or original(reader, path, name=name),
    )
    assert len(list(verify_answers(answers))) == 40
    assert len(read) == 1
