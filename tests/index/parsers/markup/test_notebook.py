"""Reading Jupyter notebooks."""

import json

import pytest
from reading import describe, read

from index.errors import SourceError
from index.records import Metadata

TABLE = (
    "<div><style>td {color: red}</style><table><thead><tr><th></th><th>town</th><th>rain</th></tr></thead>"
    "<tbody><tr><th>0</th><td>Leeds</td><td>12</td></tr></tbody></table></div>"
)


def notebook(*cells, **metadata):
    """A notebook of cells, each a kind, its source and what else it has."""
    made = [{"cell_type": kind, "source": source, **more} for kind, source, more in cells]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def code(source, *outputs):
    return "code", source, {"outputs": list(outputs)}


def output(**forms):
    """An output in several forms, "text_html" for text/html."""
    return {"output_type": "display_data", "data": {kind.replace("_", "/", 1): text for kind, text in forms.items()}}


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def test_cells_are_read_in_order_below_the_headings_of_markdown(tmp_path):
    """Markdown as it shows, code as it is, and what it printed; in steps or not, the source a text or a list of lines."""
    content = notebook(
        ("markdown", ["# Rain\n", "\n", "The **gauge** of [Leeds](http://x.example).\n"], {}),
        code("import gauge\nmm = 1\n\nprint(mm)", printed("12"), printed(" mm\n"), printed("late\n", "stderr")),
        ("markdown", "## Snow\n\n---\n\nNone fell.", {}),
        ("raw", "As it is: *x*.", {}),
    )
    document = read(tmp_path, "a.ipynb", content)
    assert describe(document) == [
        ("~Rain", {}),
        ("The gauge of Leeds.", {"heading": "Rain"}),
        ("import gauge\nmm = 1", {"heading": "Rain"}),
        ("print(mm)", {"heading": "Rain"}),
        ("12 mm", {"heading": "Rain"}),
        ("late", {"heading": "Rain"}),
        ("~Snow", {}),
        ("None fell.", {"heading": "Rain > Snow"}),
        ("As it is: *x*.", {"heading": "Rain > Snow"}),
    ]
    assert (document.metadata.title, document.notes) == ("Rain", ())


def test_of_an_output_the_form_is_read_that_is_shown(tmp_path):
    """Tables of HTML row by row; pictures and what only runs in a notebook are noted."""
    outputs = [
        output(text_plain="  town rain\n0 Leeds 12", text_html=TABLE),
        output(text_plain="<Figure size 640x480 with 1 Axes>", image_png="iVBORw0KGgo="),
        output(text_plain="<IPython.core.display.HTML object>", text_html="<p>Dry <b>days</b>: 3.</p>"),
        output(text_plain="Model(depth=3)", text_html="<style>p {}</style><pre>Model(<b>depth=3</b>) in colours</pre>"),
        output(text_plain="<IPython.core.display.Markdown object>", text_markdown="*Nine* gauges."),
        output(text_plain="<Map>", text_html="<div id='x'></div><script>draw()</script>"),
        output(**{"application/javascript": "draw()"}),
        output(text_plain="<gauge.Gauge at 0x7f>"),
        output(text_latex="$x^2$"),
        output(),
    ]
    document = read(tmp_path, "a.ipynb", notebook(code("show()", *outputs)))
    assert describe(document) == [
        ("show()", {}),
        ("~town; rain", {}),
        ("0; town: Leeds; rain: 12.", {"row": 2}),
        ("Dry days: 3.", {}),
        ("Model(depth=3)", {}),
        ("Nine gauges.", {}),
        ("<gauge.Gauge at 0x7f>", {}),
        ("$x^2$", {}),
    ]
    assert document.notes == ("interactive outputs are not read: 2 in all", "pictures are not read: 1 in all")


def test_printed_text_is_read_as_a_terminal_leaves_it(tmp_path):
    """Without colours; of a line written anew the last; what an error traced back does not answer."""
    bar = printed("\r 10%|#\r100%|##########\r\ndone\n")
    error = {
        "output_type": "error", "ename": "ValueError", "evalue": "no rain",
        "traceback": ["\x1b[0;31mValueError\x1b[0m Traceback", "----> 1 \x1b]8;;file:x\x07rain\x1b]8;;\x07()"],
    }  # fmt: skip
    content = notebook(code("rain()", bar, error))
    assert describe(read(tmp_path, "a.ipynb", content)) == [
        ("rain()", {}),
        ("100%|##########\ndone", {}),
        ("~ValueError Traceback\n----> 1 rain()", {}),
        ("ValueError: no rain", {}),
    ]


