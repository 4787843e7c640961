"""Read old office files (.doc, .xls, .ppt) by way of LibreOffice, which converts each to its successor (.docx, .xlsx, .pptx).

Binary workbooks of later years (.xlsb) are read so too.

Many such files are something else under that suffix: rich text, a web page, text between tabs. Those are read as what they are,
without LibreOffice.

LibreOffice runs in a process with limits, on a copy of the file, with a profile and an output folder that are removed afterwards.
Its settings run no macros, update no links and send every connection to a port that nobody serves, because pictures may
be links to the web; on Linux it mostly has no network at all.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from index.errors import SourceError
from index.hashing import bytes_hash
from index.parsers import LARGEST_TEXT, OLD_OFFICE, read_bytes, show_name
from index.parsers.builder import MEGABYTE
from index.parsers.containers import refuse_kind
from index.records import Document

CONVERSION_SECONDS = 60.0  # of processor time for a conversion, and one more for each megabyte of the file
_PATIENCE = 3  # times as long may pass meanwhile
CONVERSION_MEMORY = 2_000 * MEGABYTE  # bytes
LARGEST_RESULT = 512 * MEGABYTE  # bytes
_USUAL_PLACES = {
    "darwin": ("/Applications/LibreOffice.app/Contents/MacOS/soffice",),
    "win32": (
        r"C:\Program Files\LibreOffice\program\soffice.exe",
        r"C:\Program Files (x86)\LibreOffice\program\soffice.exe",
    ),
}


class SuffixReader(Protocol):
    """Reads a file as the format of a suffix; raises SourceError when it cannot."""

    def __call__(self, path: str | Path, *, name: str, suffix: str) -> Document: ...


class Converter(NamedTuple):
    """An installed LibreOffice: its program, and its name and version."""

    program: str
    label: str


def find_converter() -> Converter | None:
    """Look for LibreOffice on the search path, then where its installers put it; starts nothing. None if it is not installed."""
    program = shutil.which("soffice")
    places = _USUAL_PLACES.get(sys.platform, ())
    program = program or next((place for place in places if os.path.isfile(place)), None)
    return Converter(program, _product(program)) if program else None


@lru_cache(maxsize=4)
def _product(program: str) -> str:
    """Name and version, such as "LibreOffice 7.4", from the file beside the program that states them."""
    folder = Path(program).resolve().parent
    for file in (folder / "bootstraprc", folder / "bootstrap.ini", folder.parent / "Resources" / "bootstraprc"):
        with suppress(OSError):
            found = re.search(r"^ProductKey=(.+)$", file.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
            if found:
                return found[1].strip()
    return "LibreOffice"


def read_old_office(path: str | Path, *, name: str, read: SuffixReader) -> Document:
    """Read a file whose suffix is one of `OLD_OFFICE`.

    Args:
        path: The file.
        name: The name shown, in messages too.
        read: Reads the converted file, or the file itself as what it really is.

    Returns:
        As `read_document`, with the path and hash of the file itself; extractor and notes name LibreOffice where it converted it.

    Raises:
        SourceError: As `read_document`; or LibreOffice is needed and not installed, or cannot convert the file.
    """
    shown, own = show_name(name), Path(path).suffix.lower()
    content = read_bytes(Path(path), shown, LARGEST_TEXT)
    real = find_suffix(content, own)
    if real:
        document = read(path, name=name, suffix=real)
        return replace(document, notes=(*document.notes, f"read as {real}, which it is in spite of its suffix"))
    input_filter, suffix = _choose_filter(content, shown, own)
    converter = find_converter()
    if converter is None:
        raise SourceError(f"{shown}: reading {own} files needs LibreOffice. Install it, or save the file as {suffix}.")
    try:
        with convert(content, converter, name=shown, suffix=own, to=suffix, input_filter=input_filter) as copy:
            document = read(copy, name=name, suffix=suffix)
    except OSError as error:  # no space, or no more processes
        raise SourceError(f"{shown} cannot be converted: {error.strerror}. Save it as {suffix}.") from error
    return replace(
        document,
        path=str(path),
        file_sha256=bytes_hash(content),
        extractor=f"{document.extractor}, {converter.label}",
        notes=(*document.notes, f"converted by {converter.label}"),
    )


_BINARY_WORKBOOK = b"xl/workbook.bin"  # the member of an .xlsb
_MEMBERS = (
    (b"word/document", ".docx"), (b"xl/workbook", ".xlsx"), (b"ppt/presentation", ".pptx"),
    (b"opendocument.text", ".odt"), (b"opendocument.spreadsheet", ".ods"), (b"opendocument.presentation", ".odp"),
)  # fmt: skip
_BEGINNINGS = (
    (rb"\{\\rtf", ".rtf"),
    (rb"%PDF-", ".pdf"),
    (rb"(?i)(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|!--|html|head|body|table|style|meta|div)\b", ".html"),
    (rb"(?i)(?:[\w-]+:[^\n]*\n)*?mime-version:", ".eml"),
    (rb"<\?xml", ""),
)
_OFFICE_XML = re.compile(rb"<\?xml\b.*?<(?:\w+:)?(wordDocument|Workbook)\b", re.DOTALL)  # of Office 2003
_LOOKED_AT = 4096  # bytes
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_OLE = b"\xd0\xcf\x11\xe0"


def find_suffix(content: bytes, own: str) -> str:
    """Tell what a file with the suffix of an old office format really is, where that can be read without LibreOffice.

    Args:
        content: Its bytes.
        own: Its suffix.

    Returns:
        The suffix of its real format; empty if it is of an old format, or of none that is known.
    """
    if content.startswith(b"PK\x03\x04"):
        if OLD_OFFICE[own] == ".xlsx" and _BINARY_WORKBOOK in content:
            return ""
        members = sorted(_MEMBERS, key=lambda member: member[1] != OLD_OFFICE[own])  # another file may be embedded
        return next((suffix for member, suffix in members if member in content), "")
    wide, beginning = content.startswith(_WIDE_MARKS), _look_at(content)
    if not beginning or beginning.startswith(_OLE) or _OFFICE_XML.match(beginning):
        return ""
    for pattern, suffix in _BEGINNINGS:
        if re.match(pattern, beginning):
            return suffix
    if b"\0" in content and not wide:
        return ""
    return ".csv" if OLD_OFFICE[own] == ".xlsx" else ".txt"


def _look_at(content: bytes) -> bytes:
    """The beginning of a file in bytes of ASCII, without white space and byte-order marks."""
    beginning = content[:_LOOKED_AT]
    if content.startswith(_WIDE_MARKS):
        beginning = beginning.decode("utf-16", "ignore").encode("utf-8", "replace")
    return beginning.removeprefix(b"\xef\xbb\xbf").lstrip()


_STREAMS = (
    ("WordDocument", "MS Word 97", ".docx"),
    ("Workbook", "MS Excel 97", ".xlsx"),
    ("Book", "MS Excel 97", ".xlsx"),
    ("PowerPoint Document", "MS PowerPoint 97", ".pptx"),
)
_XML_FILTERS = {b"wordDocument": ("MS Word 2003 XML", ".docx"), b"Workbook": ("MS Excel 2003 XML", ".xlsx")}


def _choose_filter(content: bytes, shown: str, own: str) -> tuple[str, str]:
    """LibreOffice's filter for a file, and the suffix of what it is converted to.

    Without a filter LibreOffice reads what it does not recognise as text.

    Raises:
        SourceError: It is of no old format, or protected with a password.
    """
    if office_xml := _OFFICE_XML.match(_look_at(content)):
        return _XML_FILTERS[office_xml[1]]
    if content.startswith(b"PK\x03\x04") and _BINARY_WORKBOOK in content:
        return "Calc MS Excel 2007 Binary", ".xlsx"
    if not content.startswith(_OLE):
        refuse_kind(content, name=shown, suffix=own)
    if _holds_stream(content, "EncryptedPackage"):
        raise _locked(shown)
    streams = sorted(_STREAMS, key=lambda stream: stream[2] != OLD_OFFICE[own])  # another one may be embedded
    for stream, input_filter, suffix in streams:
        if _holds_stream(content, stream):
            return input_filter, suffix
    raise SourceError(f"{shown} is not a {own} file: no document is found inside. Is it damaged?")


def _holds_stream(content: bytes, name: str) -> bool:
    """Whether an OLE file lists a stream of a name."""
    return f"{name}\0".encode("utf-16-le") in content


_LOCKS = {
    ".docx": re.compile(rb"\xec\xa5.{9}[" + re.escape(bytes(range(1, 256, 2))) + rb"]", re.DOTALL),
    ".xlsx": re.compile(rb"\x09\x08[\x08\x10]\0(?:.{8}|.{16})\x2f\0", re.DOTALL),
    ".pptx": re.compile(rb"\xdf\xc4\xd1\xf3"),
}  # the marks of a document with a password; used only to say why a conversion failed


@contextmanager
def convert(
    content: bytes, converter: Converter, *, name: str, suffix: str, to: str, input_filter: str
) -> Iterator[Path]:
    """Convert a file.

    Args:
        content: Its bytes.
        converter: Converts it.
        name: Its name, for messages.
        suffix: Its suffix.
        to: The suffix of the format to convert it to.
        input_filter: What LibreOffice calls the format that it is in.

    Yields:
        The path of the converted file, which is removed afterwards with all else that was written.

    Raises:
        SourceError: It has a password, is damaged, or takes too long, too much memory or too much space.
    """
    seconds = CONVERSION_SECONDS + len(content) / MEGABYTE
    with tempfile.TemporaryDirectory(prefix="qa-", ignore_cleanup_errors=True) as made:  # with mode 0700
        folder = Path(made).resolve()
        source, profile, result = folder / f"source{suffix}", folder / "profile", folder / "result" / f"source{to}"
        source.write_bytes(content)
        _write_settings(profile)
        options = ["--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"]
        status = _run(
            [converter.program, f"-env:UserInstallation={profile.as_uri()}", *options]
            + [f"--infilter={input_filter}", "--convert-to", to[1:], "--outdir", str(result.parent), str(source)],
            folder,
            seconds,
        )
        _remove_socket(profile)
        if status is None:
            raise SourceError(
                f"{name} needs more than {seconds:.0f} seconds to convert. Split it, or save it as {to}, then index it again."
            )
        if status or not result.is_file():
            if _LOCKS[to].search(content):
                raise _locked(name)
            raise SourceError(
                f"{name} cannot be converted by {converter.label}: it is damaged or too large."
                f" Open it where it was made and save it as {to}."
            )
        yield result


def _locked(name: str) -> SourceError:
    return SourceError(f"{name} is protected with a password. Save a copy without one, then index it again.")


def _run(command: list[str], folder: Path, seconds: float) -> int | None:
    """Run a command within limits, then end every process that it started; returns its exit status, None if it took too long."""
    if os.name == "posix":
        limits = (str(int(seconds) + 1), str(CONVERSION_MEMORY), str(LARGEST_RESULT))
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("confined.py")), *limits, *command]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )
    try:
        return process.wait(_PATIENCE * seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with the processes that it started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    process.wait()


_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "NO_PROXY", "no_proxy")
_NOWHERE = ("127.0.0.1", 9)  # the port of the discard protocol, which nobody serves


def _environment(folder: Path) -> dict[str, str]:
    """The variables of this process without the desktop's; files that programs keep for a user go to a folder."""
    kept = {name: value for name, value in os.environ.items() if name not in _DESKTOP}
    places = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(folder))
    return {**kept, **places, "SAL_USE_VCLPLUGIN": "svp"}


