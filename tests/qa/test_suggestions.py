"""Suggested questions: some to begin with, and some that follow an answer."""

import pytest
from suggestion_texts import ALL, TEXTS

from qa import Assistant
from qa.suggestions import suggest_first, suggest_next


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of documents."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def library(folder, tmp_path_factory):
    """The real assistant over three English documents and a German one."""
    with Assistant.open(folder, home=tmp_path_factory.mktemp("home")) as opened:
        yield opened


def test_suggestions_are_answered_by_the_passage_they_were_made_of(library):
    """Each is one of the expected questions and is answered from an English document."""
    suggested = library.suggestions(6)
    assert len(suggested) >= 4 and set(suggested) <= ALL
    for question in suggested:
        answer = library.ask(question)
        assert answer.verdict == "answered"
        assert answer.citations[0].source != "preise.txt"


def test_suggestions_come_from_as_many_documents_as_there_are(library):
    """Three questions come from three English documents, the same ones every time."""
    suggested = library.suggestions(3)
    assert {library.ask(question).citations[0].source for question in suggested} == {
        "tower.txt",
        "prices.txt",
        "library.txt",
    }
    assert library.suggestions(3) == suggested


def test_suggestions_are_found_in_small_pieces(library):
    """The caller gets a turn after each document read and each question asked."""
    pieces = list(suggest_first(library, 3))
    assert pieces[0] == () and len(pieces) >= 1 + 2 * 3 + 3
    assert all(len(after) - len(before) in (0, 1) for before, after in zip(pieces, pieces[1:], strict=False))


def test_other_languages_get_no_suggestions(tmp_path):
    """The patterns are English."""
    (tmp_path / "preise.txt").write_text(TEXTS["preise.txt"], encoding="utf-8")
    with Assistant.open(tmp_path / "preise.txt", home=tmp_path / "home") as german:
        assert german.suggestions() == ()


def test_suggestions_follow_the_documents(tmp_path):
    """Removed documents give no more suggestions, new ones do."""
    source = tmp_path / "documents"
    source.mkdir()
    (source / "tower.txt").write_text(TEXTS["tower.txt"], encoding="utf-8")
    with Assistant.open(source, home=tmp_path / "home") as opened:
        assert set(opened.suggestions()) <= {"When was the Eiffel Tower built?", "Who was Gustave Eiffel?"}
        assert opened.suggestions()
        (source / "tower.txt").unlink()
        (source / "library.txt").write_text(TEXTS["library.txt"], encoding="utf-8")
        opened.refresh()
        assert "How do I renew my library card?" in opened.suggestions()


def next_questions(library, question, history=(), **options):
    """Return the suggestions after a question."""
    found = ()
    for found in suggest_next(library, library.ask(question), history=(*history, question), **options):  # noqa: B007
        pass
    return found


def test_next_questions_go_on_from_the_answer(library):
    """They are about the same document, are answered, and were not asked before."""
    asked = "When was the Eiffel Tower built?"
    assert next_questions(library, asked) == ("Who was Gustave Eiffel?",)
    assert next_questions(library, asked, ["who was gustave eiffel"]) == ()
    assert "What is a central bank?" in next_questions(library, "What is inflation?")


def test_next_questions_stay_in_the_documents_searched(library):
    """A name in the quote leads to another document only if that is searched too."""
    for question in next_questions(library, "What is inflation?", sources=["prices.txt"]):
        assert library.ask(question, sources=["prices.txt"]).citations[0].source == "prices.txt"


def test_nothing_goes_on_from_no_answer(library):
    """A question without an answer gives no suggestions."""
    answer = library.ask("Which goalkeeper won the cup in Brazil?")
    assert answer.verdict == "not_in_sources"
    assert next_questions(library, answer.question) == ()
