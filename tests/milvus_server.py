"""A Milvus server on a loopback port, to be killed and started again: milvus-lite, which speaks the real protocol."""

import importlib.util
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from ports import free_port

_START_SECONDS = 30


class MilvusServer:
    """A server whose data lie in a folder."""

    def __init__(self, folder: Path) -> None:
        """Choose a port and start it."""
        self._folder = folder
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start it, also again, and wait until it takes connections."""
        main = "from milvus_lite.cmdline import main; main()"
        place = ["--host", "127.0.0.1", "--port", str(self._port), "--data-dir", str(self._folder)]
        with (self._folder.parent / "milvus.log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-c", main, "server", *place], stdout=log, stderr=log)
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None and time.monotonic() < end, "the server did not start"
                time.sleep(0.05)

    def kill(self) -> None:
        """Kill it, whatever it is at."""
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def milvus_process(tmp_path_factory):
    """One server for all tests, that each finds running."""
    for package in ("pymilvus", "milvus_lite"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    server = MilvusServer(tmp_path_factory.mktemp("milvus") / "data")
    yield server
    server.kill()


@pytest.fixture
def keep():
    """Remembers an index, to close it at the end, and returns it."""
    with ExitStack() as opened:
        yield lambda index: opened.enter_context(closing(index))


@pytest.fixture
def milvus(milvus_process):
    """A running server."""
    if milvus_process._process.poll() is not None:
        milvus_process.start()
    return milvus_process
