"""Find the documents of a Zotero library, with the titles, authors and dates that its database has of them.

The database, `zotero.sqlite`, is only read, also while Zotero runs and has it locked: as a file that does not change where no
journal lies beside it, else as a copy. Notes written in Zotero lie in the database alone, and are not read.
"""

import re
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.errors import SourceError
from index.records import Metadata

DATABASE_FILE = "zotero.sqlite"
STORED = "storage:"  # begins the path of a file in the library's own folder `storage`
_JOURNALS = ("-journal", "-wal")
_TITLES = ("title", "nameOfAct", "caseName", "subject")
_DATES = ("date", "dateEnacted", "dateDecided", "issueDate")
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")  # "2019-05-00 May 2019": what is not known is 00
_LINK_TO_PAGE = 3
# Files, with the item that each belongs to, if any; those in the trash, and of items there, are left out.
_ATTACHMENTS = """
SELECT items.key, itemAttachments.path, itemAttachments.parentItemID
FROM itemAttachments JOIN items USING (itemID)
WHERE itemAttachments.path <> '' AND itemAttachments.linkMode <> ? AND itemAttachments.itemID NOT IN
    (SELECT itemID FROM deletedItems)
    AND coalesce(itemAttachments.parentItemID, 0) NOT IN (SELECT itemID FROM deletedItems)
ORDER BY items.key
"""
_VALUES = f"""
SELECT itemID, fieldName, value FROM itemData JOIN fields USING (fieldID) JOIN itemDataValues USING (valueID)
WHERE fieldName IN ({", ".join("?" * len(_TITLES + _DATES))})
"""
_CREATORS = """
SELECT itemID, creatorType, firstName, lastName FROM itemCreators JOIN creators USING (creatorID)
JOIN creatorTypes USING (creatorTypeID) ORDER BY itemID, orderIndex
"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a library.

    Attributes:
        path: Where it is.
        stored: Whether Zotero keeps it in its own folder.
        metadata: What the library says of the item that it belongs to.
    """

    path: Path
    stored: bool
    metadata: Metadata


def find_attachments(folder: Path) -> list[Attachment]:
    """List the files of a library, given by its folder, whether they are there or not; SourceError when it cannot be read."""
    try:
        return _read_attachments(folder)
    except (sqlite3.Error, OSError) as error:
        raise SourceError(
            f"the library {str(folder / DATABASE_FILE)!r} cannot be read ({error}). Close Zotero, then try again."
        ) from error


def _read_attachments(folder: Path) -> list[Attachment]:
    values: dict[int | None, dict[str, str]] = defaultdict(dict)
    creators: dict[int | None, list[tuple[str, str]]] = defaultdict(list)
    with _open_database(folder / DATABASE_FILE) as connection:
        files = connection.execute(_ATTACHMENTS, (_LINK_TO_PAGE,)).fetchall()
        for item, field, value in connection.execute(_VALUES, _TITLES + _DATES):
            values[item][field] = str(value)
        for item, kind, first, last in connection.execute(_CREATORS):
            creators[item].append((kind, " ".join(filter(None, [first, last]))))
    found = []
    for key, path, item in files:
        stored = path.startswith(STORED)
        place = folder / "storage" / key / Path(path.removeprefix(STORED)).name if stored else Path(path)
        found.append(Attachment(place, stored, _describe(values[item], creators[item])))
    return found


def _describe(values: dict[str, str], creators: list[tuple[str, str]]) -> Metadata:
    title = next(filter(None, map(values.get, _TITLES)), "")
    authors = [name for kind, name in creators if kind == "author"] or [name for _, name in creators]
    date = _DATE.match(next(filter(None, map(values.get, _DATES)), ""))
    parts = [part for part in date.groups() if part and part != "00"] if date else []
    return Metadata(" ".join(title.split()), "; ".join(authors), "-".join(parts))


@contextmanager
def _open_database(file: Path) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory(prefix="qa-zotero-") as copies:
        journals = [journal for suffix in _JOURNALS if (journal := file.with_name(file.name + suffix)).exists()]
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        if journals:  # a change under way, or not yet in the file
            for each in (*journals, file):
                shutil.copyfile(each, Path(copies, each.name))
            address = Path(copies, file.name).as_uri()
        with closing(sqlite3.connect(address, uri=True)) as connection:
            yield connection
