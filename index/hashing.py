"""SHA-256 hashes of files, bytes and texts, each as 64 hexadecimal digits."""

import hashlib
from pathlib import Path


def file_hash(path: str | Path) -> str:
    """Hash the bytes of a file; OSError when it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: str | Path, hashed: str) -> bool:
    """Whether a file is there, can be read, and has this hash."""
    try:
        return file_hash(path) == hashed
    except OSError:
        return False


def bytes_hash(content: bytes) -> str:
    """Hash some bytes."""
    return hashlib.sha256(content).hexdigest()


def text_hash(text: str) -> str:
    """Hash a text in UTF-8."""
    return bytes_hash(text.encode("utf-8"))
