"""Wait for something to come true."""

import time


def until(condition):
    """Wait until something holds."""
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()
