"""The library as HTML: a row a document, what could not be read among them, and what can be done with each.

Rows carry numbers: a document's id to open it, and a number of this process's own to remove or restore it, since what
was not read has no id. What the library holds is drawn as bars, SVG of a few escaped lines without a plotting library, so
that nothing has to be loaded; each picture has a title for screen readers, and a table beside it. Pure functions.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlencode

from index import DocumentStatus, Metadata, StatusPage
from qa.text import describe_size
from qa.web import strings
from qa.web.library.libraries import LISTED_STATES, PAGE_ROWS, PARAMETER, Listing
from qa.web.library.uploads import LARGEST_FILE, LARGEST_TOGETHER, MOST_FILES
from qa.web.ui.templates import fill


def render_libraries(
    libraries: Sequence[Any],
    current: str,
    *,
    own: bool = False,
    alarm: str = "",
    go: str = "",
    deleted: str = "",
    models: Mapping[str, str] | None = None,
    model: str = "",
    read_only: bool = False,
) -> str:
    """The menu of libraries.

    Args:
        libraries: Those there are: records with `name`, `sources`, `documents` and `passages`.
        current: Name of the one that the page shows.
        own: Whether that one can be renamed and deleted here.
        alarm: Why something was not done, in one line.
        go: Address that the page goes to; empty: it stays.
        deleted: Name of a library to offer back; empty for none.
        models: The models to choose from: what each is chosen by, and what it is called.
        model: That of the library that the page shows.
        read_only: Whether to offer no changes.

    Returns:
        Escaped throughout.
    """
    named = [(library, _name_library(library), library_address(library.name)) for library in libraries]
    title = next((name for library, name, _ in named if library.name == current), strings.LIBRARY)
    renamed = any(library.name == current and not library.sources for library in libraries)
    return str(
        fill(
            "library/libraries.html",
            libraries=named,
            current=current,
            title=title,
            own=own and renamed,
            alarm=alarm,
            go=go,
            deleted=deleted,
            models=models or {},
            model=model,
            read_only=read_only,
        )
    )


def library_address(name: str) -> str:
    """The address of a library in the page; that of the first where the name is empty."""
    return f"?{urlencode({PARAMETER: name})}" if name else "?"


def _name_library(library: Any) -> str:
    """What people call a library: its name, or that of the folder it is made of."""
    return Path(library.sources[0]).name if library.sources else library.name


def render_library(
    found: StatusPage, listing: Listing, number: Callable[[str], int], *, read_only: bool = False
) -> str:
    """The list of documents.

    Args:
        found: What is listed.
        listing: What was asked for.
        number: Gives the number of a path.
        read_only: Whether to offer no changes.

    Returns:
        One element, escaped throughout.
    """
    return str(
        fill(
            "library/library.html",
            found=found,
            states=_list_states(found),
            rows=_list_rows(found.rows, number),
            pages=-(-found.matching // PAGE_ROWS),
            listing=replace(listing, page=found.first // PAGE_ROWS),
            facts=_list_facts,
            read_only=read_only,
        )
    )


def render_empty_library() -> str:
    """The panel before the documents are loaded."""
    return str(fill("library/empty.html"))


def render_library_message(text: str, *, alarm: bool = False, restore: tuple[int, str] | None = None) -> str:
    """One line under the controls that add documents; an empty text says how much can be added at once.

    The limits go along for the page's script, so that too much is refused before it is sent.

    Args:
        text: What was done, or why not; not escaped.
        alarm: Whether something went wrong.
        restore: Number and name of what can be restored again.
    """
    return str(
        fill(
            "library/message.html",
            text=text or strings.ADD_LIMITS.format(files=MOST_FILES, largest=describe_size(LARGEST_FILE)),
            alarm=alarm,
            role="alert" if alarm else "status" if text else "note",
            restore=restore,
            files=MOST_FILES,
            largest=LARGEST_FILE,
            together=LARGEST_TOGETHER,
        )
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the list: a folder, or a document.

    Attributes:
        scope: What is searched when it is ticked: a folder with its slash, or the name of a document; empty: it has no text.
        depth: How many folders it is in.
        name: Its own, without the folders around it.
        number: What the browser sends to remove or restore it.
        status: The document; None for a folder.
    """

    scope: str
    depth: int
    name: str
    number: int
    status: DocumentStatus | None = None


def _list_rows(statuses: Sequence[DocumentStatus], number: Callable[[str], int]) -> list[_Row]:
    """The rows of documents, and before the first of each folder that of the folder."""
    rows, seen = [], set()
    for status in statuses:
        scheme, mark, rest = status.source.rpartition("://")  # of an address the server is the first folder
        first, *others = rest.split("/")
        *folders, name = scheme + mark + first, *others
        for depth in range(len(folders)):
            folder = "/".join(folders[: depth + 1]) + "/"
            if folder not in seen:
                seen.add(folder)
                rows.append(_Row(folder, depth, f"{folders[depth]}/", -1))
        searched = status.id is not None and status.state != "excluded"
        shown = name or status.source
        rows.append(_Row(status.source if searched else "", len(folders), shown, number(status.path), status))
    return rows


