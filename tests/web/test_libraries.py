"""Libraries: which one a page shows is in its address; made, renamed and deleted in the page."""

import inspect
import threading
from types import SimpleNamespace

import gradio
import pytest
from page_parts import NASTY, Reader
from plum_assistant import PlumAssistant, event, follow

from index import Originals, SourceError, StorageError
from qa.web import strings
from qa.web.batches.jobs import Batches
from qa.web.features import LibraryFeatures
from qa.web.host import AssistantHost
from qa.web.library.events import LibraryHandlers
from qa.web.library.libraries import OPEN_AT_ONCE, UNDO_OFFERED, Libraries, offer_models
from qa.web.library.view import render_libraries


def describe(name, *sources, documents=1):
    """What is listed of a library."""
    return SimpleNamespace(name=name, sources=sources, documents=documents, passages=2)


class Shelf:
    """Some libraries over plums, and what was done with them."""

    def __init__(self, folder, names):
        """Open the first."""
        self.folder, self.names, self.opened, self.done, self.time = folder, list(names), {}, [], 5000.0
        self.libraries = Libraries(
            self.make("first"),
            self.make,
            list_libraries=lambda: [describe(name) for name in self.names],
            create=self.create,
            models={"": "English", "multilingual": "Many languages"},
            change_model=lambda name, model: self.done.append((name, model)),
            rename=lambda name, new: self.done.append((name, new)) or new,
            discard=lambda name: self.done.append(name),
            restore=lambda: self.done.pop(),
            clock=lambda: self.time,
        )
        self.libraries.start()
        follow(self.libraries.first)

    def make(self, name):
        """A host of its own assistant."""
        assistant = PlumAssistant(self.folder)
        assistant.key = name
        self.opened[name] = assistant
        return AssistantHost(lambda on_progress: assistant)

    def create(self, name, model):
        """Make one, or refuse."""
        if name in self.names:
            raise SourceError(f"there is {name} <b>.")
        self.names.append(name)
        self.done.append(("made", model))
        return name

    def find(self, name):
        """The host that an address names, open."""
        host = self.libraries.find({"lib": name})
        follow(host)
        return host


@pytest.fixture
def shelf(tmp_path):
    """Three libraries besides the first."""
    made = Shelf(tmp_path, ["plums", "figs", "pears"])
    yield made
    made.libraries.close()


def test_address_names_the_library(shelf):
    """It is opened once; what is not there, no name, and the name of the first are the first, which is not opened again."""
    figs = shelf.find("figs")
    assert figs.call(lambda assistant: assistant.key) == "figs"
    assert shelf.find("figs") is figs
    assert shelf.libraries.query_of(figs) == "lib=figs" and shelf.libraries.query_of(shelf.libraries.first) == ""
    shelf.names.append("first")
    for query in ({}, {"lib": ""}, {"lib": "first"}, {"lib": "/etc/passwd"}, {"other": "figs"}):
        assert shelf.libraries.find(query) is shelf.libraries.first


def test_library_asked_for_the_longest_time_ago_is_closed_for_another(tmp_path):
    """And opened again when somebody asks for it."""
    names = [f"n{number}" for number in range(OPEN_AT_ONCE + 1)]
    shelf = Shelf(tmp_path, names)
    first = shelf.opened
    hosts = [shelf.find(name) for name in names]
    assert first["n0"].changes == [("close",)] and first["n1"].changes == []
    assert shelf.find("n0") is not hosts[0]
    shelf.libraries.close()
    assert first["n2"].changes == [("close",)]


def test_server_without_libraries_has_the_first_alone(tmp_path):
    """And says so of each change."""
    libraries = Libraries(AssistantHost(lambda on_progress: PlumAssistant(tmp_path)))
    assert libraries.find({"lib": "figs"}) is libraries.first and libraries.list() == ()
    made = (lambda: libraries.create("x", ""), lambda: libraries.change_model("x", ""))
    for change in (*made, lambda: libraries.rename("x", "y"), lambda: libraries.delete("x")):
        with pytest.raises(StorageError):
            change()


