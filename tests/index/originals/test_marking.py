"""Quotes marked in the markup of their document."""

import re
import unicodedata
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from injections import PAYLOADS
from reading import make_docx, make_eml, make_epub
from selectolax.lexbor import LexborHTMLParser

from index import mark_quotes, read_document
from index.originals.markup import read_markup

BOLD = "<p>The <b>harbour</b> froze &amp; the <i>pilots</i> waited.</p><p>Then it thawed.</p>"
TEXT = "The harbour froze & the pilots waited.\n\nThen it thawed."


def mark(markup, text, *quotes):
    """The markup with quotes marked, each at its first occurrence in the text, and which were found."""
    spans = [(text.index(quote), text.index(quote) + len(quote)) for quote in quotes]
    return mark_quotes(markup, text, spans, [f'data-n="{number}"' for number in range(len(quotes))])


def marked(markup, number=0):
    """What the marks of a quote hold, each."""
    return [
        unescape(re.sub("<[^>]*>", "", found)) for found in re.findall(f'<mark data-n="{number}">(.*?)</mark>', markup)
    ]


def shown(markup):
    return LexborHTMLParser(f"<body>{markup}</body>").body.text()


def fold(text):
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if character.isalnum())


def test_a_quote_over_several_elements_is_marked_in_each():
    """With the stop at its end, and the space between two elements on a line."""
    result, found = mark(BOLD, TEXT, "The harbour froze & the pilots waited.")
    assert found == (True,)
    assert result == (
        '<p><mark data-n="0">The </mark><b><mark data-n="0">harbour</mark></b><mark data-n="0"> froze &amp; the </mark>'
        '<i><mark data-n="0">pilots</mark></i><mark data-n="0"> waited.</mark></p><p>Then it thawed.</p>'
    )
    result, _ = mark("<p><b>One</b> <i>two</i></p>\n<p>three</p>", "One two three", "One two three")
    assert result == (
        '<p><b><mark data-n="0">One</mark></b><mark data-n="0"> </mark><i><mark data-n="0">two</mark></i></p>\n'
        '<p><mark data-n="0">three</mark></p>'
    )


def test_several_quotes_are_marked_and_one_may_be_missing():
    """Words that two quotes share belong to the first."""
    text = TEXT + " Never shown."
    result, found = mark(BOLD, text, "it thawed.", "Never shown.", "Then it")
    assert found == (True, False, True)
    assert result.endswith('<p><mark data-n="2">Then </mark><mark data-n="0">it thawed.</mark></p>')


