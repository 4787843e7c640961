"""BM25 candidates from tantivy, derived from the catalog.

Terms come from `index.text.terms`, joined by spaces, so that both sides of a search and the exact scores use one
analyser. Like FAISS, tantivy only proposes candidates. Its commits are transactional; the catalog keeps the generation
of the last one. If the process is killed between the two, the changes since are applied again, which is harmless: the
passages of each document are deleted before they are added.
"""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import StorageError
from index.store.catalog import Catalog
from index.store.features import passage_terms
from index.text.terms import allowed_edits

if TYPE_CHECKING:
    import tantivy

_WRITER_BYTES = 24_000_000
_ANY = "\x00any"  # in every entry; no text gives such a term


class LexicalIndex:
    """Terms of passages, ranked by BM25."""

    _index: "tantivy.Index"
    _searcher: Any  # a tantivy.Searcher; the types it ships with are incomplete

    def __init__(self, folder: Path) -> None:
        """Name the folder of the index; `follow` opens it."""
        self._folder = folder
        self._opened = False
        self._generation = 0

    def follow(self, catalog: Catalog) -> None:
        """Bring the index up to the catalog: open or rebuild it, drop removed passages, add new ones, commit.

        Raises:
            StorageError: The folder cannot be written.
        """
        try:
            if not self._opened:
                self._open(catalog)
            generation = catalog.generation
            if generation != self._generation:
                try:
                    self._apply(catalog, generation)
                except ValueError:  # files left by a killed process are in the way
                    self._begin(catalog)
                    self._apply(catalog, generation)
        except (ValueError, OSError) as error:
            raise StorageError(
                f"the lexical index {self._folder} cannot be written: {str(error).splitlines()[0]} "
                "Free some disk space, then run the same command again; what was committed is kept."
            ) from error

    def _open(self, catalog: Catalog) -> None:
        import tantivy

        try:
            self._generation = int(catalog.meta("lexical_generation") or "")
            self._index = tantivy.Index.open(str(self._folder))
        except ValueError:  # new, or damaged: build it from the catalog
            self._begin(catalog)
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self._opened = True

    def _begin(self, catalog: Catalog) -> None:
        """Start again with an empty index."""
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("passage", indexed=True, fast=True)
        builder.add_integer_field("document", indexed=True)
        builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
        catalog.set_meta("lexical_generation", "0")  # first, so that an interrupted rebuild starts again
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        self._index, self._generation = tantivy.Index(builder.build(), path=str(self._folder)), 0

    def _sweep(self) -> None:
        """Delete the lists of deletions a killed process wrote and never committed: the next has the same name."""
        segments = json.loads((self._folder / "meta.json").read_bytes())["segments"]
        listed = {
            f"{segment['segment_id'].replace('-', '')}.{segment['deletes']['opstamp']}.del"
            for segment in segments
            if segment["deletes"]
        }
        for file in self._folder.glob("*.del"):
            if file.name not in listed:
                with suppress(OSError):  # on Windows, while another process reads it
                    file.unlink()

    def _apply(self, catalog: Catalog, generation: int) -> None:
        import tantivy

        self._sweep()
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
                    language = languages.get(passage.document_id, "")
                    heading, sentences = passage_terms(passage.passage, passage.text, language)
                    entry.add_text("terms", " ".join(chain([_ANY], heading, *sentences)))
                    writer.add_document(entry)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()
        catalog.set_meta("lexical_generation", str(generation))
        self._generation = generation

    def search(
        self, terms: Sequence[str], k: int, *, required: Sequence[str] = (), documents: Sequence[int] | None = None
    ) -> list[int]:
        """Find k passages with some of the terms, as `index.text.terms.question_terms` returns them, and all required ones.

        `documents` limits the search to the documents with these ids. Returns passage ids, best BM25 first.
        """
        import tantivy

        if not (terms or required) or not self._searcher.num_docs:
            return []
        clauses = [(tantivy.Occur.Should, self._term(term)) for term in terms]
        clauses += [(tantivy.Occur.Must, self._term(term)) for term in required]
        query = tantivy.Query.boolean_query(clauses)
        if documents is not None:
            inside = tantivy.Query.term_set_query(self._schema, "document", list(documents))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(inside, 0.0))]
            )
        return self._passages_found(query, k)

    def search_near(self, term: str, k: int) -> list[int]:
        """Find passages with a term spelt nearly like this one: passage ids, in the order they were written."""
        import tantivy

        edits = allowed_edits(term)
        if not edits or not self._searcher.num_docs:
            return []
        query = tantivy.Query.fuzzy_term_query(self._schema, "terms", term, distance=edits)
        hits = self._searcher.search(
            query, limit=k, count=False, order_by_field="passage", order=tantivy.Order.Asc
        ).hits
        return [int(id_) for id_, _ in hits]

    def passages(self) -> list[int]:
        """Return the ids of all passages, each as often as the index has it."""
        import tantivy

        return self._passages_found(tantivy.Query.all_query(), max(1, self._searcher.num_docs))

    def _passages_found(self, query: "tantivy.Query", limit: int) -> list[int]:
        hits = self._searcher.search(query, limit=limit, count=False).hits
        return [int(id_) for id_ in self._searcher.fast_field_values("passage", [address for _, address in hits])]

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Count the passages with each term."""
        searcher = self._searcher
        if searcher.doc_freq("terms", _ANY) == searcher.num_docs:
            return {term: searcher.doc_freq("terms", term) for term in terms}
        # tantivy's own figure includes passages that were removed and are not merged away yet
        return {term: searcher.search(self._term(term), limit=1, count=True).count for term in terms}

    def _term(self, term: str) -> "tantivy.Query":
        import tantivy

        return tantivy.Query.term_query(self._schema, "terms", term, index_option="freq")