def test_new_library_is_where_the_page_goes(shelf, tmp_path):
    """Why none was made is said in the menu."""
    handlers = LibraryHandlers(shelf.libraries.first, tmp_path, libraries=shelf.libraries)
    read = Reader(handlers.create_library(event(name=" My recipes ")))
    assert read.find("data-go")[0]["data-go"] == "?lib=My+recipes"
    handlers.create_library(event(name="Rezepte", model="multilingual"))
    assert shelf.done == [("made", ""), ("made", "multilingual")]
    refused = handlers.create_library(event(name="figs"))
    assert "there is figs &lt;b&gt;." in refused and "data-go" not in refused


def test_only_a_library_of_ones_own_is_renamed_and_deleted(shelf, tmp_path):
    """The first belongs to the folder that the server was started with."""
    first = LibraryHandlers(shelf.libraries.first, tmp_path, libraries=shelf.libraries)
    for refused in (first.rename_library(event(name="x")), first.delete_library()):
        assert strings.FIRST_LIBRARY in refused
    figs = shelf.find("figs")
    own = LibraryHandlers(figs, tmp_path, libraries=shelf.libraries)
    assert 'data-go="?lib=Dried"' in own.rename_library(event(name="Dried"))
    assert shelf.done == [("figs", "Dried")] and shelf.opened["figs"].changes == [("close",)]
    gone = LibraryHandlers(shelf.find("pears"), tmp_path, libraries=shelf.libraries)
    assert 'data-go="?"' in gone.delete_library()
    assert shelf.done[1:] == ["pears"]


@pytest.mark.parametrize("change", ["rename", "delete"])
def test_page_does_not_open_a_library_that_is_being_changed(shelf, change):
    """It waits for the end of the change: opened in the midst of it, the library would be held, or gone for good."""
    shelf.find("figs")
    begun, ended, found = threading.Event(), threading.Event(), []

    def work(*given):
        begun.set()
        assert ended.wait(20)
        shelf.names.remove("figs")
        return "dried"

    shelf.libraries._rename = shelf.libraries._discard = work
    arguments = ("figs", "dried") if change == "rename" else ("figs",)
    changing = threading.Thread(target=getattr(shelf.libraries, change), args=arguments)
    changing.start()
    assert begun.wait(20)
    asking = threading.Thread(target=lambda: found.append(shelf.libraries.find({"lib": "figs"})))
    asking.start()
    asking.join(0.2)
    assert found == []
    ended.set()
    for thread in (changing, asking):
        thread.join(20)
    assert found == [shelf.libraries.first]


def test_another_model_is_chosen_for_a_library_of_ones_own(shelf, tmp_path):
    """It is closed, and the page opens it anew; what the browser sends is one of the models offered, or refused."""
    first = LibraryHandlers(shelf.libraries.first, tmp_path, libraries=shelf.libraries)
    assert strings.FIRST_LIBRARY in first.change_model(event(model="multilingual"))
    figs = LibraryHandlers(shelf.find("figs"), tmp_path, libraries=shelf.libraries)
    refused = figs.change_model(event(model="/etc"))
    assert "there is no model &#39;/etc&#39; to choose." in refused and "data-go" not in refused
    assert shelf.done == shelf.opened["figs"].changes == []
    assert 'data-go="?lib=figs"' in figs.change_model(event(model="multilingual"))
    assert shelf.done == [("figs", "multilingual")] and shelf.opened["figs"].changes == [("close",)]
    pears = LibraryHandlers(shelf.find("pears"), tmp_path, libraries=shelf.libraries)
    pears.change_model(event(model=["multilingual"]))
    assert shelf.done[1:] == [("pears", "")]  # what is no text counts as not sent


def test_menu_shows_the_model_of_a_library():
    """Chosen by languages; one that is not offered is named, and where there is one model there is nothing to choose."""
    models = {"": "English", "multilingual": "Many languages"}

    def chosen(**options):
        read = Reader(render_libraries([describe("figs")], "figs", own=True, **options))
        return [option["value"] for option in read.find("selected")], len(read.find("data-act", "change_model"))

    assert chosen(models=models, model="multilingual") == (["", "multilingual"], 1)
    assert chosen(models=models, model="a/<b>") == (["", "a/<b>"], 1)
    assert chosen(models={"": ""}) == ([], 0)


