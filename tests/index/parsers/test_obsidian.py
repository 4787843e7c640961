"""Test the notes of an Obsidian vault: what they show, their properties, and which files of a vault are read."""

from contextlib import closing

import pytest
from reading import describe, read, texts
from toy_encoder import ToyEncoder

from index import Collection, Metadata, Originals, find_sources

NOTE = """---
title: "The orchard"
aliases: [Garden]
authors:
  - Ida Moe
  - "[[People/Jan Roe|Jan Roe]]"
created: 2024-03-01
tags: [fruit]
---
The [[Fruit/Plum|ripe plum]] is on [[Fruit/Pear]], see [[Fruit/Pear#Ripe#Early]] and [[Fruit/Pear#^abc]]. ^abc1

![[Plum]] ![[tree.png]] A ==very *old*== tree %%hidden%% stands #fruit `[[code]]`.

> [!tip]- Pick early
> Pick in [[July]].

> [!warning]
> Wasps come.

%%
Not shown.

Neither this.
%%

| Month | Fruit |
|---|---|
| [[July\\|Summer]] | plums |

1 == 2, 5%% off.
"""


@pytest.fixture
def vault(tmp_path):
    """An empty vault."""
    (tmp_path / ".obsidian").mkdir()
    return tmp_path


def test_note_is_read_as_what_it_shows(vault):
    """Links are their words, callouts a title and its text; comments, block identifiers and marks are left out, code is not."""
    document = read(vault, "orchard.md", NOTE)
    assert describe(document) == [
        ("The ripe plum is on Fruit/Pear, see Fruit/Pear > Ripe > Early and Fruit/Pear.", {}),
        ("A very old tree stands #fruit [[code]].", {}),
        ("Pick early", {}),
        ("Pick in July.", {}),
        ("Warning", {}),
        ("Wasps come.", {}),
        ("~Month; Fruit", {}),
        ("Month: Summer; Fruit: plums.", {"row": 2}),
        ("1 == 2, 5%% off.", {}),
    ]
    assert document.notes == ("embedded notes are read by themselves: Plum",)
    assert document.extractor == "obsidian 3"


def test_properties_give_title_authors_and_date(vault):
    """Lists too; the first alias is the title where there is no other."""
    assert read(vault, "a.md", NOTE).metadata == Metadata("The orchard", "Ida Moe; Jan Roe", "2024-03-01")
    aliased = read(vault, "b.md", "---\naliases:\n- Garden\n- Yard\nauthor: Ida Moe\n---\nA plum.\n")
    assert aliased.metadata == Metadata("Garden", "Ida Moe", "")


def test_marks_are_text_outside_a_vault(tmp_path):
    """Markdown elsewhere is read as before."""
    document = read(tmp_path, "a.md", "See [[Plum|the plum]], ==old==, %%this%%.\n")
    assert texts(document) == ["See [[Plum|the plum]], ==old==, %%this%%."]
    assert document.extractor.startswith("markdown ")


def test_comment_that_does_not_end_is_text(vault):
    """Nothing is left out by a mark that may not be one."""
    assert texts(read(vault, "a.md", "%%\nThe plum.\n\nThe pear.\n")) == ["%% The plum.", "The pear."]


def test_trash_settings_and_templates_are_left_out(vault):
    """The folders of templates are those that the settings name; others of that name are read."""
    for name in (".trash/a.md", "Extras/Templates/b.md", "Templates/c.md", "Scripts/d.md", "e.md"):
        (vault / name).parent.mkdir(parents=True, exist_ok=True)
        (vault / name).write_text("A plum.")
    (vault / ".obsidian" / "templates.json").write_text('{"folder": "Extras/Templates"}')
    plugin = vault / ".obsidian" / "plugins" / "templater-obsidian"
    plugin.mkdir(parents=True)
    (plugin / "data.json").write_text('{"templates_folder": "/Scripts/"}')
    assert [source.name for source in find_sources([vault])] == ["Templates/c.md", "e.md"]
    (vault / ".obsidian" / "templates.json").write_text("[broken")
    assert [source.name for source in find_sources([vault])] == ["Extras/Templates/b.md", "Templates/c.md", "e.md"]


def test_notes_are_read_again_when_their_folder_becomes_a_vault(tmp_path):
    """And only then."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("See [[Plum|the plum]].")
    with closing(Collection(tmp_path / "collection", ToyEncoder())) as collection:
        assert collection.update([folder]).added == 1
        (folder / ".obsidian").mkdir()
        assert collection.update([folder]).changed == 1
        assert collection.catalog.document(str(folder / "a.md")).text == "See the plum."
        assert collection.update([folder]).unchanged == 1


def test_page_of_a_note_shows_the_same(vault):
    """The page that is shown beside answers has the words of the text."""
    document = read(vault, "orchard.md", NOTE)
    with closing(Originals()) as originals:
        page = originals.read_markup(document.path, name="orchard.md")
    assert "The ripe plum is on Fruit/Pear" in page
    assert "hidden" not in page