@pytest.mark.parametrize(
    ("markup", "text", "quote", "expected"),
    [
        ("<p>\ufb01ve Stra\xdfen</p>", "Five  STRASSEN", "Five  STRASSEN", ["\ufb01ve Stra\xdfen"]),
        ("<p>caf\xe9 &quot;x&quot;</p>", 'cafe\u0301 "x"', 'cafe\u0301 "x"', ['caf\xe9 "x']),
        ("<p>one&nbsp;two</p>", "one two", "one two", ["one\xa0two"]),
        ("<p>&eacute;t&eacute; soon</p>", "\xe9t\xe9 soon", "\xe9t\xe9", ["\xe9t\xe9"]),
        ("<p>Rain fell.<sup>[<a>12</a>]</sup> It stopped[a] soon.</p>", "Rain fell. It stopped soon.", "It stopped soon.",
         ["It stopped[a] soon."]),
        ("<p>\ud55c\uad6d\uc5b4 \ubb38\uc7a5</p>", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\ubb38\uc7a5", ["\ubb38\uc7a5"]),
        ("<p>\u201cYes,\u201d he said.</p>", "\u201cYes,\u201d he said.", "\u201cYes,\u201d", ["\u201cYes,\u201d"]),
        ("<p>party, art &amp; craft</p>", "party, art & craft", "art & craft", ["art & craft"]),
        ('<p title="art">party art</p>', "party, art", ", art", ["art"]),
    ],
)  # fmt: skip
def test_letters_and_digits_alone_are_compared(markup, text, quote, expected):
    """Not case, accents written apart, ligatures, white space, punctuation, notes or how characters are written."""
    result, found = mark(markup, text, quote)
    assert found == (True,) and marked(result) == expected
    assert shown(result) == shown(markup)


def test_the_same_occurrence_is_marked():
    """By order where both have equally many, else by the letters around it, else by how far down it is."""
    markup = "<p>Yes.</p><p>One. Yes.</p><p>Two. Yes.</p>"
    text = "Yes.\n\nOne. Yes.\n\nTwo. Yes."
    for number, match in enumerate(re.finditer("Yes", text)):
        result, _ = mark_quotes(markup, text, [match.span()], [""])
        assert [place.start() for place in re.finditer("<mark >", result)] == [
            [place.start() for place in re.finditer("Yes", markup)][number]
        ]
    start = text.index("Yes", text.index("Two"))
    result, _ = mark_quotes("<p>Yes.</p>" + markup, text, [(start, start + 3)], [""])
    assert result == "<p>Yes.</p><p>Yes.</p><p>One. Yes.</p><p>Two. <mark >Yes</mark>.</p>"
    result, _ = mark_quotes("<p>a</p><p>a</p><p>a</p>", "a b c d e a", [(10, 11)], [""])
    assert result == "<p>a</p><p>a</p><p><mark >a</mark></p>"


TABLE = "<table><tr><th>Item</th><th>Cost</th></tr><tr><td>Rent</td>\n<td>300</td></tr><tr><td>Oil</td><td>300</td></tr></table>"


def test_a_row_is_found_without_the_names_of_its_columns(tmp_path):
    """Its cells are marked; of equal rows the same one."""
    (tmp_path / "a.html").write_text(TABLE + TABLE)
    text = read_document(tmp_path / "a.html", name="a.html").text
    start = text.rindex("Item: Oil; Cost: 300.")
    result, found = mark_quotes(TABLE + TABLE, text, [(start, start + 21)], [""])
    assert found == (True,)
    assert result == TABLE + TABLE.replace("<td>Oil</td><td>300", "<td><mark >Oil</mark></td><td><mark >300</mark>")


def test_items_are_found_without_their_numbers():
    """Those of lists, which a browser draws, and of clauses, which Word draws."""
    markup = "<p>They:</p><ol><li>work at night,</li><li>rest by day.</li></ol><p>The rent is due in May.</p>"
    text = "They:\n\n1. work at night,\n2. rest by day.\n\n3.1 The rent is due in May."
    result, found = mark(markup, text, "They:\n\n1. work at night,\n2. rest by day.", "3.1 The rent is due in May.")
    assert found == (True, True)
    assert marked(result) == ["They:", "work at night,", "rest by day."]
    assert marked(result, 1) == ["The rent is due in May."]


def test_a_word_is_not_found_inside_others():
    """Unless the quote begins inside one itself."""
    result, found = mark_quotes("<p>party</p>", "smart art", [(6, 9)], [""])
    assert (result, found) == ("<p>party</p>", (False,))
    result, found = mark_quotes("<p>smarty</p>", "smart", [(2, 5)], [""])
    assert (result, found) == ("<p>sm<mark >art</mark>y</p>", (True,))


def test_nothing_to_mark_changes_nothing():
    """No quotes, quotes without letters, and empty documents."""
    assert mark_quotes(BOLD, TEXT, [], []) == (BOLD, ())
    ampersand = TEXT.index("&")
    assert mark_quotes(BOLD, TEXT, [(ampersand, ampersand + 1), (5, 5)], ["", ""]) == (BOLD, (False, False))
    assert mark_quotes("", "", [(0, 0)], [""]) == ("", (False,))


MAKERS = {
    ".html": lambda text: f"<p>Quoted words stand here.</p>{text}<p>And <b>more</b> here.</p>".encode(),
    ".md": lambda text: f"Quoted words stand here.\n\n{text}\n\nAnd **more** here.\n".encode(),
    ".docx": lambda text: make_docx("Quoted words stand here.", text, "And more here."),
    ".epub": lambda text: make_epub(f"<p>Quoted words stand here.</p>{text}<p>And <b>more</b> here.</p>"),
    ".eml": lambda text: make_eml(f"Quoted words stand here.\n\n{text}\n\nAnd more here.\n"),
}


@pytest.mark.parametrize("suffix", MAKERS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_marks_change_nothing_but_add_themselves(tmp_path, suffix, payload):
    """Among attacks: without the marks the markup is what the sanitizer wrote, and the page has the same elements otherwise."""
    text = "".join(each for each in PAYLOADS[payload] if each.isprintable()).encode("utf-8", "ignore").decode()
    path = tmp_path / f"a{suffix}"
    path.write_bytes(MAKERS[suffix](text))
    markup = read_markup(path.read_bytes(), suffix=suffix, name=path.name)
    document = read_document(path, name=path.name)
    spans = [match.span() for match in re.finditer(r"\S+(?:\s+\S+){0,7}", document.text)]
    result, _ = mark_quotes(markup, document.text, spans, ["class=x"] * len(spans))
    assert result.replace("<mark class=x>", "").replace("</mark>", "") == markup.replace("<mark>", "").replace(
        "</mark>", ""
    )
    page = LexborHTMLParser(f"<body>{result}</body>")
    page.unwrap_tags(["mark"])
    plain = LexborHTMLParser(f"<body>{markup}</body>")
    plain.unwrap_tags(["mark"])
    assert page.body.html == plain.body.html


WORDS = st.text(st.sampled_from("ab1\xe9\xdf\ufb01&<>\"'.,; \u4e2d"), max_size=12)
TAGS = st.sampled_from(["p", "b", "em", "td", "li", "h2", "span"])
PIECES = st.lists(st.tuples(WORDS, TAGS, WORDS), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.data())
def test_marks_hold_the_letters_of_the_quote(pieces, data):
    """Whatever the text and its elements, and nothing of the text changes."""
    import nh3

    markup = nh3.clean("".join(f"{escape(text)}<{tag}>{escape(inner)}</{tag}>" for text, tag, inner in pieces))
    text = shown(markup)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    result, (found,) = mark_quotes(markup, text, [(start, end)], ['data-n="0"'])
    assert re.sub("</?mark[^>]*>", "", result) == markup and shown(result) == text
    wanted = fold(text[start:end])
    held = [node.text() for node in LexborHTMLParser(f"<body>{result}</body>").css("mark")]
    assert found == bool(wanted)
    assert fold("".join(held)) == wanted
