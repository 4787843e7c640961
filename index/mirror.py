"""Copies of files elsewhere, which a collection reads as it reads other files: fetch what is new or has changed.

A page (`https://`, `http://`) is one file, fetched by httpx; any other address is a file or a folder of fsspec, such as
`s3://` or `zip://`. The catalog lists the copies with what tells their versions apart: an ETag, a time of change, or what the
file system says of a file.

What cannot be fetched is a source with a fault. Its copy goes if the file is no longer there, or cannot be used; it stays, and
answers, where the reason may pass, such as a network that is off.
"""

import hashlib
import json
import logging
import netrc
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from index.addresses import Address
from index.errors import PassingError, QAError, SourceError, StorageError
from index.hashing import file_hash
from index.parsers import FORMATS, OLD_OFFICE, find_format, is_read, show_name
from index.parsers.builder import MEGABYTE
from index.private import make_private_folder
from index.records import Source
from index.sources import RuleFilter, SourceRules, look_at
from index.store.catalog import Catalog, FetchedFile

if TYPE_CHECKING:
    import httpx

_AT_ONCE = 8  # pages
_NARROW = "Name a folder in it, or leave out files by patterns."
_COPIES_USED = "What was fetched before is used."
_CHUNK = 1 << 20  # bytes
_CONNECT_SECONDS, _ANSWER_SECONDS = 10, 30
_MOST_REDIRECTS = 5
_GONE = (404, 410)
_REFUSED = (401, 403, 407)
_SUFFIXES = {
    "text/html": ".html", "application/xhtml+xml": ".xhtml", "application/pdf": ".pdf", "text/plain": ".txt",
    "text/markdown": ".md", "text/x-rst": ".rst", "text/csv": ".csv", "text/tab-separated-values": ".tsv",
    "application/json": ".json", "application/x-ndjson": ".ndjson", "application/rtf": ".rtf", "text/rtf": ".rtf",
    "message/rfc822": ".eml", "application/mbox": ".mbox", "application/epub+zip": ".epub", "image/png": ".png",
    "image/jpeg": ".jpg", "image/tiff": ".tif", "application/msword": ".doc", "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt", "application/vnd.ms-outlook": ".msg", "application/x-ipynb+json": ".ipynb",
    "text/vtt": ".vtt", "application/x-subrip": ".srt", "multipart/related": ".mht", "application/x-mimearchive": ".mht",
    "text/calendar": ".ics", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "application/xml": ".xml", "text/xml": ".xml",
    "application/fictionbook+xml": ".fb2", "image/webp": ".webp", "image/bmp": ".bmp", "image/gif": ".gif",
    **{
        f"application/vnd.ms-{kind}.macroenabled.12": suffix
        for kind, suffix in (
            ("word.document", ".docm"), ("word.template", ".dotm"), ("excel.sheet", ".xlsm"), ("excel.template", ".xltm"),
            ("excel.sheet.binary", ".xlsb"), ("powerpoint.presentation", ".pptm"), ("powerpoint.template", ".potm"),
            ("powerpoint.slideshow", ".ppsm"),
        )
    },
    **{
        f"application/vnd.openxmlformats-officedocument.{kind}": suffix
        for kind, suffix in (
            ("wordprocessingml.document", ".docx"), ("presentationml.presentation", ".pptx"), ("spreadsheetml.sheet", ".xlsx"),
            ("wordprocessingml.template", ".dotx"), ("presentationml.template", ".potx"), ("spreadsheetml.template", ".xltx"),
            ("presentationml.slideshow", ".ppsx"),
        )
    },
    **{
        f"application/vnd.oasis.opendocument.{kind}": suffix
        for kind, suffix in (
            ("text", ".odt"), ("spreadsheet", ".ods"), ("presentation", ".odp"), ("text-template", ".ott"),
            ("spreadsheet-template", ".ots"), ("presentation-template", ".otp"),
        )
    },
}  # fmt: skip
_VAGUE = ("", "application/octet-stream", "binary/octet-stream", "text/plain", "application/x-download")
_WRITTEN_IN = {".json": (".ipynb", ".jsonl", ".ndjson"), ".xml": (".fb2", ".fodt", ".fods", ".fodp")}
_PAGES = (".html", ".xhtml")
_NAMED_PAGES = ("", ".html", ".htm", ".xhtml")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much is fetched: files of one address, bytes of one file and of one address, seconds for one file."""

    files: int = 10_000
    file_bytes: int = 512 * MEGABYTE
    all_bytes: int = 10_000 * MEGABYTE
    seconds: float = 600


class Mirror:
    """The copies of one collection.

    Attributes:
        folder: The folder of the copies.
    """

    def __init__(self, catalog: Catalog, folder: Path, limits: FetchLimits | None = None) -> None:
        """Manage the copies of a collection, given by its open catalog and its folder."""
        self._catalog, self._limits = catalog, limits or FetchLimits()
        self.folder = Path(os.path.realpath(folder)) / "fetched"
        self._given: dict[str, Address] = {}  # with credentials, which the stored addresses lack
        self._stopped: Callable[[], bool] = lambda: False
        self._abandoned = threading.Event()  # by the thread that waits for pages

    def find(self, addresses: Sequence[Address]) -> list[Source]:
        """Find the copies of what some addresses name, and the faults met when they were last fetched; contacts nothing."""
        wanted, fetched = set(addresses), self._catalog.fetched_files()
        found = [each for each in fetched if each.address in wanted]
        sources = [Source(each.name, each.name, 0, 0, 0, each.fault) for each in found if each.fault]
        sources += [source for each in found if each.file and (source := look_at(self.folder / each.file, each.name))]
        missing = sorted(wanted - {each.address for each in found} - {each.name for each in found})
        return sources + [Source(each, each, 0, 0, 0, f"{each} has not been fetched yet.") for each in missing]

    def fetch(
        self,
        addresses: Sequence[Address],
        rules: SourceRules,
        *,
        on_file: Callable[[str, int, int], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Bring the copies up to what the addresses name; the caller has the collection's lock.

        Args:
            addresses: Pages, files and folders. Credentials that were given with one earlier are used again.
            rules: Which files of a folder to take.
            on_file: Called after each file with its name, and how many of how many are done; an error it raises ends the work.
            stopped: Whether to give up.

        Raises:
            StorageError: The copies cannot be written.
        """
        known = {each.name: each for each in self._catalog.fetched_files()}
        if not addresses and not known:
            return
        self._given |= {str(each): each for each in addresses if each.given != each}
        addresses = sorted((self._given.get(each, each) for each in addresses), key=len)  # folders before their files
        excluded = {Path(path).name for path in self._catalog.exclusions() if Path(path).parent == self.folder}
        self._stopped = stopped
        self._abandoned.clear()
        with self._writing():
            make_private_folder(self.folder)
        kept: set[str] = set()
        for number, each in enumerate(self._fetch_all(addresses, rules, known, excluded)):
            if stopped():
                return
            if each.name in kept:
                continue
            kept.add(each.name)
            if each != known.get(each.name):
                self._catalog.keep_fetched(each)
            if on_file:
                on_file(each.name, number + 1, max(number + 1, len(addresses), len(known)))
        self._catalog.forget_fetched(known.keys() - kept)
        files = {each.file for each in self._catalog.fetched_files()}
        with self._writing():
            for copy in self.folder.iterdir():
                if copy.name not in files:
                    copy.unlink()

    def _fetch_all(
        self, addresses: Sequence[Address], rules: SourceRules, known: Mapping[str, FetchedFile], excluded: set[str]
    ) -> Iterator[FetchedFile]:
        def fetch_one(address: Address, name: str, fetch: "Callable[[FetchedFile], FetchedFile]") -> FetchedFile:
            before = known.get(name) or FetchedFile(name, address)
            if before.file in excluded:
                return before
            if not (self.folder / before.file).is_file():
                before = replace(before, file="", version="")
            try:
                return replace(fetch(before), address=str(address), fault="")
            except PassingError as error:
                fault = f"{error} {_COPIES_USED}" if before.file else str(error)
                return replace(before, address=str(address), fault=fault)
            except SourceError as error:
                return FetchedFile(name, str(address), fault=str(error))

        pages = [address for address in addresses if address.is_page]
        if pages:
            with _open_client() as client, ThreadPoolExecutor(_AT_ONCE) as pool:
                jobs = [
                    pool.submit(fetch_one, page, str(page), partial(self._fetch_page, client, page)) for page in pages
                ]
                try:
                    yield from (job.result() for job in jobs)
                finally:
                    self._abandoned.set()
                    pool.shutdown(wait=False, cancel_futures=True)
            self._abandoned.clear()
        for address in addresses:
            if not address.is_page:
                try:
                    listed = self._list_files(address, rules)
                except SourceError as error:
                    yield from self._describe_unlisted(address, error, known)
                else:
                    for name, fetch in listed:
                        yield fetch_one(address, name, fetch)

    def _describe_unlisted(
        self, address: Address, error: SourceError, known: Mapping[str, FetchedFile]
    ) -> Iterator[FetchedFile]:
        """The fault of an address, and the copies that stay."""
        copies = [each for each in known.values() if each.address == address and each.file]
        if not copies or not isinstance(error, PassingError):
            yield FetchedFile(str(address), str(address), fault=str(error))
            return
        fault = f"{error} {_COPIES_USED}"
        yield from (replace(each, fault=fault if each.name == address else "") for each in copies)
        if address not in {each.name for each in copies}:
            yield FetchedFile(str(address), str(address), fault=fault)

    # Pages

    def _fetch_page(self, client: "httpx.Client", address: Address, before: FetchedFile) -> FetchedFile:
        headers = json.loads(before.version) if before.file and before.version else {}
        with _translated_http(address), _request(client, address, headers) as response:
            status = response.status_code
            if status == 304 and before.file:
                return before
            if status in _GONE:
                raise SourceError(f"{address} was not found ({status}). Check the address, or leave it out.")
            if status in _REFUSED:
                raise PassingError(
                    f"{address} refuses access ({status}). Name it again with its credentials, or write them to ~/.netrc."
                )
            if status != 200:
                raise PassingError(f"{address} cannot be fetched: its server answered {status}. Try again later.")
            suffix = _choose_suffix(address, response.headers.get("content-type", ""))
            length = response.headers.get("content-length", "")
            self._check_size(address, int(length) if length.isdecimal() else 0)
            changed = _parse_date(response.headers.get("last-modified", ""))
            file = self._write(address, suffix, response.iter_bytes(), before, changed)
            sent = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
            found = {name: response.headers[header] for header, name in sent.items() if header in response.headers}
            return replace(before, file=file, version=json.dumps(found))

    # Files of fsspec

    def _list_files(
        self, address: Address, rules: SourceRules
    ) -> list[tuple[str, Callable[[FetchedFile], FetchedFile]]]:
        """List the files of an address, each with its name and what fetches it; SourceError when that is not possible."""
        scheme = address.partition("://")[0]
        if scheme in ("file", "local"):
            raise SourceError(f"{address} is on this computer. Name it by its path, without {scheme}://.")
        if "::http" in address:
            raise SourceError(f"{address} is inside a page. Save the archive, then name {scheme}://::ARCHIVE.")
        with _translated_files(address):
            import fsspec

            fs, root = fsspec.core.url_to_fs(address.given, skip_instance_cache=True)
            fs.invalidate_cache()
            found = self._walk(fs, root, address, rules)
        if sum(info.get("size") or 0 for _, info in found) > self._limits.all_bytes:
            raise SourceError(f"{address} holds more than {_megabytes(self._limits.all_bytes)}. {_NARROW}")
        if not found:
            raise SourceError(f"{address} holds no files.")
        return [(name, partial(self._fetch_file, fs, info, name)) for name, info in found]

    def _walk(self, fs: Any, root: str, address: Address, rules: SourceRules) -> list[tuple[str, dict[str, Any]]]:
        patterns = RuleFilter(rules)
        first = fs.info(root)
        if first["type"] != "directory":
            return [(str(address), first)]
        found, folders = [], [("", root)]
        while folders:
            prefix, folder = folders.pop()
            for info in fs.ls(folder, detail=True):
                last = info["name"].rstrip("/").rpartition("/")[2]
                name = prefix + last
                if info["name"].rstrip("/") == folder.rstrip("/") or not patterns.shows(name):
                    continue
                if info["type"] == "directory":
                    if patterns.enters_folder(name):
                        folders.append((f"{name}/", info["name"]))
                elif patterns.takes_file(name):
                    head, joint, archive = address.partition("::")
                    within = head if head.endswith("/") else f"{head}/"
                    found.append((f"{within}{name}{joint}{archive}", info))
            if len(found) > self._limits.files:
                raise SourceError(f"{address} holds more than {self._limits.files:,} files. {_NARROW}")
        return sorted(found, key=lambda each: each[0])

    def _fetch_file(self, fs: Any, info: dict[str, Any], name: str, before: FetchedFile) -> FetchedFile:
        version = hashlib.sha256(repr(sorted(info.items(), key=lambda item: item[0])).encode()).hexdigest()
        if before.file and before.version == version:
            return before
        suffix = PurePosixPath(info["name"]).suffix.lower()
        if not is_read(info["name"]):
            find_format(suffix, name=name)
        self._check_size(name, info.get("size") or 0)
        with _translated_files(name):
            changed: float | None = None
            with suppress(Exception):  # many file systems know no times
                changed = _seconds(fs.modified(info["name"]))
            with fs.open(info["name"], "rb") as stream:
                file = self._write(name, suffix, iter(partial(stream.read, _CHUNK), b""), before, changed)
        return replace(before, file=file, version=version)

    # Copies

    def _write(
        self, name: str, suffix: str, chunks: Iterator[bytes], before: FetchedFile, changed: float | None
    ) -> str:
        """Write a copy, with the time its content last changed; return its file name. One with the same bytes stays as it is."""
        file = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:32] + suffix
        part, copy = self.folder / f".{file}.part", self.folder / file
        try:
            with self._writing():
                stream = open(part, "wb", opener=partial(os.open, mode=0o600))  # noqa: SIM115
            with stream:
                self._copy(name, chunks, stream)
            with self._writing():
                if before.file != file or file_hash(part) != file_hash(copy):
                    if changed is not None:
                        os.utime(part, (changed, changed))
                    os.replace(part, copy)
        finally:
            part.unlink(missing_ok=True)
        return file

    def _copy(self, name: str, chunks: Iterator[bytes], stream: BinaryIO) -> None:
        end, size = time.monotonic() + self._limits.seconds, 0
        for chunk in chunks:
            size += len(chunk)
            self._check_size(name, size)
            if self._abandoned.is_set() or self._stopped():
                raise PassingError(f"{name} was not fetched to its end.")
            if time.monotonic() > end:
                raise PassingError(f"{name} takes longer than {self._limits.seconds:,.0f} seconds. Try again later.")
            with self._writing():
                stream.write(chunk)

    def _check_size(self, name: str, size: int) -> None:
        if size > self._limits.file_bytes:
            raise SourceError(f"{name} is larger than {_megabytes(self._limits.file_bytes)}. It is not fetched.")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"{self.folder} cannot be written: {error.strerror}. Make room, or check its rights."
            ) from error


