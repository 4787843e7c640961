"""A journal beside the output of a long run, so that it can be interrupted at any byte and go on where it stopped.

JSON lines: a header that says what the run is about, then one record a line, each handed to the operating system
as soon as it is made. A last line that is torn is dropped when the journal is opened again. A journal is locked
while in use, so that two runs cannot write one. (Without `fcntl`, on Windows, there is no lock.)
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from index import BatchError

_MAGIC = b'{"qa_journal": 1, '
_LONGEST_HEADER = 65536  # bytes; another program's file of that name may be one huge line


class Journal:
    """The records of one run, on disk. A context manager: leaving it closes the file and keeps it.

    Attributes:
        path: The file.
        kept: Records found from an earlier run about the same.
        differs: What the journal that was there, and is begun afresh, was about otherwise.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Open the journal of a run, or begin one.

        Args:
            path: The journal file; its folder must exist.
            about: Plain values that say what the run is about; a journal about anything else is begun afresh.

        Raises:
            BatchError: The file cannot be written, is in use, or is there and is no journal.
        """
        self.path = path
        self.kept = 0
        self.differs: tuple[str, ...] = ()
        header = {"qa_journal": 1, **about}
        try:
            path.touch()
            self._file = path.open("r+b", buffering=0)
        except OSError as error:
            raise BatchError(f"cannot write {path}: {error.strerror or error}") from error
        try:
            self._lock()
            self._recover(header)
        except OSError as error:
            self.close()
            raise BatchError(f"cannot write {path}: {error.strerror or error}") from error
        except BatchError:
            self.close()
            raise

    def append(self, record: dict[str, Any]) -> None:
        """Add a record.

        Raises:
            BatchError: It could not be written; the records before it are kept.
        """
        line = json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n"
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError as error:
            raise BatchError(
                f"cannot write {self.path}: {error.strerror or error}. "
                "What was answered is kept: run the same command again to go on."
            ) from error

    def records(self) -> Iterator[dict[str, Any]]:
        """Read all records, in order, one at a time."""
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                yield json.loads(line)

    def remove(self) -> None:
        """Close and remove the file: what it was for is done."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; its records stay."""
        self._file.close()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the file."""
        self.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BatchError(f"{self.path} is in use: the same answers are being written by another run.") from error

    def _recover(self, header: dict[str, Any]) -> None:
        """Keep the whole records of the same run, drop the rest; write the header where there is none."""
        with self.path.open("rb") as file:
            first = file.readline(_LONGEST_HEADER)
            if not first.startswith(_MAGIC[: len(first)]):
                raise BatchError(f"{self.path} is there and is not ours to overwrite. Move it away, then try again.")
            found = _parse(first)
            if found == header:
                end = len(first)
                for line in file:
                    if not _parse(line):
                        break
                    end += len(line)
                    self.kept += 1
                self._file.truncate(end)
                self._file.seek(end)
                return
        self.differs = tuple(name for name in header if found and found.get(name) != header[name])
        self._file.truncate(0)
        self.append(header)


def _parse(line: bytes) -> dict[str, Any]:
    """Parse one line; a torn line is an empty record."""
    try:
        record = json.loads(line) if line.endswith(b"\n") else {}
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
