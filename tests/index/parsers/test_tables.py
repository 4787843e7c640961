"""Reading .csv, .tsv, .json and .jsonl files."""

import json

import pytest
from reading import describe, read, texts

from index.errors import SourceError
from index.text.passages import split_passages

HEADER = "~Item; Cost"
RENT = "Item: Rent; Cost: 300."
CSV = {
    "empty": ("a.csv", "", []),
    "blank": ("a.csv", "\n \n,,\n", []),
    "header-alone": ("a.csv", "Item,Cost\n", [(HEADER, None)]),
    "commas": ("a.csv", "Item,Cost\nRent,300\n", [(HEADER, None), (RENT, 2)]),
    "semicolons": ("a.csv", "Item;Cost\nRent;300\n", [(HEADER, None), (RENT, 2)]),
    "tabs-in-csv": ("a.csv", "Item\tCost\nRent\t300", [(HEADER, None), (RENT, 2)]),
    "commas-within": (
        "a.csv",
        "Item;Cost\nRent, old;1,5\nHeat, new;2,5",
        [(HEADER, None), ("Item: Rent, old; Cost: 1,5.", 2), ("Item: Heat, new; Cost: 2,5.", 3)],
    ),
    "tsv": ("a.tsv", "Item\tCost\nRent, old\t300", [(HEADER, None), ("Item: Rent, old; Cost: 300.", 2)]),
    "excel-says": ("a.csv", "sep=|\r\nItem|Cost\r\nRent|300\r\n", [(HEADER, None), (RENT, 3)]),
    "bars": ("a.csv", "Item|Cost EUR\nRent|3,50\nHeat|2,10\n", [
        ("~Item; Cost EUR", None), ("Item: Rent; Cost EUR: 3,50.", 2), ("Item: Heat; Cost EUR: 2,10.", 3),
    ]),
    "comments-above": ("a.csv", "# Station: Odden\n# Height: 11 m\nmonth,rain,days\nJuly,8.2,17\n", [
        ("Station: Odden", 1), ("Height: 11 m", 2), ("~month; rain; days", None), ("month: July; rain: 8.2; days: 17.", 4),
    ]),
    "names-in-a-comment": ("a.csv", "# Station: Odden\n# month,rain\n1,8.2\n2,9.3\n", [
        ("Station: Odden", 1), ("~month; rain", None), ("month: 1; rain: 8.2.", 3), ("month: 2; rain: 9.3.", 4),
    ]),
    "settings": ("a.csv", "Customer,Hafen AG\nCity,Bremen\nDiscount,5\n", [
        ("Customer: Hafen AG.", 1), ("City: Bremen.", 2), ("Discount: 5.", 3),
    ]),
    "mark-and-crlf": ("a.csv", "\ufeffItem,Cost\r\nRent,300\r\n", [(HEADER, None), (RENT, 2)]),
    "quoted": ("a.csv", 'Item,Cost\n"Rent,\n""old""","3\n\n00"\n', [(HEADER, None), ('Item: Rent, "old"; Cost: 3 00.', 2)]),
    "blank-row": ("a.csv", "Item,Cost\n\nRent,300\n", [(HEADER, None), (RENT, 3)]),
    "too-many-cells": ("a.csv", "Item,Cost\nRent,300,new\n", [(HEADER, None), ("Item: Rent; Cost: 300; new.", 2)]),
    "too-few-cells": ("a.csv", "Item,Cost\nRent\n,4\n", [(HEADER, None), ("Item: Rent.", 2), ("Cost: 4.", 3)]),
    "one-column": ("a.csv", "Text\nIs it so?\nIt is.\n", [("~Text", None), ("Text: Is it so?", 2), ("Text: It is.", 3)]),
    "unicode": (
        "a.csv",
        "Stra\u00dfe,\u4ef7\nM\u00fchle \U0001f600,5\n",
        [("~Stra\u00dfe; \u4ef7", None), ("Stra\u00dfe: M\u00fchle \U0001f600; \u4ef7: 5.", 2)],
    ),
    "no-header": (
        "a.csv",
        "Anna Berg,Lund,044 100\nIvo Petek,Kotor,044 300\n",
        [("Anna Berg; Lund; 044 100.", 1), ("Ivo Petek; Kotor; 044 300.", 2)],
    ),
    "no-header-of-words": (
        "a.csv",
        "Anna,Lund\nIvo,Kotor\nOle,Lund\n",
        [("Anna; Lund.", 1), ("Ivo; Kotor.", 2), ("Ole; Lund.", 3)],
    ),
    "years": (
        "a.csv",
        "Town,2021,2022\nHalden,77,80\n",
        [("~Town; 2021; 2022", None), ("Town: Halden; 2021: 77; 2022: 80.", 2)],
    ),
    "text-above": (
        "a.csv",
        'Sales of spring, by town\n"As of 1 March, in euros"\n\nTown,Boats,Sold\nHalden,4,80\nLund,5,90\n',
        [
            ("Sales of spring, by town", 1), ("As of 1 March, in euros", 2), ("~Town; Boats; Sold", None),
            ("Town: Halden; Boats: 4; Sold: 80.", 5), ("Town: Lund; Boats: 5; Sold: 90.", 6),
        ],
    ),
    "statement-of-a-bank": (
        "a.csv",
        "Account:;NO93 1\nOwner;Ann\n\nDay;Text;Amount;Sum\n01.03.;Rent;-300,00;5,00\n02.03.;Heat;-20,00;1,00\n",
        [
            ("Account: NO93 1.", 1), ("Owner: Ann.", 2), ("~Day; Text; Amount; Sum", None),
            ("Day: 01.03.; Text: Rent; Amount: -300,00; Sum: 5,00.", 5),
            ("Day: 02.03.; Text: Heat; Amount: -20,00; Sum: 1,00.", 6),
        ],
    ),
    "column-without-a-name": (
        "a.csv",
        ",Kind,Colour\nAnn,cat,grey\nBob,dog,red\n",
        [("~Kind; Colour", None), ("Ann; Kind: cat; Colour: grey.", 2), ("Bob; Kind: dog; Colour: red.", 3)],
    ),
    "sentences-with-commas": (
        "a.csv",
        "Said\nYes, I do.\nNo, I go.\n",
        [("~Said", None), ("Said: Yes; I do.", 2), ("Said: No; I go.", 3)],
    ),
    "sloppy-quotes": ("a.csv", 'Item,Cost\n"Rent" old,300\n', [(HEADER, None), ("Item: Rent old; Cost: 300.", 2)]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), CSV.values(), ids=CSV)