def _open_client() -> "httpx.Client":
    import httpx

    logging.getLogger("httpx").addFilter(_hide_credentials)  # it logs every address
    timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    return httpx.Client(timeout=timeout, headers={"User-Agent": "qa-verbatim"})


def _hide_credentials(record: logging.LogRecord) -> bool:
    import httpx

    if isinstance(record.args, tuple):
        record.args = tuple(
            each.copy_with(userinfo=b"", query=None, fragment=None) if isinstance(each, httpx.URL) else each
            for each in record.args
        )
    return True


@contextmanager
def _request(client: "httpx.Client", address: Address, headers: Mapping[str, str]) -> "Iterator[httpx.Response]":
    """Ask for a page, and follow redirects: from http to https, never back, nor to a scheme of another kind."""
    import httpx

    auth: httpx.Auth | None = None
    with suppress(OSError, netrc.NetrcParseError):
        auth = httpx.NetRCAuth()
    request = client.build_request("GET", address.given.partition("#")[0], headers=headers)
    for _ in range(_MOST_REDIRECTS + 1):
        named = auth is None or request.url.userinfo
        response = client.send(request, stream=True, auth=httpx.USE_CLIENT_DEFAULT if named else auth)
        following = response.next_request
        if following is None:
            with closing(response):
                yield response
            return
        response.close()
        if following.url.scheme not in ("https", request.url.scheme):
            raise SourceError(f"{address} leads on to {following.url.scheme}://, where it is not followed.")
        request = following
    raise SourceError(f"{address} leads on and on. Open it in a browser, and name where it ends.")


