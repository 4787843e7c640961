"""The words of the page: all in one module."""

import re
from importlib.resources import files
from pathlib import Path

from qa.web import strings

USED = re.compile(r"\b(?:strings\.)?([A-Z][A-Z_]+)\b")


def test_no_word_is_idle():
    """The page shows every word of the module; that it shows no other is for the type checker."""
    others = [
        file.read_text(encoding="utf-8")
        for ending in ("*.py", "*.html")
        for file in Path(str(files("qa.web"))).rglob(ending)
    ]
    names = {name for name in vars(strings) if name.isupper()}
    definitions = len(re.findall(r"^[A-Z][A-Z_]+ = ", files("qa.web").joinpath("strings.py").read_text("utf-8"), re.M))
    uses = [name for text in others for name in USED.findall(text)]
    assert len(names) == definitions > 200
    assert [name for name in names if uses.count(name) < 2] == []


def test_counts_are_said_in_words():
    """One is said otherwise than many."""
    assert strings.count_documents(1) == "1 document"
    assert strings.count_passages(3000) == "3,000 passages"
