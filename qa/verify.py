"""Verify a file of answers: every quote against the documents, every record against its hash.

Anyone with the file and the documents can do this, on another machine too, where documents are found by name instead of
path. A batch names documents without their paths: they are looked up in the collections of this computer. A record's hash
reveals accidental changes. It is not a signature: someone who alters a record on purpose can compute a new hash. The quotes
cannot be faked, because the documents contain them or they do not. Whether a quote answers its question is not checked.

The present version of a passage is the paragraph that shares most words with it (Dice 1945: twice the shared words by
all words of both), and of equals the nearest. Below `ALIKE` there is no present version.
"""

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from index import (
    EVERYTHING,
    Document,
    IsolatedParser,
    QAError,
    SourceError,
    find_codec,
    find_sources,
    read_document,
    split_passages,
)
from qa.answering.answer import hash_record
from qa.answering.citation import Citation, Status, Verification, compare, split_quote
from qa.collections import find_paths
from qa.exports import answer_span, read_export
from qa.text import file_errors

ALIKE = 0.3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class TextChange:
    """A passage then and now.

    Attributes:
        indexed: The passage as it was indexed.
        now: The passage as it is now; empty if gone.
        paragraph: 1-based number of the present passage in its document; None if gone.
        reason: Why it is gone, in one line; empty otherwise.
    """

    indexed: str
    now: str
    paragraph: int | None
    reason: str

    @property
    def changed(self) -> bool:
        """Whether the two texts differ."""
        return self.indexed != self.now


def compare_texts(
    citation: Citation | Mapping[str, Any], *, path: str | Path | None = None, encoding: str | None = None
) -> TextChange:
    """Read the file of a citation again, and put the passage that was cited beside what it is now.

    Args:
        citation: A citation, or what `Citation.to_dict` gives of one.
        path: Read this file instead of the one the citation names.
        encoding: The encoding that text files were indexed with, if one was named.

    Returns:
        Both texts. A file that cannot be read is an answer, not an error.
    """
    values = citation.to_dict() if isinstance(citation, Citation) else citation
    file = Path(path if path is not None else values["path"])
    if not os.path.isfile(file):
        return compare_passages(values, f"{file.name}: there is no file {file}")
    try:
        return compare_passages(values, read_document(file, name=file.name, encoding=find_codec(encoding)))
    except QAError as error:
        return compare_passages(values, str(error))


def compare_passages(citation: Mapping[str, Any], document: Document | str) -> TextChange:
    """Put the passage that was cited beside its document now, or beside the reason why that cannot be read."""
    indexed, start = citation.get("passage"), citation.get("passage_start")
    if not isinstance(indexed, str) or not isinstance(start, int):
        indexed, start = citation["quote"], citation["start"]
    if isinstance(document, str):
        return TextChange(indexed, "", None, document)
    wanted, candidates = _count_words(indexed), []
    for passage in split_passages(document):
        text = document.text[passage.start : passage.end]
        likeness = 1.0 if text == indexed else _likeness(wanted, _count_words(text))
        candidates.append((likeness, -abs(passage.start - start), passage.paragraph, text))
    likeness, _, paragraph, text = max(candidates, default=(0.0, 0, 0, ""))
    if likeness < ALIKE:
        return TextChange(indexed, "", None, f"{document.source} holds nothing like it any more")
    return TextChange(indexed, text, paragraph, "")


def _count_words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """From 0, nothing shared, to just below 1, which is for equal texts alone."""
    return min(0.999, 2 * (one & other).total() / max(1, one.total() + other.total()))


Finding = Literal["exact", "moved", "changed", "gone", "altered", "malformed"]
_FOUND_BEST_FIRST: tuple[Status, ...] = ("exact", "moved", "changed", "gone")
_DOCUMENTS_KEPT = 256  # texts in memory; answers to related questions cite the same few documents
_Locate = Callable[[Mapping[str, Any]], Sequence[str]]  # the paths of a citation's document
_SHAPE = {"quote": str, "source": str, "path": str, "start": int, "end": int, "text_sha256": str}


@dataclass(frozen=True, slots=True)
class Check:
    """What one check of a file of answers found.

    Attributes:
        line: 1-based line of the file; of the whole of a conversation, the first.
        finding: Of a quote: "exact", "moved", "changed" or "gone" as in `Verification`. Of a line: "altered": its hash
            does not fit the record, or the text of a conversation its records; "malformed": it is no answer.
        source: The name of the document cited; empty for a line.
        detail: One line that says more; may be empty when exact.
        change: Of a quote that was not found exact: its passage then and now, where that was asked for.
    """

    line: int
    finding: Finding
    source: str
    detail: str
    change: TextChange | None = None


