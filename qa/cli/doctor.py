"""Examine the installation for `qa doctor`: what is installed, whether it works, how fast it is, and what to do."""

import os
import platform
import re
import shlex
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

import click

from index import CollectionInfo, Encoder, QAError, SourceError, StorageError, installed_office, load_encoder
from qa.collections import changes_behind, collection_store, describe_engine, encoder_folder, list_collections
from qa.reading.model import shared_reader
from qa.text import count, describe_size, visible_line

State = Literal["ok", "note", "broken"]

PACKAGE = "qa-verbatim"
# Installed with the program, with the module to try. None: importing it takes seconds, or it is tried with the models, as
# OpenVINO is, which by itself reports its use to a server when it is imported; see `import_openvino`.
LIBRARIES = {
    "faiss-cpu": "faiss",
    "openvino": None,
    "tantivy": "tantivy",
    "tokenizers": "tokenizers",
    "sentence-transformers": None,
    "torch": None,
    "gradio": None,
}
EXTRAS = {
    "cluster": "workers on a Ray cluster",
    "ocr": "scanned pages and pictures",
    "multilingual": "documents and questions in a hundred languages",
    "mcp": "the tools of the Model Context Protocol",
    "frame": "data frames, and Parquet files",
    "milvus": "nearest vectors in a Milvus server",
    "langchain": "a retriever for LangChain",
    "llama-index": "a retriever for LlamaIndex",
    "haystack": "a retriever for Haystack",
    "postgres": "collections on a PostgreSQL server",
    "eval": "measuring rankings, and plots",
    "peers": "measuring beside other libraries",
    "train": "training the reader",
}
NOT_SHOWN = ("dev", "test")
FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimd", "asimddp", "i8mm")  # 8-bit arithmetic
LEAST_FREE = 1_000_000_000  # bytes; the prepared models take 100 MB, and a collection about as much as its documents
TIMED = tuple(  # of the length of a usual paragraph
    f"In year {number} the keeper of the lighthouse climbed {number * 7} narrow steps every evening, wrote the height of the "
    "waves and the names of passing ships into his book, and trimmed the lamp before the fishermen came home from the sea."
    for number in range(48)
)


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one thing.

    Attributes:
        section: The heading it belongs to.
        name: What was examined.
        state: "ok", "note" (it works, but more is possible or left to do) or "broken".
        value: What was found.
        advice: What to do, often a command; empty if nothing.
    """

    section: str
    name: str
    state: State
    value: str
    advice: str = ""


def examine(home: Path, *, notice: Callable[[str], None]) -> Iterator[Check]:
    """Examine the installation and the collections in a home folder.

    Args:
        home: The home folder; it need not exist.
        notice: Called with one line before a model is prepared, which takes about half a minute.
    """
    yield from _check_versions()
    yield _check_processor()
    encoder, slow = None, ""

    def sort_out(line: str) -> None:
        nonlocal slow
        if line.startswith("Using the plain encoder"):
            slow = line
        else:
            notice(line)

    try:
        encoder = load_encoder(cache_folder=encoder_folder(), on_notice=sort_out)
        yield Check("Models", "encoder", "note" if slow else "ok", f"{encoder.identity}, hash as published", slow)
    except QAError as error:
        yield Check("Models", "encoder", "broken", str(error))
    try:
        reader = shared_reader(encoder_folder(), on_notice=notice)
        yield Check("Models", "reader", "ok", f"{reader.identity}, hash as published")
    except QAError as error:
        yield Check("Models", "reader", "broken", str(error))
    if encoder is not None:
        try:
            yield Check("Models", "speed", "ok", _measure(encoder))
        except Exception as error:  # whatever keeps the plain encoder from running
            yield Check("Models", "speed", "broken", f"the encoder cannot run: {error}")
    yield from _check_extras()
    yield _check_home(home)
    try:
        store = collection_store(home)
        if server := store.describe():
            yield Check("Collections", "server", "ok", server)
        if engine := describe_engine():
            yield Check("Collections", "nearest vectors", "ok", engine)
        yield from (_check_collection(info, changes_behind(store, info.name)) for info in list_collections(home))
    except (SourceError, StorageError) as error:
        yield Check("Collections", "server", "broken", str(error))


def describe_checks(checks: Sequence[Check], *, colourful: bool = False) -> str:
    """Describe checks as lines under their headings, and say at the end what is broken."""
    marks = {"ok": ("ok", "green"), "note": ("--", "yellow"), "broken": ("!!", "red")}
    width = max(len(visible_line(check.name)) for check in checks)
    lines: list[str] = []
    section = ""
    for check in checks:
        if check.section != section:
            section = check.section
            lines += [""] * bool(lines) + [section]
        mark, colour = marks[check.state]
        mark = click.style(mark, fg=colour, bold=True) if colourful else mark
        lines.append(f"  {mark}  {visible_line(check.name):<{width}}  {visible_line(check.value)}")
        if check.advice:
            lines.append(f"{'':{width + 8}}{visible_line(check.advice)}")
    broken = [visible_line(check.name) for check in checks if check.state == "broken"]
    lines += ["", f"Broken: {', '.join(broken)}." if broken else "Nothing is broken."]
    return "\n".join(lines)


def installed_version(package: str) -> str:
    """Return the version of an installed package; empty if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _check_versions() -> Iterator[Check]:
    section = "Versions"
    yield Check(section, PACKAGE, "ok", installed_version(PACKAGE) or "run from its folder, not installed")
    yield Check(section, "Python", "ok", f"{platform.python_version()}, {platform.platform()}")
    for package, module in LIBRARIES.items():
        found = installed_version(package)
        advice = f"pip install --force-reinstall {package}"
        try:
            if module:
                import_module(module)
        except Exception as error:  # a library built for another processor or Python raises what it likes
            yield Check(section, package, "broken", f"{found or 'not installed'}, cannot be loaded: {error}", advice)
            continue
        if found:
            yield Check(section, package, "ok", found)
        else:
            yield Check(section, package, "broken", "not installed", advice)


