"""Open the SQLite files of what visitors keep: readable by their owner alone, set aside when damaged."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from index import DamagedError, Database, StorageError, make_private_folder


def open_private_file(
    path: Path,
    schema: str,
    *,
    version: int,
    what: str,
    on_notice: Callable[[str], None] = lambda line: None,
    functions: Mapping[str, Callable[[str], str]] | None = None,
) -> Database:
    """Open a file, readable by its owner alone; create a missing one, rename a damaged one. Deleted content is overwritten.

    Args:
        path: The file; its folder is made.
        schema: SQL statements that make its tables, with semicolons between.
        version: Number of the schema.
        what: Names the content in messages: "conversations".
        on_notice: Gets a line if a damaged file was renamed.
        functions: As for `Database`.

    Raises:
        StorageError: It cannot be opened, or another version wrote it.
    """

    def create() -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its companions the same mode

    def open_checked() -> Database:
        database = Database(
            path,
            (*schema.split(";"), f"PRAGMA user_version={version}"),
            label=f"the {what} in",
            advice="Close what else has the file open, then try again.",
            settings=("secure_delete=ON",),
            functions=functions,
        )
        try:
            ((found,),) = database.rows("PRAGMA quick_check(1)")
            if found != "ok":
                cause = sqlite3.DatabaseError(" ".join(found.split()))
                raise DamagedError(f"the {what} in {path} are damaged: {cause}") from cause
        except BaseException:
            database.close()
            raise
        return database

    try:
        make_private_folder(path.parent)
        create()
        path.chmod(0o600)
    except OSError as error:
        raise StorageError(
            f"{what} cannot be kept in {path}: {error.strerror}. Set QA_HOME to a folder that can be written."
        ) from error
    try:
        database = open_checked()
    except DamagedError as error:
        aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
        for companion in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(f"{path}{companion}", f"{aside}{companion}")
        on_notice(f"the {what} in {path} are damaged ({error.__cause__}); the file is kept as {aside.name}")
        create()
        database = open_checked()
    ((found,),) = database.rows("PRAGMA user_version")
    if found != version:
        database.close()
        raise StorageError(
            f"the {what} in {path} are of format {found}; this version reads format {version}. "
            "Move the file away to start a new one."
        )
    return database