def verify_answers(
    path: str | Path,
    *,
    folders: Iterable[str | Path] = (),
    show_changes: bool = False,
    encoding: str | None = None,
    home: str | Path | None = None,
) -> Iterator[Check]:
    """Check a file of answers, one `Answer.to_dict()` in JSON a line, as `qa batch` and `qa ask --json` write them, or a
    conversation that was saved as `.md`, `.html` or `.json`. Lines of a batch without an answer are passed over.

    Args:
        path: The answers.
        folders: When given, documents are looked up by the name shown (`source`) under these files and folders, and
            the paths in the answers are not used. Of several documents with one name, the one that fits best counts.
            Otherwise those without a path are looked up by name in the collections.
        show_changes: Compare the passages of quotes that are not exact with their present version.
        encoding: The encoding that the text files were indexed with, if one was named.
        home: The folder for collections; `home_folder()` when omitted.

    Yields:
        One check a quote (`citations`, then `closest`, then those of the parts that are not among them), and one for
        each line that is altered or malformed.

    Raises:
        BatchError: The answers cannot be opened.
        SourceError: A folder does not exist or cannot be listed, or there is no such encoding.
    """
    locate = _locate_by_name(folders) if (folders := tuple(folders)) else _locate_as_recorded(home)
    where = "under the folders given" if folders else "in a collection; name its folder with --sources"
    with IsolatedParser(encoding=find_codec(encoding)) as reader:
        read = lru_cache(maxsize=_DOCUMENTS_KEPT)(partial(_read_source, reader))
        export = read_export(Path(path))
        if export and not export.unchanged:
            yield Check(1, "altered", "", "the text is not the one its records were made into")
        for line, content in export.lines if export else _read_lines(Path(path)):
            if content.strip():
                for check, compared in _check_line(line, content, locate, read, where):
                    if show_changes and compared and check.finding != "exact":
                        check = replace(check, change=compare_passages(*compared))
                    yield check


def _read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with file_errors(f"read {path}"), path.open("rb") as file:
        yield from enumerate(file, start=1)


def _check_line(
    line: int,
    content: bytes,
    locate: _Locate,
    read: Callable[[str, str], Document | str],
    where: str,
) -> Iterator[tuple[Check, tuple[Mapping[str, Any], Document | str] | None]]:
    """Checks, each with the citation and the document that were compared."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        yield Check(line, "malformed", "", "not JSON"), None
        return
    if isinstance(record, dict):
        record.pop("row", None)  # of the file of questions; the hash is that of the answer
        if "hash" not in record and isinstance(record.get("error"), str):
            return
    fault = _find_fault(record)
    if fault:
        yield Check(line, "malformed", "", fault), None
        return
    try:
        altered = any(hash_record(each) != each["hash"] for each in (record, *record.get("parts", ())))
    except (UnicodeEncodeError, RecursionError):
        altered = True
    if altered:
        yield Check(line, "altered", "", "the record is not the one its hash was made of"), None
    for citation in _collect_citations(record):
        documents = [read(path, citation["source"]) for path in locate(citation)]
        documents = documents or [f"no document of the name {citation['source']} {where}"]
        found = [
            (Verification("gone", each, None) if isinstance(each, str) else compare(citation, each), each)
            for each in documents
        ]
        best, document = min(found, key=lambda pair: _FOUND_BEST_FIRST.index(pair[0].status))
        yield Check(line, best.status, citation["source"], best.detail), (citation, document)


def _collect_citations(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every citation of a record; those of its parts once, because the record repeats them."""
    citations: list[dict[str, Any]] = record["citations"] + record["closest"]
    for part in record.get("parts", ()):
        citations += [citation for citation in part["citations"] + part["closest"] if citation not in citations]
    return citations


def _read_source(reader: IsolatedParser, path: str, name: str) -> Document | str:
    """Read a document, or say why it cannot be read: that is remembered too."""
    try:
        if not os.path.isfile(path):
            raise SourceError(f"{name}: there is no file {path}")
        return reader(path, name=name)
    except QAError as error:
        return str(error)


def _locate_as_recorded(home: str | Path | None) -> _Locate:
    """Locate a document by its path, or where that is but its name, in the collections."""
    find = lru_cache(maxsize=_DOCUMENTS_KEPT)(partial(find_paths, home=home))

    def locate(citation: Mapping[str, Any]) -> Sequence[str]:
        path, source = citation["path"], citation["source"]
        return (path,) if path != source else find(source, citation["text_sha256"])

    return locate


def _locate_by_name(folders: Iterable[str | Path]) -> _Locate:
    paths: dict[str, list[str]] = defaultdict(list)
    for source in find_sources(folders, EVERYTHING):
        paths[source.name].append(source.path)
    return lambda citation: paths.get(citation["source"], ())


def _find_fault(record: Any) -> str:
    """Say why a value is no answer; empty when it is one."""
    if not isinstance(record, dict):
        return "not an object"
    kinds: tuple[tuple[str, type], ...] = (("question", str), ("hash", str), ("citations", list), ("closest", list))
    for name, kind in kinds:
        if not isinstance(record.get(name), kind):
            return f'no "{name}"'
    for citation in record["citations"] + record["closest"]:
        if not isinstance(citation, dict):
            return "a citation is not an object"
        for name, kind in _SHAPE.items():
            if type(citation.get(name)) is not kind:
                return f'a citation without "{name}"'
        quote, start, end = citation["quote"], citation["start"], citation["end"]
        if not quote or start < 0 or end - start != len(quote):
            return f"a citation whose offsets {start} to {end} do not fit its quote"
        first, last = citation.get("answer_start"), citation.get("answer_end")
        marked = type(first) is int and type(last) is int and start <= first < last <= end
        if not marked and (first, last) != (None, None):
            return "a citation whose answer words do not stand in its quote"
    if "answer" in record:
        first = next(iter(record["citations"]), None)
        words = split_quote(first["quote"], first["start"], answer_span(first))[1] if first else ""
        if record["answer"] != words:
            return 'an "answer" that is not what its first citation marks'
    return _find_fault_of_parts(record.get("parts", []))


def _find_fault_of_parts(parts: Any) -> str:
    if not isinstance(parts, list):
        return '"parts" is no list'
    for part in parts:
        if fault := _find_fault(part) if not (isinstance(part, dict) and part.get("parts")) else "it has parts itself":
            return f"a part of it: {fault}"
    return ""
