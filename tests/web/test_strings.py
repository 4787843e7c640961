"""The words of the page: all in one file, and another language is one file more."""

import re
import sys
from importlib import import_module
from importlib.resources import files
from types import ModuleType

import pytest

from qa.web import strings
from qa.web.languages import en
from qa.web.strings import LanguageError, load_words

USED = re.compile(r"\bstrings\.([A-Z][A-Z_]+)\b")


def sources(folder):
    """The Python files of the page."""
    return [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".py")]


def test_every_word_that_is_used_is_in_the_file_and_none_is_idle():
    """The page asks for no word that is not there, and the file holds none that nothing asks for."""
    used = {name for text in sources(files("qa.web")) for name in USED.findall(text)}
    used |= {
        name for name in re.findall(r"\bwords\.([A-Z][A-Z_]+)\b", files("qa.web").joinpath("strings.py").read_text())
    }
    assert used == {name for name in vars(en) if name.isupper()}


def test_another_language_is_one_file_and_what_it_lacks_is_english(monkeypatch):
    """A file with one word gives that word; the others stay English."""
    other = ModuleType("qa.web.languages.xx")
    other.TITLE = "Frag deine Dokumente"
    monkeypatch.setitem(sys.modules, "qa.web.languages.xx", other)
    words = load_words("xx")
    assert (words.TITLE, words.ASK) == ("Frag deine Dokumente", "Ask")


@pytest.mark.parametrize("language", ["qq", "../en", "en.TITLE", "é"])
def test_a_language_without_a_file_is_refused_in_one_line(language):
    """The error names the language and what to do."""
    with pytest.raises(LanguageError) as error:
        load_words(language)
    assert repr(language) in str(error.value)
    assert "QA_LANGUAGE" in str(error.value)
    assert "\n" not in str(error.value)


def test_every_language_has_only_names_that_are_used():
    """A misspelt name in a language's file would never be shown."""
    for file in files("qa.web.languages").iterdir():
        code, _, ending = file.name.partition(".")
        if ending == "py" and code != "__init__":
            words = vars(import_module(f"qa.web.languages.{code}"))
            assert {name for name in words if name.isupper()} <= {name for name in vars(en) if name.isupper()}


def test_counts_are_said_in_words():
    """One is said otherwise than many."""
    assert strings.count_documents(1) == "1 document"
    assert strings.count_passages(3000) == "3,000 passages"
