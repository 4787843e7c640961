"""Keep built graphs in a cache folder, each in a folder named by a key of all it depends on.

A build is written to a folder with a passing name, flushed to the disk, and renamed: one that is cut off at any point
leaves nothing that a later start would trust. It runs in a separate process, which frees its memory. Later starts
check the files against their checksums.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from index.errors import CacheError, EncoderError
from index.hashing import file_hash
from index.private import make_private_folder

BUILD_SECONDS = 900  # a limit, not an expectation: about 30
ABANDONED_SECONDS = 3600
MANIFEST = "manifest.json"


def build_key(*parts: str) -> str:
    """Name a build by the parts it depends on, the processor added: 32 hexadecimal digits."""
    processor = [platform.machine(), platform.processor()]
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        processor += sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return hashlib.sha256(json.dumps([*parts, *processor]).encode()).hexdigest()[:32]


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a build, if every file it lists is there and unchanged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        whole = all(file_hash(folder / name) == expected for name, expected in manifest["files"].items())
        return manifest if whole and manifest["key"] == folder.name else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def find_build(
    folder: Path, builder: str, *arguments: Path, name: str, notice: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Find a complete build in the cache, or build one; return its manifest.

    Args:
        folder: Where the build is, or goes; its name is its key, its parent the cache, made when missing.
        builder: What builds it, as "module:function"; called with the arguments and the folder, all of them strings.
        arguments: The files and folders that the builder reads.
        name: The product, for messages, such as "fast encoder".
        notice: Called with one line before a build, which takes about half a minute.

    Raises:
        EncoderError: It was refused when it was checked, cannot be built, or the cache cannot be written.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        try:
            make_private_folder(folder.parent)
            with FileLock(folder.with_suffix(".lock"), timeout=BUILD_SECONDS, mode=0o600):
                manifest = read_manifest(folder)  # another process may have built it meanwhile
                if manifest is None:
                    notice(f"Preparing the {name}, once; this takes about half a minute.")
                    manifest = build_apart(folder, builder, *arguments, name=name)
        except (OSError, Timeout) as error:
            raise CacheError(f"the {name} cannot be kept in {folder.parent} ({error}).") from error
    if manifest["refused"]:
        raise EncoderError(f"the {name} is not used on this processor: {manifest['refused']}.")
    return manifest


def build_apart(folder: Path, builder: str, *arguments: Path, name: str) -> dict[str, Any]:
    """Build in a separate process, so that libraries needed only for the build do not stay in memory."""
    code = (
        "import importlib, json, os, sys; os.umask(0o077); sys.path[:], module, function, *paths = json.loads(sys.argv[1]); "
        "getattr(importlib.import_module(module), function)(*paths)"
    )
    paths = [str(path.resolve()) for path in (*arguments, folder)]
    command = [sys.executable, "-c", code, json.dumps([sys.path, *builder.split(":"), *paths])]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=BUILD_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise EncoderError(f"building the {name} took more than {BUILD_SECONDS} seconds.") from error
    manifest = read_manifest(folder)
    if done.returncode or manifest is None:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise EncoderError(f"the {name} could not be built: {reason.removeprefix('index.errors.EncoderError: ')}")
    return manifest


def write_build(target: Path, write: Callable[[Path], dict[str, Any]]) -> None:
    """Write a build and put it in its place in the cache, a folder named by its key; an incomplete folder is replaced.

    `write` writes the files into the folder it is given, and returns entries for the manifest: "refused", why the build is
    not to be used, or "". Of a build that is refused no file is kept. OSError when the folder cannot be written.
    """
    _remove_abandoned(target.parent)
    work = Path(tempfile.mkdtemp(prefix="building-", dir=target.parent))
    try:
        manifest = {"key": target.name, **write(work)}
        if manifest["refused"]:
            for path in _files(work):
                path.unlink()
        manifest["files"] = {path.name: file_hash(path) for path in sorted(_files(work))}
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1))
        _publish(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _publish(work: Path, target: Path) -> None:
    for path in (*_files(work), work):
        _flush(path)
    if target.exists() and read_manifest(target) is None:
        os.rename(target, tempfile.mkdtemp(prefix="building-", dir=target.parent))
    try:
        os.rename(work, target)
    except OSError:
        if read_manifest(target) is None:  # else another process was faster, with the same result
            raise
    _flush(target.parent)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_file())


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk; skip folders that cannot be opened, as on Windows."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_abandoned(parent: Path) -> None:
    """Remove what builds that were cut off have left."""
    for path in parent.glob("building-*"):
        with suppress(OSError):  # another process may be removing it
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(path)