def _check_processor() -> Check:
    information = Path("/proc/cpuinfo")
    text = information.read_text(errors="replace") if information.exists() else ""
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.*)$", text, re.MULTILINE)
    known = flags[1].split() if flags else []
    features = [feature for feature in FEATURES if feature in known]
    value = f"{name[1] if name else platform.processor() or platform.machine()}, {count(os.cpu_count() or 1, 'core')}"
    if flags and not features:
        return Check("Models", "processor", "note", value, "It has none of the features that make the models fast.")
    return Check("Models", "processor", "ok", ", ".join([value, *features]))


def _measure(encoder: Encoder) -> str:
    """Time the encoder: passages a second together, and one question, the median of several."""
    encoder.encode_passages(TIMED[:8])
    started = time.perf_counter()
    encoder.encode_passages(TIMED)
    rate = len(TIMED) / (time.perf_counter() - started)
    seconds = []
    for text in TIMED[:9]:
        started = time.perf_counter()
        encoder.encode_question(text[:60])
        seconds.append(time.perf_counter() - started)
    milliseconds = statistics.median(seconds) * 1000
    return f"{rate:,.0f} passages a second, a question in {milliseconds:.1f} ms"


def _check_extras() -> Iterator[Check]:
    for extra, packages in _extras().items():
        versions = {package: installed_version(package) for package in packages}
        use = EXTRAS.get(extra, "")
        if all(versions.values()):
            value = ", ".join(f"{package} {found}" for package, found in versions.items())
            yield Check("Extras", extra, "ok", f"{value}: {use}" if use else value)
        else:
            yield Check(
                "Extras", extra, "note", f"not installed: {use}" if use else "not installed",
                f"pip install '{PACKAGE}[{extra}]'",
            )  # fmt: skip
    office = installed_office()
    if office:
        yield Check("Extras", "LibreOffice", "ok", f"{office}: .doc, .xls and .ppt files")
    else:
        what = "not installed: .doc, .xls and .ppt files"
        yield Check("Extras", "LibreOffice", "note", what, "Install LibreOffice, from your system or libreoffice.org.")


def _extras() -> dict[str, list[str]]:
    """List the packages of each extra."""
    try:
        needed = requires(PACKAGE) or []
    except PackageNotFoundError:
        return {}
    found: dict[str, list[str]] = {}
    for line in needed:
        named = re.match(r"([\w.-]+).*\bextra == ['\"]([\w-]+)['\"]", line)
        if named and named[2] not in NOT_SHOWN:
            found.setdefault(named[2], []).append(named[1])
    return found


def _check_home(home: Path) -> Check:
    place = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        advice = "Make it a folder that you can write to, or name another one in the environment variable QA_HOME."
        return Check("Collections", "folder", "broken", f"{home} cannot be written", advice)
    free = shutil.disk_usage(place).free
    value = f"{home}, {describe_size(free)} free"
    if free < LEAST_FREE:
        return Check("Collections", "folder", "note", value, "Make room on this disk.")
    return Check("Collections", "folder", "ok", value)


def _check_collection(info: CollectionInfo, behind: int) -> Check:
    section, name, named = "Collections", info.name, shlex.quote(info.name)
    if not info.is_current:
        what = f"format {info.format} can no longer be read" if info.format else "damaged"
        sources = "" if info.sources else " SOURCES"
        return Check(section, name, "broken", what, f"qa index --rebuild --name {named}{sources}")
    updated = info.updated[:16].replace("T", " ") or "never"
    counts = f"{count(info.documents, 'document')}, {count(info.passages, 'passage')}, {info.pending:,} pending"
    value = f"{counts}, updated {updated}, format {info.format}"
    if behind > 0:
        value += f", {count(behind, 'change')} not in the indexes saved here yet"
    missing = [source for source in info.sources if not Path(source).exists()]
    if missing:
        advice = f"Put it back, or name others: qa index --name {named} SOURCES"
        return Check(section, name, "note", f"{value}; {', '.join(missing)} does not exist", advice)
    if info.pending:
        return Check(section, name, "note", value, f"qa index --name {named}")
    return Check(section, name, "ok", value)
