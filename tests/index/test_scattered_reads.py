"""Rows read from all over a SQLite file, by several connections at once."""

import sqlite3

import pytest

from index.store.sqlite import CONNECTIONS, FEWEST, ScatteredReader

STATEMENT = "SELECT id, name FROM things WHERE id IN ({}) ORDER BY +id"


@pytest.fixture
def reader(tmp_path):
    """Over a table of 2,000 rows."""
    with sqlite3.connect(tmp_path / "things.sqlite") as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO things VALUES (?, ?)", ((n, f"thing {n}") for n in range(2_000)))
    connection.close()
    opened = ScatteredReader(
        lambda: sqlite3.connect(tmp_path / "things.sqlite", isolation_level=None, check_same_thread=False)
    )
    yield opened
    opened.close()


@pytest.mark.parametrize("count", [0, 1, FEWEST, FEWEST + 1, 1_000, 1_999])
def test_rows_of_all_values_come_in_their_order(reader, count):
    """Every row comes exactly once when the values are divided among the connections."""
    values = list(range(0, 2_000))[:count]
    assert reader.rows(STATEMENT, values) == [(n, f"thing {n}") for n in values]


def test_values_without_a_row_give_none(reader):
    """Missing ids give no rows."""
    assert reader.rows(STATEMENT, [5_000, 7, *range(6_000, 6_500)]) == [(7, "thing 7")]


def test_nothing_can_be_written(reader):
    """The connections refuse to change the file."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.rows("DELETE FROM things WHERE id IN ({}) RETURNING id", [1])


def test_each_part_is_read_by_a_connection_of_its_own(reader):
    """Many values are divided into as many parts as there are connections."""
    parts = reader.rows("SELECT count(*) FROM things WHERE id IN ({}) ORDER BY +1", list(range(1_600)))
    assert parts == [(1_600 // CONNECTIONS,)] * CONNECTIONS
