"""Name, open, list and delete collections; say where data is stored."""

import hashlib
import json
import os
import re
import shlex
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, replace
from pathlib import Path

from platformdirs import user_data_path

from index import (
    CatalogStore,
    Collection,
    CollectionInfo,
    DerivedIndex,
    Encoder,
    Failure,
    FolderStore,
    MilvusEngine,
    OutdatedError,
    PostgresStore,
    Precedence,
    Selection,
    SourceError,
    SourceRules,
    StorageError,
    find_codec,
    is_address,
    load_encoder,
)

STORE = "QA_STORE"  # in the environment: the server that has the collections
CANDIDATES = "QA_CANDIDATES"  # in the environment: the engine that proposes passages
_NAME = re.compile(r"[^\W_](?:[\w. -]{0,62}[\w-])?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # on Windows


def default_sources() -> Path:
    """The default folder: `seeds` in the current folder, or the document that ships with the package."""
    here = Path("seeds")
    shipped = Path(__file__).parent / "seeds"
    return here if here.is_dir() else shipped if shipped.is_dir() else Path(__file__).parent.parent / "seeds"


def home_folder() -> Path:
    """Where collections are kept: `QA_HOME`, else the user's data folder."""
    return Path(os.environ.get("QA_HOME") or user_data_path("qa", appauthor=False)).expanduser()


def encoder_folder() -> Path:
    """Where the fast form of the encoder is kept once it is built: `QA_CACHE`, else `encoders` in the home folder."""
    return Path(os.environ.get("QA_CACHE") or home_folder() / "encoders").expanduser()


def collection_store(home: str | Path | None = None) -> CatalogStore:
    """Where collections are kept: on the server that `QA_STORE` names, else in a home folder, `home_folder()` if omitted.

    Raises:
        StorageError: `QA_STORE` is not the address of a server.
    """
    home, address = Path(home or home_folder()), os.environ.get(STORE, "")
    if not address:
        return FolderStore(home)
    if not address.startswith(("postgresql://", "postgres://")):
        raise StorageError(
            f"{STORE} is no address of a PostgreSQL server. Write postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    return PostgresStore(address, home)


def chosen_engine(key: str) -> MilvusEngine | None:
    """The engine at `QA_CANDIDATES`, for the indexes of a collection; None: they are in its folder.

    Raises:
        SourceError: The address cannot be used.
        StorageError: A package is missing.
    """
    address = os.environ.get(CANDIDATES)
    return MilvusEngine(address, key) if address else None


def uses_other_computers() -> bool:
    """Whether the server that has the collections, or the engine that proposes passages, is not this computer."""
    engine = chosen_engine("")
    return not collection_store().is_here or bool(engine and not engine.is_here)


def describe_engine() -> str:
    """Describe the engine at `QA_CANDIDATES`; empty where none is named.

    Raises:
        SourceError: The address cannot be used.
        StorageError: The engine cannot be reached, or a package is missing.
    """
    engine = chosen_engine("")
    return engine.describe() if engine else ""


def changes_behind(store: CatalogStore, key: str) -> int:
    """Count the changes of a collection that are not in the indexes saved on this computer, or in the engine, yet.

    Raises:
        StorageError: The engine cannot be reached, or the collection cannot be opened.
    """
    behind, engine = store.behind(key), chosen_engine(key)
    if engine:
        folder = store.folder(key)
        with closing(store.open(folder)) as catalog:
            indexes: tuple[DerivedIndex, ...] = (engine.make_vectors(folder, 1), engine.make_terms(folder))
            for index in filter(lambda index: index.is_shared, indexes):
                with closing(index):
                    behind = max(behind, catalog.generation - index.saved_generation(catalog))
    return behind


def delete_from_engine(store: CatalogStore, key: str) -> None:
    """Delete what is derived from a collection in the engine at `QA_CANDIDATES`; it can be made again.

    Raises:
        SourceError: The address cannot be used.
        StorageError: The engine cannot be reached, or a package is missing.
    """
    names = store.engine_names(key)
    engine = chosen_engine(key) if names else None
    if engine:
        for name in names:
            engine.delete(name)


def conversations_file(home: str | Path) -> Path:
    """Where the conversations of the page are kept in a home folder."""
    return Path(home) / "conversations.sqlite"


def kept_file(home: str | Path) -> Path:
    """Where the quotes that visitors of the page keep are, in a home folder."""
    return Path(home) / "kept.sqlite"


def scratch_folder(home: str | Path) -> Path:
    """Where running chats keep uploads and batches until they end, in a home folder."""
    return Path(home) / "temporary"


def name_collection(selection: Selection, encoder: Encoder) -> tuple[str, str]:
    """The name of a collection, and the name of its folder.

    The folder of one that was named is its name. That of any other is the same for the same sources, rules and encoder.

    Raises:
        SourceError: It cannot be called so.
    """
    if selection.name:
        return (check_name(selection.name),) * 2
    resolved = sorted(str(path if is_address(path) else Path(path).expanduser().resolve()) for path in selection.paths)
    name = Path(resolved[0]).name or "documents"
    rules = [] if selection.rules == SourceRules() else [json.dumps(asdict(selection.rules), sort_keys=True)]
    identity = "\0".join([encoder.identity, *resolved, *rules])
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:40] or "documents"
    return name, f"{readable}-{digest}"


def check_name(name: str) -> str:
    """The name of a collection, fit to name a folder on every system; SourceError when it is not."""
    name = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(name) or _RESERVED.match(name):
        raise SourceError(
            f"a collection cannot be called {name!r}. Use up to 64 letters, digits, dots, hyphens and spaces, "
            "beginning with a letter or a digit."
        )
    return name


Sources = str | Path | Sequence[str | Path] | Selection


def select_sources(sources: Sources | None, *, read_only: bool = False) -> Selection:
    """Turn sources into a selection with absolute paths; the default sources when omitted.

    A selection that has a name needs no paths: it is made of the files that are added to it. Where nothing is to be read from
    the files, they may be those of another computer.

    Raises:
        SourceError: Nothing is named, a path does not exist, or there is no such encoding.
    """
    if sources is None:
        sources = default_sources()
    if not isinstance(sources, Selection):
        sources = Selection((sources,) if isinstance(sources, (str, Path)) else tuple(sources))
    if not sources.paths and not sources.name:
        raise SourceError("no sources were named. Name a file or a folder of documents.")
    find_codec(sources.encoding)
    paths = [path if is_address(path) else Path(path).expanduser() for path in sources.paths]
    for given, path in zip(sources.paths, paths, strict=True):
        if isinstance(path, Path) and not read_only and not path.exists():
            raise SourceError(f"{str(given)!r} does not exist. Name a file or a folder of documents.")
    if read_only:
        return sources
    return replace(sources, paths=tuple(path.resolve() if isinstance(path, Path) else path for path in paths))


def open_collection(selection: Selection, encoder: Encoder, home: Path) -> tuple[Collection, str]:
    """Open the index of a selection from `select_sources`, without updating it; return it and its name.

    Raises:
        OutdatedError: Another version or model made it; the message says how to rebuild it.
        SourceError: The address in `QA_CANDIDATES` cannot be used.
        StorageError: It cannot be opened.
    """
    name, key = name_collection(selection, encoder)
    store = collection_store(home)
    try:
        collection = Collection(
            store.folder(key),
            encoder,
            key=key,
            store=store,
            engine=chosen_engine(key),
            precedence=Precedence(home),
        )
        return collection, name
    except OutdatedError as error:
        raise OutdatedError(error.fact, f"Rebuild it: {rebuild_command(selection, encoder)}") from error


def check_stored(name: str, key: str, home: Path) -> None:
    """Raise SourceError where nothing is indexed in a collection yet, which may not be there; its name is for the message."""
    store = collection_store(home)
    there = key in store.list_keys()
    with suppress(StorageError):  # it cannot be read: opening it says why
        there = there and store.count_documents(key) > 0
    if not there:
        raise SourceError(f"nothing is indexed in {name!r} yet. Open it where its files are, to index them.")


def choose_encoder(
    selection: Selection,
    home: Path,
    *,
    model: str | Path | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Encoder:
    """Load a model; when omitted, the one that a named collection was made with, else the bundled one.

    Raises:
        EncoderError: It is missing, altered, or cannot be loaded.
    """
    if not model and selection.name:
        model = collection_store(home).model(selection.name)
    return load_encoder(model or None, cache_folder=encoder_folder(), on_notice=on_notice)


def rebuild_collection(selection: Selection, encoder: Encoder, home: Path) -> None:
    """Empty the index of a selection, if there is one, so that the next opening rebuilds it.

    Raises:
        StorageError: It cannot be written, or another process is updating it.
    """
    store, key = collection_store(home), name_collection(selection, encoder)[1]
    if key in store.list_keys():
        delete_from_engine(store, key)
        store.reset(key)


def rebuild_command(selection: Selection, encoder: Encoder) -> str:
    """The command line that rebuilds the index of some sources with an encoder."""
    rules, words = selection.rules, ["qa", "index", "--rebuild"]
    options = {"hidden": "--hidden", "links": "--follow-links", "ignore_files": "--no-gitignore"}
    words += [word for pattern in rules.include for word in ("--include", pattern)]
    words += [word for pattern in rules.exclude for word in ("--exclude", pattern)]
    words += [word for rule, word in options.items() if getattr(rules, rule) != getattr(SourceRules(), rule)]
    model = getattr(encoder, "name", "")
    for option, value in (("--encoding", selection.encoding), ("--name", selection.name), ("--model", model)):
        words += [option, value] if value else []
    return shlex.join([*words, "--", *map(str, selection.paths)])


def nothing_read(paths: Sequence[str | Path], failures: Sequence[Failure]) -> str:
    """A message that no source could be read, with the reason."""
    named = ", ".join(repr(str(path)) for path in paths)
    if not failures:
        return f"{named} holds no documents. Put some documents there, then try again."
    more = f" ({len(failures) - 1} more could not be read either.)" if len(failures) > 1 else ""
    return f"{named} holds nothing that can be read: {failures[0].reason}{more}"


def list_collections(home: str | Path | None = None) -> tuple[CollectionInfo, ...]:
    """List all collections by name, those of other versions and models too; in `home_folder()` if `home` is omitted."""
    return collection_store(home).inspect_all()


def find_collection(name: str, home: str | Path | None = None) -> Selection:
    """Find the selection that a collection, named as by `list_collections`, was made of.

    Raises:
        SourceError: No collection has this name.
        StorageError: An older version made it, without storing its selection.
    """
    selection = _store_of(name, home).selection(name)
    if selection is None:
        raise StorageError(
            f"the collection {name!r} does not say what it is made of. "
            f"Rebuild it, naming its files and folders: qa index --rebuild --name {name} SOURCES"
        )
    return replace(selection, name=name)


def find_paths(source: str, text_sha256: str, home: str | Path | None = None) -> list[str]:
    """Find the documents of a name in all collections: those with a text of this hash, or else all."""
    store = collection_store(home)
    found = [pair for key in store.list_keys() for pair in store.stored_paths(key, source)]
    same = [path for path, known in found if known == text_sha256]
    return list(dict.fromkeys(same or [path for path, _ in found]))


def delete_collection(name: str, home: str | Path | None = None) -> None:
    """Delete a collection, named as by `list_collections`, with the files that were added to it, without asking.

    In `home_folder()` if `home` is omitted.

    Raises:
        SourceError: No collection has this name.
        StorageError: Another process is updating it, or it cannot be deleted.
    """
    store = _store_of(name, home)
    delete_from_engine(store, name)
    store.delete(name)


def discard_collection(name: str, home: str | Path | None = None) -> None:
    """Delete a collection such that `restore_discarded` can bring it back, and for good the one discarded before.

    Raises:
        SourceError: No collection has this name.
        StorageError: Another process is updating it, or it cannot be moved.
    """
    store = _store_of(name, home)
    delete_from_engine(store, name)
    store.discard(name)


def restore_discarded(home: str | Path | None) -> str:
    """Bring back the collection that was discarded last; returns its name.

    Raises:
        SourceError: There is none, or another one has its name now.
        StorageError: It cannot be moved.
    """
    return collection_store(home).restore()


def delete_discarded(home: str | Path | None) -> None:
    """Delete for good what was discarded."""
    collection_store(home).delete_discarded()


def create_collection(name: str, encoder: Encoder, home: str | Path | None = None) -> str:
    """Make an empty collection to add files to; returns its name.

    Raises:
        SourceError: It cannot be called so, or there is one of this name.
        StorageError: It cannot be written.
    """
    name, home = check_name(name.strip()), Path(home or home_folder())
    taken = {known.name.casefold() for known in list_collections(home)}
    if name.casefold() in taken:
        raise SourceError(f"there is a collection {name!r} already. Choose another name.")
    collection, _ = open_collection(Selection((), name=name), encoder, home)
    try:
        collection.update(Selection((), name=name))
    finally:
        collection.close()
    return name


def rename_collection(name: str, new: str, home: str | Path | None = None) -> str:
    """Give a collection that has a name another one; returns that name.

    Raises:
        SourceError: No collection has this name, it cannot be called so, or there is one of the new name.
        StorageError: It has no name of its own, another process is updating it, or it cannot be renamed.
    """
    store, new = _store_of(name, home), check_name(new.strip())
    selection = store.selection(name)
    if selection is None or not selection.name:
        raise StorageError(f"{name!r} is named after the folder it is made of. Rename that folder.")
    others = {known.name.casefold() for known in list_collections(home) if known.name != name}
    if new.casefold() in others:
        raise SourceError(f"there is a collection {new!r} already. Choose another name.")
    store.rename(name, new)
    return new


def change_model(name: str, encoder: Encoder, home: str | Path | None = None) -> None:
    """Empty a collection, and have its next opening index its documents again with another encoder, one that has a name.

    In `home_folder()` if `home` is omitted.

    Raises:
        SourceError: No collection has this name.
        StorageError: Another process is updating it, or it cannot be written.
    """
    store = _store_of(name, home)
    delete_from_engine(store, name)
    store.reset(name, model=getattr(encoder, "name", ""))


def _store_of(name: str, home: str | Path | None) -> CatalogStore:
    store = collection_store(home)
    names = store.list_keys()
    if name not in names:
        there = f"Those there are: {', '.join(names)}." if names else "There is none yet: make one with qa index."
        raise SourceError(f"there is no collection {name!r}. {there}")
    return store
