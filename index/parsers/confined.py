"""Start a program within limits: a separate script, which becomes the program and imports nothing of this package.

Limited are processor time, memory and the size of each file written. Where the system lets any user do so (Linux), the
program is also cut off from every network. What the system does not limit is left to the process that started this one.
"""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER and CLONE_NEWNET of Linux


def become(seconds: str, memory: str, file_size: str, *command: str) -> None:
    """Become a command that may use so many seconds of processor time, bytes of memory and bytes for a file."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(seconds),
        resource.RLIMIT_DATA: int(memory),
        resource.RLIMIT_FSIZE: int(file_size),
    }
    for limit, value in limits.items():
        with suppress(OSError, ValueError):  # a system that does not keep it
            resource.setrlimit(limit, (value, value))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and what is ignored stays so
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)  # where it is refused, the program's settings remain
    os.execvp(command[0], command)


if __name__ == "__main__":
    become(*sys.argv[1:])
