"""What can be done with the library, called as Gradio calls it."""

import gradio
import pytest
from plum_assistant import SKIP, event, follow, make_status, open_plums

from index import StorageError
from qa.web import strings
from qa.web.library import uploads
from qa.web.library.events import KEPT_REMOVED, LibraryHandlers

MINE, ADDED = "fruit.txt", "added.txt"


@pytest.fixture
def library(tmp_path, monkeypatch):
    """An assistant with one document of the person's own, one added in the page and one unread; and its library."""
    home = tmp_path / "home"
    monkeypatch.setenv("QA_HOME", str(home))
    (home / "added").mkdir(parents=True)
    added = home / "added" / ADDED
    added.write_text("Figs are sweet.")
    with open_plums(tmp_path) as (assistant, handlers):
        assistant.listed.append(make_status(ADDED, id=7, path=str(added), passages=1))
        yield assistant, LibraryHandlers(handlers.host, tmp_path)


def send(library, name, text="Figs.", folder="abc"):
    """Put a file where uploads come; returns its path as the browser sends it."""
    place = library.uploads / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text)
    return str(place / name)


def number(library, assistant, name):
    """The number of a document's row."""
    return library.numbers.number(next(status.path for status in assistant.listed if status.source == name))


def test_files_are_added_and_their_copies_deleted(library, tmp_path):
    """Their names and texts reach the assistant, which then reads everything anew; hidden files are left out."""
    assistant, handlers = library
    sent = [send(handlers, "figs.txt"), send(handlers, ".DS_Store", folder="d"), send(handlers, "<b>.txt", "B.", "b")]
    cleared, line = handlers.add(sent)
    assert assistant.changes == [("add", ("figs.txt", "Figs."), ("<b>.txt", "B.")), ("refresh", False)]
    assert cleared is None and "2 files were added." in line
    assert list(handlers.uploads.iterdir()) == []
    _, line = handlers.add([send(handlers, "<b>.txt")])
    assert "&lt;b&gt;.txt was added." in line


@pytest.mark.parametrize(
    "broken", [["/etc/passwd"], ["../home/added/added.txt"], ["."], ["a\0b"], [7], [["a"]]], ids=repr
)
def test_only_uploads_are_added(library, broken):
    """A path to anything else is refused, with the files sent beside it, and nothing of it is read or deleted."""
    assistant, handlers = library
    good = send(handlers, "figs.txt")
    paths = [
        str(handlers.uploads / path) if isinstance(path, str) and not path.startswith("/") else path for path in broken
    ]
    _, line = handlers.add([good, *paths])
    assert strings.NOT_UPLOADED in line and 'role="alert"' in line
    assert assistant.changes == []
    assert (handlers.uploads.parent / "home" / "added" / ADDED).exists()


def test_link_out_of_the_uploads_is_refused(library, tmp_path):
    """A link is followed before it is judged."""
    assistant, handlers = library
    (tmp_path / "secret.txt").write_text("secret")
    handlers.uploads.mkdir()
    (handlers.uploads / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert strings.NOT_UPLOADED in handlers.add([str(handlers.uploads / "link.txt")])[1]
    assert assistant.changes == [] and (tmp_path / "secret.txt").exists()


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        pytest.param("MOST_FILES", 1, "These are 2 files; at most 1 can be added at once.", id="too many"),
        pytest.param("LARGEST_FILE", 4, "big.txt has 5 bytes; a document may have 4 bytes.", id="too large"),
        pytest.param("LARGEST_TOGETHER", 6, "These files have 7 bytes together; at most 6 bytes", id="together"),
    ],
)
def test_limits_are_told_in_words(library, monkeypatch, limit, value, said):
    """Nothing is added, what was sent is deleted, and one line says how much would do."""
    assistant, handlers = library
    monkeypatch.setattr(uploads, limit, value)
    _, line = handlers.add([send(handlers, "big.txt", "12345"), send(handlers, "small.txt", "12", "d")])
    assert said in line and assistant.changes == []
    assert list(handlers.uploads.rglob("*.txt")) == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"count": 501, "largest": 1, "together": 9, "name": "a"}, "These are 501 files; at most 500"),
        ({"count": 1, "largest": 3_072_000_000, "together": 1, "name": "<b>"}, "&lt;b&gt; has 3.1 GB; a document may"),
        (
            {"count": 9, "largest": 1, "together": 1_024_000_000, "name": 7},
            "These files have 1.0 GB together; at most 500 MB",
        ),
        (None, "500 files at most, 100 MB each"),
    ],
    ids=["many", "large", "together", "nonsense"],
)
def test_files_the_page_did_not_send_are_told_why(library, data, said):
    """It sends figures only; the words are made here."""
    assert said in library[1].refuse(gradio.EventData(None, data))


@pytest.mark.parametrize("sent", [None, [], {}, {"path": "/etc/passwd"}, 7], ids=repr)
def test_nothing_sent_adds_nothing(library, sent):
    """Whatever the browser sends instead of files, a line says that there is none."""
    assert strings.NO_FILES in library[1].add(sent)[1] and library[0].changes == []


