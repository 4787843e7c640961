"""Find the places of some words in the documents, by the words and by their meaning, and list them by document.

The page gets them as HTML by `POST /places`, while one types in the search box or opens "More places".
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from markupsafe import Markup
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from index import Hit, QAError, matching_spans
from qa.answering.citation import cite
from qa.markup import render_marked
from qa.web import strings
from qa.web.host import NotReady
from qa.web.library.libraries import Libraries
from qa.web.ui.templates import fill

if TYPE_CHECKING:
    from qa.assistant import Assistant

PATH = "/places"
MOST = 100  # passages
SNIPPET = 180  # characters of a sentence
BY_MEANING = 20  # of the first passages are places without any of the words in them


MOST_FOLDERS, MOST_SUFFIXES = 500, 50  # to choose from
_filters: "WeakKeyDictionary[Assistant, tuple[int, Filters]]" = WeakKeyDictionary()  # with the generation they are of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and where.

    Attributes:
        words: As typed.
        sources: Names of documents; none: all.
        suffix: Ending of the file, such as ".pdf"; empty: any.
        folder: Folder with its slash, such as "contracts/"; empty: any.
        since: ISO date from which the file has changed; empty: any.
    """

    words: str
    sources: tuple[str, ...] = ()
    suffix: str = ""
    folder: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A sentence in which words were found.

    Attributes:
        document: Id of its document.
        start: First character of the sentence in the document's text.
        end: Character after the last.
        locator: Where it is, in words, without the headings above it.
        heading: The last heading above it; empty if there is none.
        text: The sentence, cut where it is long.
        words: Start and end in `text` of the words that were found.
    """

    document: int
    start: int
    end: int
    locator: str
    heading: str
    text: str
    words: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document with the places in it, best first."""

    source: str
    title: str
    places: tuple[FoundPlace, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """The kinds of file and the folders there are to choose from, in order."""

    suffixes: tuple[str, ...]
    folders: tuple[str, ...]


def find_places(
    assistant: "Assistant", wanted: Wanted, *, without: Iterable[tuple[str, int]] = ()
) -> tuple[FoundDocument, ...]:
    """Find places, grouped by document, the document of the best place first.

    Args:
        assistant: Open on the documents.
        wanted: What is looked for.
        without: Name and first character of passages to leave out.

    Raises:
        QuestionError: The words cannot be searched for, or no document is named so.
    """
    names = _choose(assistant, wanted)
    if names is not None and not names:
        return ()
    retrieval = assistant.find(wanted.words, sources=names or (), k=MOST, read=False)
    terms, left_out = {term for query in retrieval.search.queries for term in query.terms}, set(without)
    found = assistant.find_documents(paths={hit.path for hit in retrieval.search.hits})
    ids = {document.path: document.id for document in found}
    groups: dict[str, tuple[Hit, list[FoundPlace]]] = {}
    for rank, hit in enumerate(retrieval.search.hits):
        passage = hit.passage
        if (hit.source, passage.start) in left_out or not passage.answering or hit.path not in ids:
            continue
        place = _place(hit, ids[hit.path], terms)
        if place.words or rank < BY_MEANING:
            groups.setdefault(hit.path, (hit, []))[1].append(place)
    return tuple(FoundDocument(hit.source, hit.title, tuple(places)) for hit, places in groups.values())


def list_filters(assistant: "Assistant") -> Filters:
    """List what the documents can be narrowed by: the most frequent endings, and folders as deep as there are not too many."""
    generation = assistant.generation
    kept = _filters.get(assistant)
    if kept is None or kept[0] != generation:
        kept = _filters[assistant] = generation, _list_filters(assistant.names())
    return kept[1]


def _list_filters(names: Sequence[str]) -> Filters:
    suffixes = Counter(PurePosixPath(name.rpartition("/")[2]).suffix.lower() for name in names)
    del suffixes[""]
    folders = {name.rpartition("/")[0] for name in names}
    paths = [folder.split("/") for folder in folders if folder]
    listed: set[str] = set()
    for depth in range(1, max(map(len, paths), default=0) + 1):
        some = {"/".join(parts[:depth]) + "/" for parts in paths if len(parts) >= depth and parts[depth - 1]}
        deeper = listed | {folder for folder in some if not folder.endswith(":/")}
        if len(deeper) > MOST_FOLDERS:
            break
        listed = deeper
    return Filters(tuple(sorted(suffix for suffix, _ in suffixes.most_common(MOST_SUFFIXES))), tuple(sorted(listed)))


def _choose(assistant: "Assistant", wanted: Wanted) -> Sequence[str] | None:
    """The names of the documents to search; None: all."""
    if not (wanted.sources or wanted.suffix or wanted.folder or wanted.since):
        return None
    chosen = set(wanted.sources)
    return [
        name
        for name in assistant.names(since=wanted.since)
        if (not chosen or name in chosen) and name.lower().endswith(wanted.suffix) and name.startswith(wanted.folder)
    ]


def _place(hit: Hit, document: int, terms: set[str]) -> FoundPlace:
    """The sentence of a passage that holds most of the words."""
    passage = hit.passage
    spans = [(sentence.start - passage.start, sentence.end - passage.start) for sentence in passage.sentences]
    spans = spans or [(0, len(hit.text))]
    found = [list(matching_spans(hit.text[start:end], terms, hit.stems)) for start, end in spans]
    best = max(range(len(spans)), key=lambda index: len(found[index]))
    start, end = spans[best]
    cited = cite(
        replace(passage, place=replace(passage.place, heading=None)),
        hit.text,
        source=hit.source,
        path=hit.path,
        text_sha256=hit.text_sha256,
        span=(passage.start + start, passage.start + end),
        score=0.0,
    )
    heading = (passage.place.heading or "").split(" > ")[-1]
    text = hit.text[start:end]
    first = max(0, found[best][0][0] - SNIPPET // 3) if found[best] and len(text) > SNIPPET else 0
    shown = text[first : first + SNIPPET]
    words = tuple(
        (left - first, right - first) for left, right in found[best] if first <= left and right <= first + SNIPPET
    )
    return FoundPlace(document, passage.start + start, passage.start + end, cited.locator(), heading, shown, words)


def render_dialog() -> str:
    """The dialog that searches everything; it is in the page all the time, closed at first."""
    return str(fill("search/dialog.html"))


def render_places(found: Sequence[FoundDocument], filters: Filters) -> str:
    """Places by document.

    Args:
        found: In order.
        filters: What can be chosen, for the page's script.
    """
    places = sum(len(document.places) for document in found)
    summary = strings.count_places(places, len(found)) if found else strings.PLACES_NONE
    return str(fill("search/results.html", found=found, filters=filters, summary=summary, snippet=_snippet))


def render_problem(reason: str) -> str:
    """Why nothing was searched, in one line."""
    return str(fill("search/results.html", found=(), filters=None, summary=reason, snippet=_snippet))


def _snippet(place: FoundPlace) -> Markup:
    return Markup(render_marked(place.text, 0, (), words=place.words))


_WANTED = TypeAdapter(tuple[Wanted, list[tuple[str, int]]])


def search_routes(libraries: Libraries) -> list[Any]:
    """The route.

    Args:
        libraries: Those that can be searched; the address names one.
    """

    def search(query: Mapping[str, str], content: bytes) -> HTMLResponse:
        host = libraries.find(query)
        try:
            wanted, without = _WANTED.validate_python(json.loads(content))
            found, filters = host.call(
                lambda assistant: (find_places(assistant, wanted, without=without), list_filters(assistant))
            )
        except (ValueError, ValidationError, RecursionError):
            return HTMLResponse("", 400)
        except (QAError, NotReady) as error:
            return HTMLResponse(render_problem(str(error)))
        return HTMLResponse(render_places(found, filters))

    async def endpoint(request: Request) -> HTMLResponse:
        return await run_in_threadpool(search, request.query_params, await request.body())

    return [Route(PATH, endpoint, methods=["POST"])]
