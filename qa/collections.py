"""The collections that are kept: list them, find one by its name, delete one."""

import shutil
from pathlib import Path

from index import (
    CATALOG_FILE,
    CollectionInfo,
    Selection,
    SourceError,
    StorageError,
    hold_lock,
    inspect_collection,
    kept_selection,
)
from qa.places import collections_folder, home_folder

_LAST = (CATALOG_FILE, "lock")  # so that a deletion that was cut short can be seen and finished


def list_collections(home: str | Path | None = None) -> tuple[CollectionInfo, ...]:
    """List the collections there are, by name, those of other versions and models too.

    Args:
        home: Where collections are kept; `home_folder()` when omitted.
    """
    folder = collections_folder(home or home_folder())
    return tuple(inspect_collection(file.parent) for file in sorted(folder.glob(f"*/{CATALOG_FILE}")))


def find_collection(name: str, home: str | Path | None = None) -> Selection:
    """Find out what a collection is made of.

    Args:
        name: As `list_collections` gives it.
        home: As for `list_collections`.

    Raises:
        SourceError: There is none of that name.
        StorageError: It does not tell; it was made by an older version.
    """
    folder = _folder(name, home)
    selection = kept_selection(folder)
    if selection is None:
        raise StorageError(
            f"the collection {name!r} does not say what it is made of. "
            f"Rebuild it, naming its files and folders: qa index --rebuild --name {name} SOURCES"
        )
    return Selection(selection.paths, selection.rules, name)


def delete_collection(home: str | Path | None, name: str) -> None:
    """Delete a collection with the files that were added to it. Nothing is asked.

    Args:
        home: As for `list_collections`.
        name: As `list_collections` gives it.

    Raises:
        SourceError: There is none of that name.
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


def _folder(name: str, home: str | Path | None) -> Path:
    collections = collections_folder(home or home_folder())
    names = sorted(file.parent.name for file in collections.glob(f"*/{CATALOG_FILE}"))
    if name not in names:
        there = f"Those there are: {', '.join(names)}." if names else "There is none yet: make one with qa index."
        raise SourceError(f"there is no collection {name!r}. {there}")
    return collections / name