def test_new_libraries_have_the_model_that_the_chat_was_started_with():
    """Unless another one is chosen."""
    assert list(offer_models("")) == ["", "multilingual"]
    assert offer_models("owner/model") == {
        "owner/model": "owner/model",
        "": "English",
        "multilingual": "Many languages",
    }


def test_deleted_library_is_offered_back_for_a_moment(shelf, tmp_path):
    """To every page that is opened then; the page goes to what was brought back."""
    first = LibraryHandlers(shelf.libraries.first, tmp_path, libraries=shelf.libraries)
    assert "restore-library" not in first.render_menu()
    shelf.libraries.delete("pears")
    shelf.time += UNDO_OFFERED - 1
    assert strings.LIBRARY_DELETED.format(name="pears") in first.render_menu()
    assert 'data-go="?lib=pears"' in first.restore_library() and shelf.done == []
    assert "restore-library" not in first.render_menu()
    shelf.libraries.delete("figs")
    shelf.time += UNDO_OFFERED
    assert "restore-library" not in first.render_menu()
    assert 'data-go="?lib=figs"' in first.restore_library()  # a page that is open still has the button
    leaving = LibraryHandlers(shelf.find("figs"), tmp_path, libraries=shelf.libraries).delete_library()
    assert 'data-go="?"' in leaving and "restore-library" not in leaving  # pressed there, it would be lost
    assert "restore-library" in first.render_menu()


def test_menu_names_libraries_as_people_do():
    """By the folder that one is made of; the one that is shown is marked; names are text."""
    listed = [describe("docs-722ba0734e1e", "/home/ida/docs"), describe(NASTY, documents=3)]
    read = Reader(render_libraries(listed, "docs-722ba0734e1e"))
    assert "docs-722" not in read.text and "/home" not in read.text and NASTY in read.text
    assert [found.get("aria-current") for found in read.find("href")] == ["page", None]
    assert "3 documents" in read.text
    assert "1 document" not in read.text  # the header counts those of the one that is shown, also while they are read
    assert read.find("data-act", "rename_library") == []
    own = Reader(render_libraries(listed, NASTY, own=True, alarm="no <i>"))
    assert len(own.find("data-act", "rename_library")) == len(own.find("data-qa", "delete-library")) == 1
    assert "no <i>" in own.text


def test_example_is_added(shelf, tmp_path):
    """The document that comes with the program, and the line says its name."""
    handlers = LibraryHandlers(shelf.libraries.first, tmp_path, libraries=shelf.libraries)
    line = handlers.add_example()
    (added, *_) = shelf.opened["first"].changes
    assert added[0] == "add" and added[1][0] in line


def request_for(**query):
    """A request of a page, as Gradio gives it."""
    return gradio.Request(headers={}, query_params=query)


def test_event_goes_to_the_library_that_the_page_shows(shelf, tmp_path):
    """Whatever kind of function it is; Gradio sees the method's arguments, and the request."""
    features = LibraryFeatures(shelf.libraries, tmp_path, originals=Originals(), batches=Batches(tmp_path))
    shelf.find("figs")
    remove = features.event("library.remove")
    assert list(inspect.signature(remove).parameters) == ["event", "request"]
    number = features.find(request_for(lib="figs")).library.numbers.number("/scan.pdf")
    remove(event(row=number), request_for(lib="figs"))
    assert ("remove", "/scan.pdf") in shelf.opened["figs"].changes
    assert ("remove", "/scan.pdf") not in shelf.opened["first"].changes
    ask = features.event("chat.answer_question")
    assert inspect.isgeneratorfunction(ask)
    list(ask("Which fruit?", None, None, request_for(lib="figs")))
    assert [asked for asked, *_ in shelf.opened["figs"].asked] == ["Which fruit?"]
    assert inspect.isasyncgenfunction(features.event("status.follow_loading"))