def _list_states(found: StatusPage) -> list[tuple[str, str]]:
    """The states there are documents of, each with its button; none where all are in the same state."""
    counts = {state: found.counts.get(state, 0) for state in LISTED_STATES}
    states = [(state, strings.STATE_COUNTS[state].format(count=f"{n:,}")) for state, n in counts.items() if n]
    return [("", strings.ALL_STATES.format(count=f"{found.total:,}")), *states] if len(states) > 1 else []


def _list_facts(status: DocumentStatus) -> str:
    """Passages, pages, language, size and date, as far as there are any."""
    facts = describe_facts(replace(status, metadata=Metadata()))
    if status.pending:
        facts.append(strings.NOT_EMBEDDED.format(passages=strings.count_passages(status.pending)))
    return strings.BETWEEN_FACTS.join([*facts, status.modified[:10]] if status.modified else facts)


def describe_facts(status: DocumentStatus) -> list[str]:
    """Title, author, date, passages, pages, language and size of a document in words, not escaped, as far as they are known."""
    about = status.metadata
    dated = strings.DATED.format(date=about.date) if about.date else ""
    facts = [fact for fact in (about.title, about.author, dated) if fact]
    facts += [strings.count_passages(status.passages)] if status.id is not None else []
    facts += [strings.count_pages(status.pages)] if status.pages is not None else []
    facts += [strings.LANGUAGES.get(status.language, status.language)] if status.language else []
    return [*facts, describe_size(status.size)]


MOST_BARS = 20
BAR_SHARE = 50  # per cent of the width; what is left is for the label, and the figure behind the longest bar
LONGEST_LABEL = 20  # characters


def render_holdings(documents: Sequence[tuple[str, str, int]], arrival: str) -> str:
    """The panel with what the library holds.

    Args:
        documents: Name, language and number of passages of each; those without passages are left out.
        arrival: A word that differs every time, so that the page notices.
    """
    kept = [(source, language, passages) for source, language, passages in documents if passages]
    languages: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for source, language, passages in kept:
        languages[strings.LANGUAGES.get(language, language) or strings.UNKNOWN_LANGUAGE] += passages
        types[PurePath(source.rpartition("/")[2]).suffix.lower() or strings.NO_TYPE] += passages
    figures = [
        (strings.BY_DOCUMENT, [(source, passages) for source, _, passages in kept], "documents"),
        (strings.BY_LANGUAGE, list(languages.items()), "languages"),
        (strings.BY_TYPE, list(types.items()), "types"),
    ]
    charts = [_draw(*each) for each in figures] if kept else []
    return str(fill("library/holdings.html", charts=charts, arrival=arrival))


def render_bars(title: str, figures: Sequence[tuple[str, int]], name: str) -> str:
    """Bars from the longest to the shortest, those past the first `MOST_BARS` as one, and a table of the same.

    Args:
        title: What is counted, not escaped.
        figures: Names, not escaped, and counts of 1 or more; at least one.
        name: Of the picture, for ids; letters only.

    Returns:
        One element, escaped throughout.
    """
    return str(fill("library/bars.html", "bars", chart=_draw(title, figures, name)))


def _draw(title: str, figures: Sequence[tuple[str, int]], name: str) -> dict[str, Any]:
    """What the template of the bars is filled with."""
    ordered = sorted(figures, key=lambda figure: (-figure[1], figure[0]))
    longest, most = ordered[0]
    described = strings.BARS_DESCRIBED.format(title=title, first=longest, count=strings.count_passages(most))
    rest, rows = ordered[MOST_BARS:], ordered[:MOST_BARS]
    if rest:
        rows = [*rows, (strings.OTHERS.format(count=f"{len(rest):,}"), sum(count for _, count in rest))]
    most = max(count for _, count in rows)
    bars = [
        {
            "label": label,
            "shortened": shorten(label),
            "count": f"{count:,}",
            "width": max(0.4, count / most * BAR_SHARE),
            "rest": position == MOST_BARS,
        }
        for position, (label, count) in enumerate(rows)
    ]
    return {"title": title, "name": name, "described": described, "bars": bars}


def shorten(label: str) -> str:
    """A label of at most `LONGEST_LABEL` characters: beginning and end, which tell files apart, with a gap between."""
    if len(label) <= LONGEST_LABEL:
        return label
    half = LONGEST_LABEL // 2
    return f"{label[: half - 1]}…{label[-half:]}"