def test_failure_to_add_is_told_and_leaves_no_copy(library, monkeypatch):
    """A known error is shown, escaped; of an unknown one nothing gets out."""
    assistant, handlers = library
    for error, said in (
        (StorageError("disk <full>."), "disk &lt;full&gt;."),
        (OSError("/etc/x"), strings.LIBRARY_ERROR),
    ):

        def fail(files, error=error):
            raise error

        monkeypatch.setattr(assistant, "add_files", fail)
        _, line = handlers.add([send(handlers, "figs.txt")])
        assert said in line and "/etc" not in line
        assert list(handlers.uploads.rglob("*.txt")) == []


def test_document_of_ones_own_is_left_out_and_taken_back(library):
    """Both by its number, and everything is read anew after either."""
    assistant, handlers = library
    row = number(handlers, assistant, MINE)
    panel, line = handlers.remove(event(row=row, state="", name="", page=0))
    assert "fruit.txt is left out" in line and f'data-qa="restore" data-row="{row}"' in line and "qa-row" in panel
    handlers.restore(event(row=row))
    path = str(assistant.file)
    assert assistant.changes == [("remove", path), ("refresh", False), ("restore", path), ("refresh", False)]


def test_added_document_is_removed_and_restored_from_a_copy(library):
    """Its file is the only one there is, so a copy is kept until it is restored."""
    assistant, handlers = library
    row = number(handlers, assistant, ADDED)
    _, line = handlers.remove(event(row=row))
    assistant.listed.pop()
    assert "added.txt was removed." in line
    _, line = handlers.restore(event(row=row))
    assert "added.txt is searched again." in line
    assert assistant.changes[2:] == [("add", (ADDED, "Figs are sweet.")), ("refresh", False)]
    assert [path for path in (handlers.uploads.parent / "removed").rglob("*") if path.is_file()] == []
    assert strings.NOT_THERE in handlers.restore(event(row=row))[1]


def test_few_copies_of_removed_documents_are_kept(library):
    """The oldest goes first."""
    assistant, handlers = library
    file = handlers.uploads.parent / "home" / "added" / ADDED
    for count in range(KEPT_REMOVED + 3):
        (file.parent / f"{count}.txt").write_text("x")
        assistant.listed.append(make_status(f"{count}.txt", id=100 + count, path=str(file.parent / f"{count}.txt")))
        handlers.remove(event(row=number(handlers, assistant, f"{count}.txt")))
    kept = [path.name for path in (handlers.uploads.parent / "removed").rglob("*.txt")]
    assert len(kept) == KEPT_REMOVED and "2.txt" not in kept and "3.txt" in kept


@pytest.mark.parametrize(
    "data", [{}, {"row": 99}, {"row": -1}, {"row": "0"}, {"row": True}, {"row": "/etc"}, None, []], ids=repr
)
def test_only_listed_documents_are_removed_or_restored(library, data):
    """Whatever else the browser sends changes nothing, and the page says so."""
    assistant, handlers = library
    handlers.render()
    for handler in (handlers.remove, handlers.restore):
        assert strings.NOT_THERE in handler(gradio.EventData(None, data))[1]
    assert assistant.changes == []


def test_row_of_a_document_that_is_gone_does_nothing(library):
    """Its number is not given to another, whatever is listed now."""
    assistant, handlers = library
    row = number(handlers, assistant, MINE)
    assistant.listed = [make_status("other.txt", id=9)]
    handlers.render()
    assert strings.NOT_THERE in handlers.remove(event(row=row))[1] and assistant.changes == []


def test_everything_is_indexed_again(library):
    """Re-index only asks for it."""
    panel, line = library[1].reindex(event(state="failed", page=0))
    assert library[0].changes == [("refresh", False)]
    assert strings.REINDEXING in line and "scan.pdf" in panel and MINE not in panel


@pytest.mark.parametrize(
    "data", [None, [], "x", {"state": "<b>", "page": -1, "name": 3}, {"state": ["failed"], "page": 10**30}]
)
def test_listing_that_makes_no_sense_shows_everything(library, data):
    """The list comes whatever the browser asks for."""
    panel, _ = library[1].show(gradio.EventData(None, data))
    assert MINE in panel and "scan.pdf" in panel


def test_library_that_is_not_loaded_says_so(tmp_path):
    """Nothing can be changed before there is anything."""
    from qa.web.host import AssistantHost

    handlers = LibraryHandlers(AssistantHost(lambda on_progress: None), tmp_path)
    assert strings.STILL_LOADING in handlers.add([send(handlers, "figs.txt")])[1]
    assert strings.STILL_LOADING in handlers.remove(event(row=0))[1]
    assert handlers.show(event())[0] == SKIP and handlers.renew(event()) == SKIP
    assert handlers.show_holdings()[0] == SKIP


def test_holdings_are_drawn_of_what_is_indexed(library):
    """What could not be read has no bar."""
    panel, _ = library[1].show_holdings()
    assert MINE in panel and "scan.pdf" not in panel


def test_page_hears_of_changes_without_losing_what_it_shows(library):
    """Once it is loaded, the panel is told by a version only, and screen readers by few words."""
    updates = follow(library[1].host)
    header, _, panel, progress, _ = updates[-1]
    assert 'data-said="1 document, 2 passages"' in header and "qa-row" in panel
    assert 'data-version="ready-' in progress and "<progress" not in progress
