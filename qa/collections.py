"""Name, open, list and delete collections; say where data is stored."""

import hashlib
import json
import os
import re
import shlex
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from platformdirs import user_data_path

from index import (
    CATALOG_FILE,
    Collection,
    CollectionInfo,
    Encoder,
    Failure,
    OutdatedError,
    Precedence,
    Selection,
    SourceError,
    SourceRules,
    StorageError,
    find_codec,
    hold_lock,
    inspect_collection,
    is_address,
    kept_model,
    kept_selection,
    load_encoder,
    make_private_folder,
    reset_collection,
    stored_paths,
)

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


def collections_folder(home: str | Path) -> Path:
    """Where collections are kept in a home folder, a folder each."""
    return Path(home) / "collections"


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


def select_sources(sources: Sources | None) -> Selection:
    """Turn sources into a selection with absolute paths; the default sources when omitted.

    A selection that has a name needs no paths: it is made of the files that are added to it.

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
        if isinstance(path, Path) and not path.exists():
            raise SourceError(f"{str(given)!r} does not exist. Name a file or a folder of documents.")
    return replace(sources, paths=tuple(path.resolve() if isinstance(path, Path) else path for path in paths))


def open_collection(selection: Selection, encoder: Encoder, home: Path) -> tuple[Collection, str]:
    """Open the index of a selection from `select_sources`, without updating it; return it and its name.

    Raises:
        OutdatedError: Another version or model made it; the message says how to rebuild it.
        StorageError: It cannot be opened.
    """
    name, key = name_collection(selection, encoder)
    try:
        return Collection(collections_folder(home) / key, encoder, precedence=Precedence(home)), name
    except OutdatedError as error:
        raise OutdatedError(error.fact, f"Rebuild it: {rebuild_command(selection, encoder)}") from error


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
        model = kept_model(collections_folder(home) / selection.name)
    return load_encoder(model or None, cache_folder=encoder_folder(), on_notice=on_notice)


def rebuild_collection(selection: Selection, encoder: Encoder, home: Path) -> None:
    """Empty the index of a selection, if there is one, so that the next opening rebuilds it.

    Raises:
        StorageError: It cannot be written, or another process is updating it.
    """
    folder = collections_folder(home) / name_collection(selection, encoder)[1]
    if folder.is_dir():
        with hold_lock(folder, patience=0):
            reset_collection(folder)


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


_LAST = (CATALOG_FILE, "lock")  # so that a deletion that was cut short can be seen and finished


def list_collections(home: str | Path | None = None) -> tuple[CollectionInfo, ...]:
    """List all collections by name, those of other versions and models too; in `home_folder()` if `home` is omitted."""
    folder = collections_folder(home or home_folder())
    return tuple(inspect_collection(file.parent) for file in sorted(folder.glob(f"*/{CATALOG_FILE}")))


def find_collection(name: str, home: str | Path | None = None) -> Selection:
    """Find the selection that a collection, named as by `list_collections`, was made of.

    Raises:
        SourceError: No collection has this name.
        StorageError: An older version made it, without storing its selection.
    """
    folder = _folder(name, home)
    selection = kept_selection(folder)
    if selection is None:
        raise StorageError(
            f"the collection {name!r} does not say what it is made of. "
            f"Rebuild it, naming its files and folders: qa index --rebuild --name {name} SOURCES"
        )
    return replace(selection, name=name)


def find_paths(source: str, text_sha256: str, home: str | Path | None = None) -> list[str]:
    """Find the documents of a name in all collections: those with a text of this hash, or else all."""
    folder = collections_folder(home or home_folder())
    found = [pair for file in sorted(folder.glob(f"*/{CATALOG_FILE}")) for pair in stored_paths(file.parent, source)]
    same = [path for path, known in found if known == text_sha256]
    return list(dict.fromkeys(same or [path for path, _ in found]))


def delete_collection(name: str, home: str | Path | None = None) -> None:
    """Delete a collection, named as by `list_collections`, with the files that were added to it, without asking.

    In `home_folder()` if `home` is omitted.

    Raises:
        SourceError: No collection has this name.
        StorageError: Another process is updating it, or it cannot be deleted.
    """
    folder = _folder(name, home)
    try:
        with hold_lock(folder, patience=0):
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name in _LAST):
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != "lock":
                    entry.unlink(missing_ok=True)
        shutil.rmtree(folder)
    except OSError as error:
        raise StorageError(
            f"the collection {name!r} cannot be deleted: {error.strerror}. Close what has it open, then try again."
        ) from error


def discard_collection(name: str, home: str | Path | None = None) -> None:
    """Delete a collection such that `restore_discarded` can bring it back, and for good the one discarded before.

    Raises:
        SourceError: No collection has this name.
        StorageError: Another process is updating it, or it cannot be moved.
    """
    folder, aside = _folder(name, home), _discarded_folder(home)
    try:
        with hold_lock(folder, patience=0):
            delete_discarded(home)
            make_private_folder(aside)
            folder.rename(aside / folder.name)
    except OSError as error:
        raise StorageError(f"the collection {name!r} cannot be deleted: {error.strerror}.") from error


def restore_discarded(home: str | Path | None) -> str:
    """Bring back the collection that was discarded last; returns its name.

    Raises:
        SourceError: There is none, or another one has its name now.
        StorageError: It cannot be moved.
    """
    folder = next(iter(sorted(_discarded_folder(home).glob("*"))), None)
    if folder is None:
        raise SourceError("nothing that was deleted can be brought back any more.")
    there = collections_folder(home or home_folder()) / folder.name
    if there.exists():
        raise SourceError(f"there is another collection {folder.name!r} now. Rename it, then try again.")
    try:
        folder.rename(there)
    except OSError as error:
        raise StorageError(f"the collection {folder.name!r} cannot be brought back: {error.strerror}.") from error
    return folder.name


def delete_discarded(home: str | Path | None) -> None:
    """Delete for good what was discarded."""
    shutil.rmtree(_discarded_folder(home), ignore_errors=True)


def _discarded_folder(home: str | Path | None) -> Path:
    return Path(home or home_folder()) / "discarded"


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
    folder, new = _folder(name, home), check_name(new.strip())
    selection = kept_selection(folder)
    if selection is None or not selection.name:
        raise StorageError(f"{name!r} is named after the folder it is made of. Rename that folder.")
    others = {known.name.casefold() for known in list_collections(home) if known.name != name}
    if new.casefold() in others:
        raise SourceError(f"there is a collection {new!r} already. Choose another name.")
    try:
        with hold_lock(folder, patience=0):
            folder.rename(folder.parent / new)
    except OSError as error:
        raise StorageError(f"the collection {name!r} cannot be renamed: {error.strerror}.") from error
    return new


def change_model(name: str, encoder: Encoder, home: str | Path | None = None) -> None:
    """Empty a collection, and have its next opening index its documents again with another encoder, one that has a name.

    In `home_folder()` if `home` is omitted.

    Raises:
        SourceError: No collection has this name.
        StorageError: Another process is updating it, or it cannot be written.
    """
    folder = _folder(name, home)
    with hold_lock(folder, patience=0):
        reset_collection(folder, model=getattr(encoder, "name", ""))


def _folder(name: str, home: str | Path | None) -> Path:
    collections = collections_folder(home or home_folder())
    names = sorted(file.parent.name for file in collections.glob(f"*/{CATALOG_FILE}"))
    if name not in names:
        there = f"Those there are: {', '.join(names)}." if names else "There is none yet: make one with qa index."
        raise SourceError(f"there is no collection {name!r}. {there}")
    return collections / name
