"""Say which documents to ask, and open the index of them, or say how to come by one."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from index import (
    Collection,
    Encoder,
    Failure,
    OutdatedError,
    Selection,
    SourceError,
    SourceRules,
    hold_lock,
    reset_collection,
)
from qa.places import collections_folder, default_sources, name_collection

Sources = str | Path | Sequence[str | Path] | Selection


def select_sources(sources: Sources | None) -> Selection:
    """Make a selection, with absolute paths, of whatever names sources; of the default sources when nothing does.

    Raises:
        SourceError: Nothing is named, or a path does not exist.
    """
    if sources is None:
        sources = default_sources()
    if not isinstance(sources, Selection):
        sources = Selection((sources,) if isinstance(sources, (str, Path)) else tuple(sources))
    if not sources.paths:
        raise SourceError("no sources were named. Name a file or a folder of documents.")
    paths = [Path(path).expanduser() for path in sources.paths]
    missing = next((given for given, path in zip(sources.paths, paths, strict=True) if not path.exists()), None)
    if missing is not None:
        raise SourceError(f"{str(missing)!r} does not exist. Name a file or a folder of documents.")
    return Selection(tuple(path.resolve() for path in paths), sources.rules, sources.name)


def open_collection(selection: Selection, encoder: Encoder, home: Path) -> tuple[Collection, str]:
    """Open the index of some sources, not brought up to them yet.

    Args:
        selection: As `select_sources` gives it.
        encoder: Turns texts into vectors.
        home: Where collections are kept.

    Returns:
        The collection and what it is called.

    Raises:
        OutdatedError: It was made by another version or with another model; says how to rebuild it.
        StorageError: It cannot be opened.
    """
    name, key = name_collection(selection, encoder)
    try:
        return Collection(collections_folder(home) / key, encoder), name
    except OutdatedError as error:
        raise OutdatedError(error.fact, f"Rebuild it: {rebuild_command(selection, encoder)}") from error


def rebuild_collection(selection: Selection, encoder: Encoder, home: Path) -> None:
    """Empty the index of some sources, if there is one; the next opening makes it anew.

    Raises:
        StorageError: It cannot be written, or another process is updating it.
    """
    folder = collections_folder(home) / name_collection(selection, encoder)[1]
    if folder.is_dir():
        with hold_lock(folder, patience=0):
            reset_collection(folder)


def rebuild_command(selection: Selection, encoder: Encoder) -> str:
    """The command line that rebuilds the index of some sources with an encoder."""
    rules, defaults, words = selection.rules, SourceRules(), ["qa", "index", "--rebuild"]
    for option, patterns in (("--include", rules.include), ("--exclude", rules.exclude)):
        words += [word for pattern in patterns for word in (option, pattern)]
    for option, changed in (
        ("--hidden", rules.hidden != defaults.hidden),
        ("--follow-links", rules.links != defaults.links),
        ("--no-gitignore", rules.ignore_files != defaults.ignore_files),
    ):
        words += [option] if changed else []
    words += ["--name", selection.name] if selection.name else []
    model = getattr(encoder, "name", "")
    words += ["--model", model] if model else []
    return shlex.join([*words, "--", *map(str, selection.paths)])


def nothing_read(paths: Sequence[str | Path], failures: Sequence[Failure]) -> str:
    """Say that sources hold nothing to ask, and why."""
    named = ", ".join(repr(str(path)) for path in paths)
    if not failures:
        return f"{named} holds no documents. Put some documents there, then try again."
    first = failures[0].reason
    more = f" ({len(failures) - 1} more could not be read either.)" if len(failures) > 1 else ""
    return f"{named} holds nothing that can be read: {first}{more}"
