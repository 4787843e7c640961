"""Ports for the servers that tests start."""

import socket


def free_port():
    """A port of loopback that nobody listens at; another program may take it before the server does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
