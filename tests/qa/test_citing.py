"""Citations in the styles that papers ask for, against references worked by hand."""

import json
import re

import pytest
from injections import PAYLOADS

from index import Metadata, Place
from qa.answering.citation import Citation
from qa.citing import STYLES, cite_as, cite_in_styles, parse_names, write_bibtex, write_csl_json

PLUMS = Metadata("On the growth of plums", "Jane Doe", "2019-03-05")


def make(quote="The plums grew.", source="fruit/plums.pdf", paragraph=3, **place):
    """Cite a quote from page 12 of a document, or from another place."""
    place = Place(**(place or {"page": 12}))
    return Citation(quote, source, f"/home/jane/{source}", paragraph, place, 10, 10 + len(quote), quote, 10, 0.5, "0")


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("quote", "The plums grew."),
        ("footnote", "“The plums grew.” (fruit/plums.pdf, page 12, paragraph 3)"),
        ("apa", "“The plums grew.” (Doe, 2019, p. 12)\n\nDoe, J. (2019). On the growth of plums."),
        ("mla", "“The plums grew.” (Doe, 12)\n\nDoe, Jane. On the Growth of Plums. 5 Mar. 2019."),
        ("chicago", "“The plums grew.” (Doe 2019, 12)\n\nDoe, Jane. 2019. On the Growth of Plums."),
        (
            "bibtex",
            '@misc{doe2019growth,\n    author = "Doe, Jane",\n    title = "On the growth of plums",\n    year = "2019",\n'
            '    month = "3",\n    pages = "12",\n    note = "fruit/plums.pdf: page 12, paragraph 3",\n'
            '    annote = "“The plums grew.”"\n}\n',
        ),
    ],
)
def test_document_with_author_title_and_date(style, text):
    """A PDF that names them is cited by them, with the page."""
    assert cite_as(make(), PLUMS, style) == text


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("apa", "“The plums grew.” (notes.txt, n.d., para. 3)\n\nnotes.txt. (n.d.)."),
        ("mla", "“The plums grew.” (notes.txt, par. 3)\n\nnotes.txt."),
        ("chicago", "“The plums grew.” (notes.txt, n.d., para. 3)\n\nnotes.txt. n.d."),
        (
            "bibtex",
            '@misc{notes,\n    title = "{notes.txt}",\n    note = "my/notes.txt: paragraph 3, Fruit",\n'
            '    annote = "“The plums grew.”"\n}\n',
        ),
    ],
)
def test_bare_text_file(style, text):
    """It goes by its file's name, in the case it has, and its paragraph."""
    assert cite_as(make(source="my/notes.txt", heading="Fruit"), Metadata(), style) == text


def test_places_of_other_formats_and_titles_that_end_a_sentence():
    """Slides, times, rows and dates of messages stand in the place of pages and dates."""
    grown = Metadata("Is it grown?", "City of Exeter", "2020")
    assert cite_as(make(slide=4), grown, "apa").splitlines()[::2] == [
        "“The plums grew.” (City of Exeter, 2020, slide 4)",
        "City of Exeter. (2020). Is it grown?",
    ]
    assert "(City of Exeter, 2020, 0:12:31)" in cite_as(make(time="0:12:31"), grown, "apa")
    assert "(City of Exeter, Costs, row 7)" in cite_as(make(sheet="Costs", row=7), grown, "mla")
    assert "(Doe 2024, para. 3)" in cite_as(make(date="2024-03-01"), Metadata("Re: plums", "Doe, J."), "chicago")


def test_all_styles_at_once_are_those_one_by_one():
    """One run gives the same texts, in the order of the styles."""
    texts = cite_in_styles(make(), PLUMS)
    assert tuple(texts) == STYLES
    assert texts == {style: cite_as(make(), PLUMS, style) for style in STYLES}
    with pytest.raises(ValueError, match="no style 'harvard'; there are quote, footnote"):
        cite_as(make(), PLUMS, "harvard")


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("", []),
        ("Jane Doe", [("Doe", "Jane")]),
        ("Doe, Jane", [("Doe", "Jane")]),
        ("Jane van der Doe", [("van der Doe", "Jane")]),
        ("Doe, J.; Roe, R.", [("Doe", "J."), ("Roe", "R.")]),
        ("J. Doe, R. Roe and A. Poe", [("Doe", "J."), ("Roe", "R."), ("Poe", "A.")]),
        ("Department of Trade and Industry", ["Department of Trade and Industry"]),
        ("admin", ["admin"]),
        ("漢字", ["漢字"]),
    ],
)
def test_names_are_taken_apart(author, names):
    """Into family and given names; organisations and single words stay whole."""
    expected = [{"literal": n} if isinstance(n, str) else {"family": n[0], "given": n[1]} for n in names]
    assert parse_names(author) == expected


def test_many_citations_become_an_entry_for_each_document():
    """With all the pages and words quoted from it; keys differ; no path is written."""
    other = make("More grew.", source="b/plums.pdf", page=1)
    cited = [(make(), PLUMS), (make("They fell.", page=14, paragraph=9), PLUMS), (other, PLUMS)]
    one, two = json.loads(write_csl_json(cited))
    assert one == {
        "id": "doe2019growth",
        "type": "report",
        "title": "On the growth of plums",
        "author": [{"family": "Doe", "given": "Jane"}],
        "issued": {"date-parts": [[2019, 3, 5]]},
        "page": "12, 14",
        "note": "fruit/plums.pdf: page 12, paragraph 3; page 14, paragraph 9",
        "annote": "“The plums grew.” / “They fell.”",
    }
    assert (two["id"], two["page"]) == ("doe2019growth-2", "1")
    written = write_bibtex(cited)
    assert re.findall(r"^@misc\{(.*),$", written, re.MULTILINE) == ["doe2019growth", "doe2019growth-2"]
    assert "/home" not in written + write_csl_json(cited)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_hostile_titles_and_names_are_text(payload):
    """No style runs them or stumbles, and BibTeX stays well-formed, with no command of theirs."""
    from pybtex.database import parse_string

    citation, metadata = make(payload, source=f"{payload}.txt"), Metadata(payload, payload, "2020")
    texts = cite_in_styles(citation, metadata)
    assert texts["quote"] == payload
    assert all("2020" in texts[style] for style in ("apa", "mla", "chicago"))
    (entry,) = parse_string(texts["bibtex"], "bibtex").entries.values()
    assert set(entry.fields) == {"title", "year", "pages", "note", "annote"}
    assert "\\input" not in texts["bibtex"] and "\\href" not in texts["bibtex"]
    assert json.loads(write_csl_json([(citation, metadata)]))[0]["page"] == "12"


def test_formulas_in_titles_are_not_run():
    """What Typst would compute in a title is shown as it stands."""
    title = '$#panic("run")$ and #read("/etc/hostname") {x} \\ 5'
    assert title in cite_as(make(), Metadata(title, "", "2020"), "apa")
