"""A SQLite file that threads share: snapshots side by side, and rows read from all over it by several connections at once."""

import sqlite3
from threading import Barrier, Thread

import pytest

from index.errors import StorageError
from index.store import sqlite
from index.store.sqlite import CONNECTIONS, FEWEST, Database

STATEMENT = "SELECT id, name FROM things WHERE id IN ({}) ORDER BY +id"
COUNT = "SELECT count(*) FROM things"


@pytest.fixture
def database(tmp_path):
    """A table of 2,000 rows."""
    opened = Database(
        tmp_path / "things.sqlite",
        ("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)",),
        label="the list",
        advice="Write it again.",
    )
    with opened.transaction() as connection:
        connection.executemany("INSERT INTO things VALUES (?, ?)", ((n, f"thing {n}") for n in range(2_000)))
    yield opened
    opened.close()


@pytest.fixture
def large(database, monkeypatch):
    """The same, as if the file were so large that its rows are read through several connections."""
    monkeypatch.setattr(sqlite, "SCATTERED", 0)
    return database


def in_a_thread(work):
    """Do something in another thread; returns what came of it."""
    done = []
    thread = Thread(target=lambda: done.append(work()))
    thread.start()
    thread.join(timeout=60)
    return done[0]


@pytest.mark.parametrize("count", [0, 1, FEWEST, FEWEST + 1, 1_000, 1_999])
@pytest.mark.parametrize("size", [0, 1 << 40])
def test_rows_of_all_values_come_in_their_order(database, monkeypatch, count, size):
    """Every row comes exactly once, also when the values are divided among connections."""
    monkeypatch.setattr(sqlite, "SCATTERED", size)
    values = list(range(0, 2_000))[:count]
    assert database.scattered_rows(STATEMENT, values) == [(n, f"thing {n}") for n in values]


def test_values_without_a_row_give_none(large):
    """Missing ids give no rows."""
    assert large.scattered_rows(STATEMENT, [5_000, 7, *range(6_000, 6_500)]) == [(7, "thing 7")]


def test_each_part_is_read_by_a_connection_of_its_own(large):
    """Many values are divided into as many parts as there are connections."""
    parts = large.scattered_rows("SELECT count(*) FROM things WHERE id IN ({}) ORDER BY +1", list(range(1_600)))
    assert parts == [(1_600 // CONNECTIONS,)] * CONNECTIONS


@pytest.mark.parametrize("count", [1, 100])
def test_snapshots_cannot_write(large, count):
    """Nor can the connections that read for them."""
    with large.snapshot(), pytest.raises(StorageError, match="can only be read"):
        large.scattered_rows("DELETE FROM things WHERE id IN ({}) RETURNING id", list(range(count)))
    assert large.rows(COUNT) == [(2_000,)]


def test_snapshots_are_taken_side_by_side(database):
    """Two threads are in their snapshots at once, and each has its own moment."""
    meeting = Barrier(2, timeout=30)
    counted = {}

    def count(name, after):
        with database.snapshot():
            counted[name] = database.rows(COUNT)
            meeting.wait()
            after()
            meeting.wait()
            counted[name] += database.rows(COUNT)
        counted[name] += database.rows(COUNT)

    def write():
        in_a_thread(lambda: database.rows("DELETE FROM things WHERE id < 10"))

    threads = [Thread(target=count, args=arguments) for arguments in (("reads", lambda: None), ("writes", write))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    expected = [(2_000,), (2_000,), (1_990,)]
    assert counted == {"reads": expected, "writes": expected}


def test_scattered_rows_belong_to_the_moment_of_the_snapshot(large):
    """Also where something is written after it began, in this process or in another one."""
    values = list(range(100))
    with large.snapshot():
        in_a_thread(lambda: large.rows("UPDATE things SET name = 'new' WHERE id < 50"))
        assert large.scattered_rows(STATEMENT, values) == [(n, f"thing {n}") for n in values]
        with sqlite3.connect(large._path) as other:
            other.execute("DELETE FROM things WHERE id > 50")
        other.close()
        assert large.scattered_rows(STATEMENT, values) == [(n, f"thing {n}") for n in values]
    assert large.scattered_rows(STATEMENT, values) == [(n, "new" if n < 50 else "thing 50") for n in range(51)]


def test_version_changes_with_each_commit(database):
    """In a snapshot it belongs to its moment; outside of one there is none."""
    versions = []
    for change in ("", "DELETE FROM things WHERE id = 1", "DELETE FROM things WHERE id = 2", ""):
        if change:
            database.rows(change)
        with database.snapshot():
            versions.append(database.version)
            in_a_thread(lambda: database.rows("INSERT OR IGNORE INTO things VALUES (3, '')"))
            assert database.version == versions[-1]
    assert None not in versions
    assert versions[0] != versions[1] != versions[2] and versions[2] == versions[3]
    assert database.version is None


def test_transactions_see_what_they_have_written(large):
    """Snapshots and scattered rows inside them too; other threads do not before it is committed."""
    with large.transaction() as connection:
        connection.execute("DELETE FROM things WHERE id >= 100")
        with large.snapshot():
            assert len(large.scattered_rows(STATEMENT, list(range(50, 1_000)))) == 50

        def count():
            with large.snapshot():
                return large.rows(COUNT)

        assert in_a_thread(count) == [(2_000,)]
    assert in_a_thread(count) == [(100,)]


def test_file_that_was_replaced_is_read_on(database, tmp_path):
    """The one that was opened; its path leads to another by now."""
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"things.sqlite{suffix}").rename(tmp_path / f"old.sqlite{suffix}")
    with sqlite3.connect(tmp_path / "things.sqlite") as other:
        other.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
    other.close()
    with database.snapshot():
        assert database.rows(COUNT) == [(2_000,)]
        assert database.version is None


def test_snapshot_outlives_the_closing(database):
    """A snapshot under way is read to its end, then its connection is closed too."""
    with database.snapshot():
        database.close()
        assert database.rows(COUNT) == [(2_000,)]
        connection = database._under_way.connection
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute(COUNT)
