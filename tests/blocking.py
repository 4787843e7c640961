"""A process that can reach nothing but loopback, and notes what it tries to reach."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Runs before anything else in the process, as a `sitecustomize` module: any other address is noted and refused.
BLOCKER = """
import os, socket
def guarded(original):
    def call(self, address, *rest):
        host = address[0] if isinstance(address, tuple) else "local"
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            with open(os.environ["CONTACTED"], "a") as log:
                log.write(f"{address}\\n")
            raise OSError(101, "Network is unreachable")
        return original(self, address, *rest)
    return call
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
lookup = socket.getaddrinfo
def guarded_lookup(host, *rest, **named):
    if host not in (None, "", "127.0.0.1", "::1", "localhost", "0.0.0.0"):
        with open(os.environ["CONTACTED"], "a") as log:
            log.write(f"lookup {host}\\n")
        raise socket.gaierror(-2, "Name or service not known")
    return lookup(host, *rest, **named)
socket.getaddrinfo = guarded_lookup
"""


@pytest.fixture
def blocked(tmp_path):
    """The environment of a process that can reach loopback alone, and the file where attempts are noted."""
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "sitecustomize.py").write_text(BLOCKER)
    contacted = tmp_path / "contacted"
    contacted.touch()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"},
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "block"), str(ROOT)]),
        "CONTACTED": str(contacted),
        "QA_HOME": str(tmp_path / "home"),
    }
    return environment, contacted
