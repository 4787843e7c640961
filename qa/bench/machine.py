"""How much memory this process holds, and what machine it runs on, as far as the system tells."""

import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("faiss-cpu", "tantivy", "openvino", "torch", "sentence-transformers")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes held: in all, and the part that no file backs; None where the system does not tell."""

    resident: int | None
    anonymous: int | None


def held_memory(process: int | None = None) -> Memory:
    """What a process holds now, by its number; this one when omitted, which alone is told where there is no /proc."""
    folder = f"/proc/{process or 'self'}"
    fields = _kilobytes(f"{folder}/smaps_rollup")
    if "Rss" in fields:
        return Memory(fields["Rss"], fields.get("Anonymous"))
    fields = _kilobytes(f"{folder}/status")
    if "VmRSS" in fields:
        return Memory(fields["VmRSS"], fields.get("RssAnon"))
    return Memory(None if process else _greatest(), None)


def peak_memory() -> int | None:
    """The most bytes this process ever held.

    Where /proc tells, from there: what `getrusage` gives also counts what the process that started this one held then.
    """
    return _kilobytes("/proc/self/status").get("VmHWM", _greatest())


def forget_peak() -> None:
    """Let `peak_memory` count from now on, where the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def available_memory() -> int:
    """Bytes that can be had without swapping; a guess of 2 GiB where the system does not tell."""
    available = _kilobytes("/proc/meminfo").get("MemAvailable")
    return available or (_installed_memory() or 1 << 32) // 2


def usable_cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_machine() -> str:
    """One line: processor, cores, memory, how busy it is, versions; no name of the machine."""
    installed = _installed_memory()
    memory = f", {installed / 2**30:.0f} GiB" if installed else ""
    versions = [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in LIBRARIES)]
    busy = f"; load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{_processor()}, {usable_cores()} cores{memory}{busy}; {platform.system()}; {', '.join(versions)}"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _installed_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _greatest() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _kilobytes(path: str) -> dict[str, int]:
    """The lines "Name:  123 kB" of a file, in bytes; none where it cannot be read."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return {}
    found = (line.split() for line in lines if line.endswith(" kB"))
    return {parts[0].rstrip(":"): int(parts[1]) * 1024 for parts in found if len(parts) == 3}