_SETTINGS: dict[str, dict[str, object]] = {
    "Office.Common/Security/Scripting": {
        "MacroSecurityLevel": 3, "DisableMacrosExecution": "true", "BlockUntrustedRefererLinks": "true",
    },
    "Office.Writer/Content/Update": {"Link": 0},
    "Office.Calc/Content/Update": {"Link": 2},
    "Office.Java/VirtualMachine": {"Enable": "false"},
    "Inet/Settings": {
        "ooInetProxyType": 2,
        **{f"ooInet{kind}ProxyName": _NOWHERE[0] for kind in ("HTTP", "HTTPS", "FTP")},
        **{f"ooInet{kind}ProxyPort": _NOWHERE[1] for kind in ("HTTP", "HTTPS", "FTP")},
    },
}  # fmt: skip


def _write_settings(profile: Path) -> None:
    """Make a profile for one conversion: no macros, no Java, no updating of links, and a proxy that is not there."""
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, values in _SETTINGS.items()
        for name, value in values.items()
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )


def _remove_socket(profile: Path) -> None:
    """Remove the socket that LibreOffice leaves outside its folders when it is killed; its name is made of the profile's."""
    digest = hashlib.md5(profile.as_uri().encode("utf-16-le"), usedforsecurity=False).digest()
    for socket in Path("/tmp").glob(f"OSL_PIPE_*_SingleOfficeIPC_{''.join(f'{byte:x}' for byte in digest)}"):
        socket.unlink(missing_ok=True)
