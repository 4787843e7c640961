"""Catalogs in files and on a PostgreSQL server, for tests that both have to pass."""

from contextlib import closing

import pytest

from index import FolderStore, PostgresStore


@pytest.fixture(params=["sqlite", "postgres"])
def store(tmp_path, request):
    """Where catalogs are: in files, then in an empty database of a server."""
    if request.param == "sqlite":
        return FolderStore(tmp_path / "home")
    import psycopg

    server = request.getfixturevalue("postgres_server")
    with closing(psycopg.connect(server.address, autocommit=True)) as connection:
        connection.execute("DROP DATABASE IF EXISTS in_turn WITH (FORCE)")
        connection.execute("CREATE DATABASE in_turn")
    return PostgresStore(server.address.replace("/postgres", "/in_turn"), tmp_path / "home")