def test_title_author_and_date_are_those_of_the_first_cell_or_the_metadata(tmp_path):
    """Front matter is no text."""
    about = {"title": "Gauges", "authors": [{"name": "Ann Lee"}, {"name": "Bo Ek"}]}
    document = read(tmp_path, "a.ipynb", notebook(("markdown", "Text.", {}), **about))
    assert (document.metadata.title, document.metadata.author) == ("Gauges", "Ann Lee; Bo Ek")
    front = "---\ntitle: 'Rain in May'\ndate: 2024-05-01\n---\n"
    for kind in ("raw", "markdown"):
        document = read(tmp_path, "a.ipynb", notebook((kind, front, {}), ("markdown", "Text.", {}), title="Gauges"))
        assert (document.text, document.metadata) == ("Text.", Metadata("Rain in May", date="2024-05-01"))
    document = read(tmp_path, "a.ipynb", notebook(("markdown", "One.", {}), ("markdown", "---\nTwo.\n\n---\n", {})))
    assert document.text == "One.\n\nTwo."


def test_attached_pictures_are_noted(tmp_path):
    """Those of a cell of Markdown."""
    attached = {"attachments": {"map.png": {"image/png": "iVBORw0KGgo="}}}
    document = read(tmp_path, "a.ipynb", notebook(("markdown", "See ![map](attachment:map.png)", attached)))
    assert (document.text, document.notes) == ("See", ("pictures are not read: 1 in all",))


def test_notebooks_of_earlier_versions_are_read(tmp_path):
    """With worksheets, cells for headings, lines without their ends, and outputs named otherwise."""
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Rain"]},
        {"cell_type": "markdown", "source": ["One", "two."]},
        {
            "cell_type": "code", "input": ["a = 1", "a"],
            "outputs": [
                {"output_type": "stream", "stream": "stdout", "text": ["said\n"]},
                {"output_type": "pyout", "text": ["1"], "html": TABLE},
                {"output_type": "display_data", "png": "iVBORw0KGgo=", "text": ["<Figure>"]},
                {"output_type": "pyerr", "ename": "E", "evalue": "wrong", "traceback": ["way"]},
            ],
        },
    ]  # fmt: skip
    document = read(tmp_path, "a.ipynb", json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert [text for text, _ in describe(document)] == [
        "~Rain", "One two.", "a = 1\na", "said", "~town; rain", "0; town: Leeds; rain: 12.", "~way", "E: wrong",
    ]  # fmt: skip
    assert document.notes == ("pictures are not read: 1 in all",)


ODD = {
    "cells-that-are-none": {"cells": [1, None, {"cell_type": "markdown", "source": "Text."}]},
    "wrong-kinds": {
        "metadata": ["x"],
        "cells": [
            {"cell_type": "code", "source": 1, "outputs": {"a": 1}},
            {"cell_type": "code", "source": [1, "Text."], "outputs": [1, {"output_type": "error", "traceback": "x"}]},
            {"cell_type": "markdown", "source": None, "attachments": {"a": 1, "b": {}, "c": {"image/png": 3}}},
            {"cell_type": ["heading"], "level": [], "source": "", "outputs": [{"data": {"text/html": 3}}]},
        ],
    },
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_what_a_notebook_should_not_have_harms_nothing(tmp_path, value):
    """The rest is read."""
    assert "Text." in read(tmp_path, "a.ipynb", json.dumps(value)).text


BROKEN = {
    "not-json": ("{", "a.ipynb is not valid JSON: "),
    "empty": ("", "a.ipynb is empty."),
    "a-page": ("<!doctype html><p>x", "a.ipynb is not a .ipynb file: it is a web page (.html)."),
    "other-json": ('{"a": 1}', "a.ipynb is JSON but not a notebook: it has no cells."),
    "a-list": ("[1]", "a.ipynb is JSON but not a notebook: it has no cells."),
    "deep": ('{"cells": ' + "[" * 1_000_000, "a.ipynb is nested too deep to be read."),
    "binary": (b"\x80\0\0", "a.ipynb is not a text file: it holds zero bytes."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_notebook_is_refused_with_the_reason(tmp_path, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.ipynb", content)
    assert str(caught.value).startswith(message)