@contextmanager
def _translated_http(address: Address) -> Iterator[None]:
    """Translate errors of httpx. Their own texts may have the address with its credentials."""
    import httpx

    try:
        yield
    except httpx.InvalidURL as error:
        raise SourceError(f"{address} is no address of a page. Write it as in https://example.org/page.") from error
    except httpx.TimeoutException as error:
        raise PassingError(f"{address} does not answer. Try again later.") from error
    except httpx.HTTPError as error:
        reason = next(filter(None, map(_describe_cause, _causes(error))), "the connection broke off")
        raise PassingError(f"{address} cannot be reached: {reason}. Try again later.") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _describe_cause(error: BaseException) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host, or no network"
    if isinstance(error, ssl.SSLError):
        return "its certificate is not valid"
    return error.strerror or "" if isinstance(error, OSError) else ""


@contextmanager
def _translated_files(name: str) -> Iterator[None]:
    """Translate whatever a file system of fsspec raises, whose own text may have credentials."""
    try:
        yield
    except (QAError, MemoryError):
        raise
    except ImportError as error:  # its text is fsspec's own: "Install s3fs to access S3"
        raise SourceError(f"{name} needs another package. {str(error).splitlines()[0]}.") from error
    except FileNotFoundError as error:
        raise SourceError(f"{name} was not found. Check the address, or leave it out.") from error
    except PermissionError as error:
        raise PassingError(f"{name} refuses access. Check the credentials in your settings of that service.") from error
    except Exception as error:
        if isinstance(error, ValueError) and "Protocol not known" in str(error):
            scheme = name.partition("://")[0]
            raise SourceError(f"{name}: there is no kind of address {scheme}://. See: qa help elsewhere") from error
        reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        raise PassingError(f"{name} cannot be fetched ({reason}). Try again later.") from error


