"""What tests of the page share: a parser of its HTML, hostile text, and ready-made turns."""

from html.parser import HTMLParser

from index import Passage, Place
from qa.answering.answer import Answer, Scope
from qa.answering.citation import cite
from qa.web.chat.view import Turn

TEXT = "Plums are blue. Figs are sweet.\n\nPears are green."

NASTY = "<script>alert(1)</script>\"'&${1}{{2}}</mark><img src=x onerror=y>"


class Reader(HTMLParser):
    """Reads HTML back: the text, the tags, and the text inside each mark."""

    def __init__(self, html):
        """Read all of it."""
        super().__init__()
        self.text, self.tags, self.marked, self.inside = "", [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Note a tag and its attributes."""
        self.tags.append((tag, dict(attributes)))
        self.inside = tag == "mark"
        self.marked += [""] if self.inside else []

    def handle_endtag(self, tag):
        """Leave a mark."""
        self.inside = False

    def handle_data(self, data):
        """Collect text."""
        self.text += data
        if self.inside:
            self.marked[-1] += data

    def find(self, name, value=None):
        """The attributes of every tag that has an attribute, with a value if one is given."""
        return [found for _, found in self.tags if name in found and value in (None, found[name])]


def make_citation(start, end, *, source="fruit.txt", text=TEXT, page=None):
    """Cite a stretch of a text, which lies inside one of its paragraphs."""
    begin = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0
    stop = text.find("\n\n", end) if "\n\n" in text[end:] else len(text)
    passage = Passage(paragraph=1 + (begin > 0), start=begin, end=stop, sentences=(), place=Place(page=page))
    return cite(
        passage, text[begin:stop], source=source, path=f"/{source}", text_sha256="0", span=(start, end), score=0.5
    )


def make_turn(verdict, *citations, question="Which fruit?", number=4, disagreements=()):
    """A turn of one verdict over some citations."""
    quotes = citations if verdict == "answered" else ()
    closest = () if verdict == "answered" else citations
    return Turn(number, Answer(question, question, verdict, 0.5, quotes, closest, Scope(1, 2), (), disagreements))
