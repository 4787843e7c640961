"""Read and write .parquet files, with pyarrow where it is installed."""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import IO, Any

from index import BatchError

GROUP = 1_000  # rows in memory at once


def read_parquet(path: Path) -> tuple[list[str], Iterator[dict[str, Any]]]:
    """Read a table.

    Returns:
        The names of its columns; and its rows, in order, by these names.

    Raises:
        BatchError: It is no such table, or pyarrow is not installed.
        OSError: It cannot be opened.
    """
    pyarrow, parquet = _load(path)
    path.open("rb").close()
    try:
        table = parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise BatchError(f"{path.name} is no Parquet file, or is damaged. Write it anew.") from error
    rows = (row for batch in table.iter_batches(GROUP) for row in batch.to_pylist())
    return table.schema_arrow.names, rows


def write_parquet(file: IO[bytes], kinds: dict[str, type], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table. Equal rows make equal files, with one version of pyarrow.

    Args:
        file: Where to.
        kinds: The headings of the columns, in order, and what they hold: str, int, float or bool.
        rows: The cells of each row; None for an empty one.
    """
    import pyarrow
    from pyarrow import parquet

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    schema = pyarrow.schema([(heading, types[kind]) for heading, kind in kinds.items()])
    rows = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while group := list(islice(rows, GROUP)):
            columns = [
                pyarrow.array(column, field.type)
                for column, field in zip(zip(*group, strict=True), schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))


def check_parquet(path: Path) -> None:
    """Raise BatchError if pyarrow is not installed."""
    _load(path)


def _load(path: Path) -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise BatchError(
            f"{path.name} needs the package pyarrow. Install it: pip install 'qa-verbatim[frame]'"
        ) from error