def test_a_record_is_a_row_that_keeps_the_names_of_its_columns(tmp_path, name, content, expected):
    """The first line names the columns; rows are numbered as a spreadsheet does, the header being row 1."""
    assert [(text, place.get("row")) for text, place in describe(read(tmp_path, name, content))] == expected


def test_a_row_of_several_sentences_is_one_passage(tmp_path):
    """Sentences inside a cell do not cut the row in two."""
    (_, row) = read_rows = texts(read(tmp_path, "a.csv", "Who,Says\nAnn,First one. Then another one.\n"))
    assert row == "Who: Ann; Says: First one. Then another one." and len(read_rows) == 2


JSON = {
    "empty-list": ([], []),
    "empty-object": ({}, []),
    "text": ("One.", [("One.", {})]),
    "number": (1, [("1", {})]),
    "object": (
        {"name": "Ann", "address": {"city": "Leeds", "at": {"lat": 1.5}}, "tags": ["a", "b"], "none": None, "ok": True},
        [("name: Ann; address.city: Leeds; address.at.lat: 1.5; tags: a, b; ok: true.", {})],
    ),
    "records": (
        [{"a": 1}, {"a": 2, "b": [{"c": 3}, {"c": 4}]}],
        [("a: 1.", {"row": 1}), ("a: 2; b.1.c: 3; b.2.c: 4.", {"row": 2})],
    ),
    "plain-values": (["one", "two"], [("one", {"row": 1}), ("two", {"row": 2})]),
    "list-within": (
        {"title": "T", "shop": {"name": "S", "orders": [{"id": 1}, {"id": 2}]}},
        [
            ("title: T.", {}),
            ("name: S.", {"heading": "shop"}),
            ("id: 1.", {"row": 1, "heading": "shop.orders"}),
            ("id: 2.", {"row": 2, "heading": "shop.orders"}),
        ],
    ),
    "half-surrogate": ([{"a": "x\ud800y\0z"}], [("a: xyz.", {"row": 1})]),
    "lines-in-value": ([{"a": "One.\n\nTwo."}], [("a: One. Two.", {"row": 1})]),
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), JSON.values(), ids=JSON)
def test_values_stand_behind_the_names_that_lead_to_them(tmp_path, value, expected):
    """A record of a list is a row; what is in no list is a paragraph; a list inside has its path as heading."""
    assert describe(read(tmp_path, "a.json", json.dumps(value))) == expected


