"""BM25 candidates from tantivy, derived from the catalog.

Terms come from `index.text.terms`, joined by spaces, so that both sides of a search and the exact scores use one
analyser. Like FAISS, tantivy only proposes candidates.

Tantivy changes its folder as it works, and panics over a damaged file. So no process works in the folder of the
collection: each links its files into a working folder, and brings them up to the catalog there, which needs no lock.
Whoever has the collection's lock puts its new files, which are never overwritten, beside the others; the catalog lists
the current ones with their hashes, and files that it does not list are deleted. Without room for a working folder, the
index is built in memory.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from index.errors import DamagedError, StorageError
from index.hashing import file_hash, is_whole
from index.store.catalog import Catalog
from index.store.features import content_number, passage_terms
from index.store.protocols import Proposals
from index.text.terms import allowed_edits

if TYPE_CHECKING:
    import tantivy

_WRITER_BYTES = 24_000_000
_ANY = "\x00any"  # in every entry; no text gives such a term
_KEPT_AS = "lexical_files_1"  # in the catalog; another number makes every index be built again
_WORKING = "working-"  # begins the names of working folders
_ALIVE = ".alive"  # locked in a working folder while its process lives


@dataclass(frozen=True, slots=True)
class _Published:
    """The files of the index in the folder of the collection."""

    generation: int
    meta: str  # the content of tantivy's meta.json
    files: dict[str, str]  # their hashes, by name

    @classmethod
    def read(cls, catalog: Catalog) -> "_Published | None":
        """Read what the catalog lists; None if it lists nothing."""
        try:
            return cls(
                generation=int(catalog.notes.get("lexical_generation") or 0),
                **json.loads(catalog.notes.get(_KEPT_AS) or ""),
            )
        except (ValueError, TypeError):
            return None


class TantivyIndex:
    """Terms of passages, ranked by BM25."""

    is_shared = False

    _index: "tantivy.Index"
    _searcher: Any  # a tantivy.Searcher; the types it ships with are incomplete

    def __init__(self, folder: Path) -> None:
        """Name the folder of the index; `follow` opens it."""
        self._folder = folder
        self._working: Path | None = None  # None: in memory, or not open
        self._held = ExitStack()  # the working folder, deleted on closing
        self._generation = self._saved = -1  # -1: not open

    @property
    def generation(self) -> int:
        """The generation of the catalog that it has reached; -1 before the first `follow`."""
        return self._generation

    def close(self) -> None:
        """Delete the working folder."""
        self._held.close()
        self._working, self._generation = None, -1

    def follow(self, catalog: Catalog, *, rebuild: bool = True) -> None:
        """Bring the index up to the catalog, without changing its folder: drop removed passages, add new ones.

        Raises:
            DamagedError: A file is missing or damaged, and the index is not to be built again from the catalog.
        """
        published = _Published.read(catalog)
        if self._generation < 0 or (published and self._generation < published.generation <= catalog.generation):
            self._open(published, rebuild=rebuild)
        generation = catalog.generation
        if self._generation > generation:  # of a catalog that was restored to an earlier state
            self._open(None, rebuild=True)
        if generation != self._generation:
            try:
                with _panics_as(ValueError):
                    self._apply(catalog, generation)
            except (ValueError, OSError):  # no room in the working folder
                self._open_in_memory()
                self._apply(catalog, generation)

    def save(self, catalog: Catalog) -> None:
        """Put what has changed in the folder, under the lock of the collection; StorageError when that fails."""
        if self._saved == self._generation:
            return
        published = _Published.read(catalog)
        if published and published.generation == self._generation and not self.damaged_files(catalog):
            return  # another process was faster
        try:
            if self._working is None:  # it was built in memory: there may be room by now
                self._open(None, rebuild=True)
                self._apply(catalog, catalog.generation)
            if self._working is None:
                raise ValueError("No space left on device.")
            published = self._publish(self._working, published)
        except (ValueError, OSError) as error:
            raise StorageError(
                f"the lexical index {self._folder} cannot be written: {str(error).splitlines()[0]} "
                "Free some disk space, then run the same command again; what was committed is kept."
            ) from error
        with catalog.notes.transaction():
            catalog.notes.set("lexical_generation", str(published.generation))
            catalog.notes.set(_KEPT_AS, json.dumps({"meta": published.meta, "files": published.files}))
        self._saved = self._generation
        self._sweep(published.files)

    def saved_generation(self, catalog: Catalog) -> int:
        """Return the generation of what was kept last."""
        return int(catalog.notes.get("lexical_generation") or 0)

    def forget(self, catalog: Catalog) -> None:
        """Have the next `follow` build it again from the catalog, in this process and in those that open it later."""
        catalog.notes.set(_KEPT_AS, "")
        self._generation = -1

    def damaged_files(self, catalog: Catalog) -> list[str]:
        """List the names of the files in the catalog that are missing or do not match their hash."""
        published = _Published.read(catalog)
        files = published.files if published else {}
        return [name for name, hashed in files.items() if not is_whole(self._folder / name, hashed)]

    def _publish(self, working: Path, before: _Published | None) -> _Published:
        """Put the files that tantivy has committed beside those that are there already."""
        meta = (working / "meta.json").read_text(encoding="utf-8")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        files = {}
        for name in _committed_files(working, meta):
            if before and name in before.files and (self._folder / name).exists():
                files[name] = before.files[name]
                continue
            temporary = self._folder / f"{name}.tmp"
            temporary.unlink(missing_ok=True)
            try:
                os.link(working / name, temporary)
            except OSError:
                shutil.copyfile(working / name, temporary)
            temporary.chmod(0o600)
            files[name] = file_hash(temporary)
            os.replace(temporary, self._folder / name)
            (self._folder / f"{name}.tmp").unlink(missing_ok=True)  # where both are the same file, it was not renamed
        return _Published(self._generation, meta, files)

    def _sweep(self, listed: dict[str, str]) -> None:
        """Delete files that are not listed, and the working folders of processes that were killed."""
        for path in self._folder.iterdir():
            with suppress(OSError):  # on Windows, while another process reads it
                if not path.name.startswith(_WORKING):
                    if path.name not in listed:
                        path.unlink()
                elif path != self._working:
                    with FileLock(path / _ALIVE, timeout=0):  # else its process lives
                        shutil.rmtree(path, ignore_errors=True)

    def _open(self, published: _Published | None, *, rebuild: bool) -> None:
        """Open published files in a new working folder, or an empty index; in memory where no such folder can be made."""
        for place in (self._folder, Path(tempfile.gettempdir())):
            for files in (published, None) if published and rebuild else (published,):
                try:
                    self._open_in(place, files)
                except DamagedError:
                    if not rebuild:
                        raise
                except OSError:  # read-only or full
                    break
                else:
                    return
        self._open_in_memory()

    def _open_in(self, place: Path, published: _Published | None) -> None:
        """Open published files, or an empty index, in a new working folder at a place."""
        import tantivy

        with ExitStack() as held:
            if place == self._folder:
                place.mkdir(mode=0o700, exist_ok=True)
            working = Path(
                held.enter_context(tempfile.TemporaryDirectory(prefix=_WORKING, dir=place, ignore_cleanup_errors=True))
            )
            for lock in (_ALIVE, ".tantivy-meta.lock", ".tantivy-writer.lock"):
                (working / lock).touch(mode=0o600)
            held.enter_context(FileLock(working / _ALIVE, timeout=0, thread_local=False))
            if published:
                for name, hashed in published.files.items():
                    if not (self._folder / name).is_file():
                        raise DamagedError(f"{self._folder / name} is missing.")
                    _link(self._folder / name, working / name)
                    if not is_whole(working / name, hashed):
                        raise DamagedError(f"{self._folder / name} is damaged.")
                (working / "meta.json").write_text(published.meta, encoding="utf-8")
                (working / ".managed.json").write_text(json.dumps([*published.files, "meta.json"]), encoding="utf-8")
                with _panics_as(DamagedError):
                    try:
                        index = tantivy.Index.open(str(working))
                        searcher = index.searcher()
                    except ValueError as error:
                        raise DamagedError(f"{self._folder} cannot be read: {error}") from error
            else:
                try:
                    index = tantivy.Index(_schema(), path=str(working))
                except ValueError as error:
                    raise OSError(str(error)) from error
                searcher = index.searcher()
            self._held.close()
            self._held, self._working = held.pop_all(), working
        self._index, self._schema, self._searcher = index, index.schema, searcher
        self._generation = published.generation if published else 0
        self._saved = self._generation if published else -1

    def _open_in_memory(self) -> None:
        import tantivy

        self._held.close()
        self._working, self._generation, self._saved = None, 0, -1
        self._index = tantivy.Index(_schema())
        self._schema, self._searcher = self._index.schema, self._index.searcher()

    def _apply(self, catalog: Catalog, generation: int) -> None:
        import tantivy

        writer = self._index.writer(_WRITER_BYTES, 1)
        for document_id, _, _ in catalog.removals_since(self._generation):
            writer.delete_documents_by_term("document", document_id)
        cleared: set[int] = set()
        languages = catalog.stem_languages()
        for passages in catalog.passages_since(self._generation):
            for document_id in {passage.document_id for passage in passages} - cleared:
                writer.delete_documents_by_term("document", document_id)
                cleared.add(document_id)
            for passage in passages:
                if passage.passage.answering:
                    entry = tantivy.Document()
                    entry.add_integer("passage", passage.id)
                    entry.add_integer("document", passage.document_id)
                    entry.add_unsigned("content", content_number(passage.passage, passage.text))
                    language = languages.get(passage.document_id, "")
                    heading, sentences = passage_terms(passage.passage, passage.text, language)
                    entry.add_text("terms", " ".join(chain([_ANY], heading, *sentences)))
                    writer.add_document(entry)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()
        self._generation = generation

    def search(self, terms: Sequence[str], k: int, *, documents: Sequence[int] | None = None) -> Proposals:
        """Find k passages with some of the terms, as `index.text.terms.question_terms` returns them.

        `documents` limits the search to the documents with these ids. Returns passage ids, best BM25 first.
        """
        import tantivy

        return self._ranked(terms, tantivy.Occur.Should, k, documents)

    def search_all(self, terms: Sequence[str], k: int, *, documents: Sequence[int] | None = None) -> Proposals:
        """Find k passages with all of some terms; `documents` as for `search`. Returns passage ids, best BM25 first."""
        import tantivy

        return self._ranked(terms, tantivy.Occur.Must, k, documents)

    def _ranked(
        self, terms: Sequence[str], occur: "tantivy.Occur", k: int, documents: Sequence[int] | None
    ) -> Proposals:
        import tantivy

        if not terms or not self._searcher.num_docs:
            return Proposals(())
        query = tantivy.Query.boolean_query([(occur, self._term(term)) for term in terms])
        if documents is not None:
            inside = tantivy.Query.term_set_query(self._schema, "document", list(documents))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(inside, 0.0))]
            )
        return Proposals(self._passages_found(query, k))

    def search_term(self, term: str, k: int) -> list[int]:
        """Find k passages with a term: passage ids, chosen and ordered by their content alone."""
        return self._by_content(self._term(term), k)

    def search_near(self, term: str, k: int) -> list[int]:
        """Find k passages with a term spelt nearly like this one: passage ids, chosen and ordered by their content alone."""
        import tantivy

        edits = allowed_edits(term)
        if not edits:
            return []
        return self._by_content(tantivy.Query.fuzzy_term_query(self._schema, "terms", term, distance=edits), k)

    def _by_content(self, query: "tantivy.Query", k: int) -> list[int]:
        import tantivy

        if not self._searcher.num_docs:
            return []
        with self._damage_noted():
            hits = self._searcher.search(
                query, limit=k, count=False, order_by_field="content", order=tantivy.Order.Asc
            ).hits
            return [int(id_) for id_ in self._searcher.fast_field_values("passage", [address for _, address in hits])]

    def passages(self) -> list[int]:
        """Return the ids of all passages, each as often as the index has it."""
        import tantivy

        return self._passages_found(tantivy.Query.all_query(), max(1, self._searcher.num_docs))

    def _passages_found(self, query: "tantivy.Query", limit: int) -> list[int]:
        with self._damage_noted():
            hits = self._searcher.search(query, limit=limit, count=False).hits
            return [int(id_) for id_ in self._searcher.fast_field_values("passage", [address for _, address in hits])]

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Count the passages with each term."""
        searcher = self._searcher
        with self._damage_noted():
            counts = {term: int(searcher.doc_freq("terms", term)) for term in terms}
            if searcher.doc_freq("terms", _ANY) != searcher.num_docs:
                # tantivy's own figure includes passages that were removed and are not merged away yet
                for term in filter(counts.get, terms):
                    counts[term] = searcher.search(self._term(term), limit=1, count=True).count
            return counts

    @contextmanager
    def _damage_noted(self) -> Iterator[None]:
        """Have the index opened anew by the next `follow` where tantivy cannot read a file, and raise DamagedError."""
        try:
            with _panics_as(ValueError):
                yield
        except ValueError as error:
            self._generation = -1
            raise DamagedError(
                f"the lexical index {self._folder} is damaged. Run qa index --check to build it again."
            ) from error

    def _term(self, term: str) -> "tantivy.Query":
        import tantivy

        return tantivy.Query.term_query(self._schema, "terms", term, index_option="freq")


def _schema() -> "tantivy.Schema":
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("passage", indexed=True, fast=True)
    builder.add_integer_field("document", indexed=True)
    builder.add_unsigned_field("content", fast=True)
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _committed_files(folder: Path, meta: str) -> list[str]:
    """List the names of the files in a folder that belong to the segments in a meta.json."""
    segments = {each["segment_id"].replace("-", ""): each["deletes"] for each in json.loads(meta)["segments"]}
    names = sorted(path.name for path in folder.iterdir() if path.name.partition(".")[0] in segments)

    def is_committed(name: str) -> bool:
        if not name.endswith(".del"):
            return True
        segment, opstamp, _ = name.split(".")
        return bool(segments[segment]) and str(segments[segment]["opstamp"]) == opstamp

    return list(filter(is_committed, names))


def _link(source: Path, target: Path) -> None:
    """Make a file appear at another place too, by a copy if it cannot be linked there."""
    for link in (os.link, os.symlink):
        with suppress(OSError):
            link(source, target)
            return
    shutil.copyfile(source, target)


@contextmanager
def _panics_as(kind: type[Exception]) -> Iterator[None]:
    """Raise an error of this kind for a panic of tantivy, which no `except Exception` catches."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise kind(str(error)) from error
        raise
