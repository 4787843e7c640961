"""Test which files are found under some paths, and the faults of those that cannot be read."""

import os
import socket
from contextlib import closing

import pytest
from toy_encoder import ToyEncoder

from index import EVERYTHING, Collection, Selection, SourceError, SourceRules, find_sources

FILES = {
    "a.md": "Apple.",
    "b.txt": "Pear.",
    "drafts/c.md": "Plum.",
    "drafts/final/d.md": "Fig.",
    ".hidden.md": "Hidden.",
    ".notes/e.md": "Hidden too.",
    ".git/f.md": "Kept by git.",
    "build/g.md": "Made.",
    "build/keep.md": "Kept.",
    ".gitignore": "build/*\n!keep.md\n\\\n!\n",
    "drafts/.gitignore": "/c.md\n",
}


@pytest.fixture
def folder(tmp_path):
    """A folder with hidden and ignored files, and links out of it and within it."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    outside.mkdir()
    (outside / "h.md").write_text("Outside.", encoding="utf-8")
    try:
        (root / "out.md").symlink_to(outside / "h.md")
        (root / "in.md").symlink_to(root / "a.md")
        (root / "outer").symlink_to(outside)
        (root / "drafts" / "round").symlink_to(root)
        (root / "broken.md").symlink_to(root / "nowhere")
    except OSError:
        pytest.skip("links cannot be made here")
    return root


RULES = {
    "as it is": (SourceRules(), "a.md b.txt broken.md build/keep.md drafts/final/d.md in.md"),
    "only some": (SourceRules(include=("*.txt", "drafts/")), "b.txt drafts/final/d.md"),
    "not some": (SourceRules(exclude=("drafts/", "in.*")), "a.md b.txt broken.md build/keep.md"),
    "at the top alone": (SourceRules(include=("/*.md",)), "a.md broken.md in.md"),
    "taken back": (SourceRules(exclude=("*.md", "!a.md")), "a.md b.txt"),
    "both": (SourceRules(include=("*.md",), exclude=("final/",)), "a.md broken.md build/keep.md in.md"),
    "hidden": (
        SourceRules(hidden=True),
        ".gitignore .hidden.md .notes/e.md a.md b.txt broken.md build/keep.md drafts/.gitignore drafts/final/d.md in.md",
    ),
    "ignored": (
        SourceRules(ignore_files=False),
        "a.md b.txt broken.md build/g.md build/keep.md drafts/c.md drafts/final/d.md in.md",
    ),
    "links": (SourceRules(links=True), "a.md b.txt broken.md build/keep.md drafts/final/d.md in.md out.md outer/h.md"),
}


@pytest.mark.parametrize(("rules", "expected"), RULES.values(), ids=RULES)
def test_rules_say_which_files_are_taken(folder, rules, expected):
    """Hidden, ignored and linked files are left out unless asked for; patterns take and leave out; no link is lost in."""
    assert [source.name for source in find_sources([folder], rules)] == expected.split()


def test_everything_is_found_where_nothing_may_be_left_out(folder):
    """The widest rules find every file there is, once for each name it has."""
    names = [source.name for source in find_sources([folder], EVERYTHING)]
    assert names == sorted([*FILES, "broken.md", "in.md", "out.md", "outer/h.md"])


def test_named_file_is_taken_although_hidden_or_ignored(folder):
    """Naming a file is asking for it; only a pattern of the same command leaves it out."""
    named = [folder / ".hidden.md", folder / "build" / "g.md", folder / "out.md"]
    assert [source.name for source in find_sources(named)] == [".hidden.md", "g.md", "h.md"]
    assert [source.name for source in find_sources(named, SourceRules(exclude=("g*",)))] == [".hidden.md", "h.md"]


@pytest.mark.parametrize("pattern", ["!", "\\"], ids=["negation", "escape"])
def test_pattern_that_cannot_be_read_is_named(folder, pattern):
    """A pattern that means nothing is an error, not a pattern that matches nothing."""
    with pytest.raises(SourceError) as caught:
        find_sources([folder], SourceRules(exclude=(pattern,)))
    assert str(caught.value) == (
        f"the pattern {pattern!r} cannot be read. Write it as in a .gitignore file, such as '*.md'."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_and_sockets_are_listed_only_where_they_are_named(tmp_path):
    """A pipe in a folder is not a document; one that was named is a failure with its reason, and is never opened."""
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "a.txt").write_text("An apple.", encoding="utf-8")
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.txt"))
        collection = Collection(tmp_path / "collection", ToyEncoder())
        assert collection.update([folder]).failures == ()
        report = collection.update([folder, folder / "pipe.txt", folder / "socket.txt"])
    collection.close()
    assert report.unchanged == 1
    assert [failure.reason for failure in report.failures] == [
        "pipe.txt is a pipe, a socket or a device, not a file.",
        "socket.txt is a pipe, a socket or a device, not a file.",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("links", [False, True])
def test_links_that_lead_to_no_file_are_failures_and_the_rest_is_read(tmp_path, links):
    """A link to itself, links in a circle, to nothing, and to a pipe are named with the reason; no folder is read twice."""
    folder = tmp_path / "r"
    (folder / "below").mkdir(parents=True)
    (folder / "a.txt").write_text("An apple.", encoding="utf-8")
    os.mkfifo(folder / "pipe")
    targets = {
        "self.txt": "self.txt", "one.txt": "two.txt", "two.txt": "one.txt", "gone.txt": "nowhere.txt", "piped.txt": "pipe",
        "below/up": "..", "below/self": "../below/self",
    }  # fmt: skip
    for name, target in targets.items():
        (folder / name).symlink_to(target)
    with closing(Collection(tmp_path / "collection", ToyEncoder())) as collection:
        report = collection.update(Selection((folder,), SourceRules(links=links)))
        assert not collection.is_behind(Selection((folder,), SourceRules(links=links)))
    assert report.added == 1
    assert [failure.reason for failure in report.failures] == [
        "below/self is a link that leads back to itself. Mend or remove it.",
        "gone.txt is a link to a file that does not exist. Mend or remove it.",
        "one.txt is a link that leads back to itself. Mend or remove it.",
        "piped.txt is a link to a pipe, a socket or a device, not to a file.",
        "self.txt is a link that leads back to itself. Mend or remove it.",
        "two.txt is a link that leads back to itself. Mend or remove it.",
    ]


@pytest.mark.parametrize("rules", [SourceRules(), SourceRules(links=True)])
def test_named_link_to_itself_is_refused(tmp_path, rules):
    """The message names it."""
    (tmp_path / "self").symlink_to("self")
    with pytest.raises(SourceError, match=r"self' does not exist\. Name a file or a folder of documents\.$"):
        find_sources([tmp_path / "self"], rules)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_ignore_file_that_is_a_pipe_is_not_read(tmp_path, monkeypatch):
    """Nobody writes to it, so reading would wait for ever; a link to one is no better."""
    (tmp_path / "a.txt").touch()
    (tmp_path / "below").mkdir()
    os.mkfifo(tmp_path / ".gitignore")
    (tmp_path / "below" / ".gitignore").symlink_to("../.gitignore")
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_, **__: pytest.fail("opened"))
    assert [source.name for source in find_sources([tmp_path])] == ["a.txt"]


def test_folder_that_cannot_be_listed_is_a_failure_and_the_rest_go_on(tmp_path, monkeypatch):
    """One closed subfolder is named with the reason; the files beside it are found."""
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.txt").touch()
    list_folder = os.scandir

    def refuse(folder):
        if os.path.basename(folder) == "closed":
            raise PermissionError(13, "Permission denied", os.fspath(folder))
        return list_folder(folder)

    monkeypatch.setattr("os.scandir", refuse)
    found = [(source.name, source.fault) for source in find_sources([tmp_path])]
    fault = "the folder closed cannot be listed: Permission denied. Check that it may be read."
    assert found == [("a.txt", ""), ("closed", fault)]


def test_folder_of_a_collection_is_never_a_source(tmp_path):
    """A collection kept inside the folder it is made of is not read into itself."""
    (tmp_path / "a.txt").write_text("An apple.", encoding="utf-8")
    collection = Collection(tmp_path / "home" / "collection", ToyEncoder())
    assert collection.update([tmp_path]).added == 1
    assert [source.name for source in find_sources([tmp_path], EVERYTHING)] == ["a.txt"]
    collection.close()