def test_numbers_stay_as_they_are_written(tmp_path):
    """No digit is lost, however long or exact a number is."""
    content = '{"price": 1.10, "big": 123456789012345678901234567890.10, "small": 1E-400, "odd": NaN}'
    assert texts(read(tmp_path, "a.json", content)) == [
        "price: 1.10; big: 123456789012345678901234567890.10; small: 1E-400; odd: NaN."
    ]


def test_a_name_that_appears_twice_has_both_values(tmp_path):
    """As a reader of the file sees them."""
    assert texts(read(tmp_path, "a.json", '{"a": 1, "b": {"c": "x", "c": "y"}, "a": 2}')) == ["a: 1, 2; b.c: x, y."]


def test_a_line_of_jsonl_is_a_row_and_broken_ones_are_noted(tmp_path):
    """The row is the number of the line; lines that are no JSON are named and the others read."""
    document = read(tmp_path, "a.jsonl", '{"a": 1}\r\n\nbad\n"x"\n{"a": \n')
    assert describe(document) == [("a: 1.", {"row": 1}), ("x", {"row": 4})]
    assert document.notes == ("lines 3, 5 cannot be read as JSON",)


BROKEN = {
    "open-quote": ("a.csv", 'Item,Cost\nRent,"300\nHeat,20\n', "a.csv has a quotation mark that is never closed, in row 2."),
    "huge-value": ("a.csv", "a\n" + "x" * 10_000_001, "a.csv cannot be read after row 1: field larger than field limit"),
    "csv-zero": ("a.csv", b"a,b\n\0", "a.csv is not a text file: it holds zero bytes."),
    "csv-latin": ("a.csv", b"\xe9\xe9", "a.csv is not valid UTF-8: byte 0 cannot be decoded."),
    "json-empty": ("a.json", "", "a.json is empty."),
    "json-cut": ("a.json", '{"a": [1,\n 2', "a.json is not valid JSON: Expecting ',' delimiter in line 2."),
    "json-page": ("a.json", "<html><body>", "a.json is not a .json file: it is a web page (.html)."),
    "json-nested": ("a.json", "[" * 200_000, "a.json is nested more than 100 deep."),
    "json-nested-101": ("a.json", '{"a":' * 102 + "1" + "}" * 102, "a.json is nested more than 100 deep."),
    "jsonl-none": ("a.jsonl", "a\nb\n", "a.jsonl is not valid JSON lines: line 1 is no JSON value."),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_refused_with_its_place(tmp_path, name, content, message):
    """The reason is one line and says where."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).startswith(message)


def test_a_short_row_of_several_cells_is_one_sentence(tmp_path):
    """Full stops in names do not cut it; one text alone, and long texts, have sentences."""
    rows = 'Name,Fare\n"Rice, Master. Eugene. Jr.",7.25\n' + f'"{"He came. " * 60}",3\n'
    first, second = (p for p in split_passages(read(tmp_path, "a.csv", rows)) if p.answering)
    assert (len(first.sentences), len(second.sentences) > 20) == (1, True)
    (text,) = (p for p in split_passages(read(tmp_path, "b.csv", "Text\nHe came. She left.\n")) if p.answering)
    assert len(text.sentences) == 2