def _choose_suffix(address: Address, content_type: str) -> str:
    """The suffix of a copy by the type that the server states, or by the address where it states none of use.

    Raises:
        SourceError: No parser reads that type; or it is a web page in place of another kind of file.
    """
    kind = content_type.partition(";")[0].strip().lower()
    own = PurePosixPath(address.partition("?")[0].partition("://")[2].partition("/")[2]).suffix.lower()
    own = own if own in FORMATS or own in OLD_OFFICE else ""
    stated = _SUFFIXES.get(kind, "")
    if (kind in _VAGUE and (own or stated)) or own in _WRITTEN_IN.get(stated, ()):
        return own or stated
    if not stated:
        raise SourceError(
            f"{address} is of the type {show_name(kind) or 'unknown'}, which is not read. See: qa help formats"
        )
    if stated in _PAGES and own not in _NAMED_PAGES:
        raise SourceError(f"{address} is a web page, not a {own} file. Open it in a browser: it may ask to sign in.")
    return stated


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"


def _seconds(changed: datetime) -> float:
    return min(time.time(), (changed if changed.tzinfo else changed.replace(tzinfo=UTC)).timestamp())


def _parse_date(header: str) -> float | None:
    try:
        return max(0.0, _seconds(parsedate_to_datetime(header)))
    except (ValueError, OverflowError):
        return None
