"""Make the HTML of a document harmless: an allow-list of elements and attributes, and no address that a page fetches by itself.

Links lead to web pages and addresses of mail alone. Pictures are part of the markup, as data; others become their text in
brackets.
"""

import base64
import re
from collections.abc import Callable
from typing import Any

from index.errors import SourceError
from index.parsers.builder import one_line
from index.parsers.html import is_hidden

MOST_MARKUP = 4_000_000  # characters, without pictures
MOST_PICTURES = 3_000_000  # bytes of all pictures of a document
_MOST_RAW = 40_000_000  # characters that are taken apart

_TAGS = frozenset(
    """
    a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup data dd del details
    dfn dir div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li main menu nav ol p pre q rb
    rp rt rtc ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    """.split()
)
_DROPPED = frozenset(  # with what is in them
    """
    applet audio base button canvas datalist embed frame frameset head iframe input link meta noembed noframes noscript
    object option optgroup param plaintext script select source style svg template textarea title track video xmp
    """.split()
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_SHAPES = {
    ("a", "href"): re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE),
    ("img", "src"): re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}"),
    ("ol", "start"): re.compile(r"-?[0-9]{1,9}"),
    **{(tag, span): re.compile(r"[1-9][0-9]{0,2}") for tag in ("td", "th") for span in ("colspan", "rowspan")},
}
_DIRECTIONS = ("ltr", "rtl", "auto")
_PICTURE = re.compile(r"\s*data:image/(?:png|jpe?g|gif|webp);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_KINDS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))

Resolver = Callable[
    [str], bytes | None
]  # from the address of a picture to its bytes, where they are part of the document


class Sanitizer:
    """Makes the parts of one document harmless, within limits for all of them."""

    def __init__(self, name: str) -> None:
        """Start with no parts; the name is shown in messages."""
        self._name = name
        self._markup = self._pictures = 0  # characters, bytes

    def clean(self, html: str, resolve: Resolver = lambda address: None) -> str:
        """Make HTML harmless, and put the pictures that belong to it in it.

        Args:
            html: Of a whole page or a part of one.
            resolve: Gives the pictures that belong to it.

        Returns:
            A fragment whose elements are all closed.

        Raises:
            SourceError: It is too long, or was with the parts before.
        """
        import nh3

        if len(html) > _MOST_RAW:
            raise self._too_long()
        before = self._pictures
        prepared = self._prepare(html, resolve)
        cleaned = nh3.clean(
            prepared,
            tags=set(_TAGS),
            clean_content_tags=set(_DROPPED),
            attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
            attribute_filter=_filter_attribute,
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}, "details": {"open": ""}},
            url_schemes={"http", "https", "mailto", "data"},
        )
        self._markup += len(cleaned) - (self._pictures - before) * 4 // 3
        if self._markup > MOST_MARKUP:
            raise self._too_long()
        return cleaned

    def _prepare(self, html: str, resolve: Resolver) -> str:
        """Take out what is hidden, and put pictures in, or their text in their place.

        Nothing depends on this for safety: the result is parsed and filtered anew.
        """
        from selectolax.lexbor import LexborHTMLParser

        page = LexborHTMLParser(html)
        if page.body is None:
            return ""
        for node in page.body.css("[hidden], [aria-hidden], [style], dialog"):
            if is_hidden(node):
                node.decompose()
        for formula in page.body.css("math"):
            formula.replace_with(formula.text())
        for image in page.body.css("img"):
            self._place(image, resolve)
        return page.body.html or ""

    def _place(self, image: Any, resolve: Resolver) -> None:
        address = image.attributes.get("src") or ""
        alt = one_line(image.attributes.get("alt") or "")
        content = self._decode(address, resolve)
        kind = kind_of(content) if content else ""
        if content and kind and self._pictures + len(content) <= MOST_PICTURES:
            self._pictures += len(content)
            image.attrs["src"] = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
        elif alt:
            image.replace_with(f"[{alt}]")
        else:
            image.decompose()

    def _decode(self, address: str, resolve: Resolver) -> bytes | None:
        if found := _PICTURE.fullmatch(address):
            try:
                return base64.b64decode(found[1])
            except ValueError:
                return None
        return None if address.lstrip()[:5].lower() == "data:" else resolve(address)

    def _too_long(self) -> SourceError:
        return SourceError(f"{self._name} is too long to be shown as a page. Read its text instead.")


def kind_of(content: bytes) -> str:
    """The kind of a picture that browsers show: "png", "jpeg", "gif" or "webp"; empty for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for beginning, kind in _KINDS if content.startswith(beginning)), "")


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    """The value of an attribute that is allowed on an element; None to leave it out."""
    if attribute == "dir":
        return value.lower() if value.lower() in _DIRECTIONS else None
    shape = _SHAPES.get((tag, attribute))
    return value if shape is None or shape.fullmatch(value) else None
