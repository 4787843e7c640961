"""Find the files of a collection under some paths, by rules of inclusion and exclusion.

Patterns are those of a `.gitignore`, read by the pathspec library: `*.md` at any depth, `drafts/` a folder with all its
files, `/notes.txt` only at the top, `!keep.md` takes a file back. Only the `.gitignore` files from the named folder
downwards apply: naming a folder that a file above it ignores includes that folder.

Of a Zotero library the files are those that its database lists. Elsewhere, files that the rules leave out, the templates
of a vault of Obsidian, links that lead out of the named folder, and pipes and the like are left out silently. Every other
file is returned, even one no parser knows, so that the parser can report it. A named path that is not a file, a link that
leads to no file, and a folder that cannot be listed are returned with the fault. The order is that of the names shown, so
that the same folder gives the same collection on every machine.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pathspec import GitIgnoreSpec

from index.addresses import Address, is_address
from index.errors import SourceError
from index.parsers.obsidian import SETTINGS, template_folders
from index.records import Source
from index.zotero import DATABASE_FILE, find_attachments

IGNORE_FILE = ".gitignore"
CATALOG_FILE = "catalog.sqlite"  # marks the folder of a collection
SETTLED_NS = 2_000_000_000  # a file changed less than 2 s before it was read may change again within one clock tick
_VERSION_CONTROL = ".git"  # git itself never looks into it


@dataclass(frozen=True, slots=True)
class SourceRules:
    """Which files under the named folders to take.

    Attributes:
        include: Patterns of the only files to take; all when empty.
        exclude: Patterns of files and folders to leave out.
        hidden: Whether to take files and folders whose name begins with a dot, lock files, and files of the system.
        links: Whether to follow links that lead out of their folder.
        ignore_files: Whether to leave out the files that `.gitignore` files ignore.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    links: bool = False
    ignore_files: bool = True


_OF_THE_SYSTEM = ("thumbs.db", "desktop.ini")  # written by Windows into folders; "~$" begins the lock files of Office
EVERYTHING = SourceRules(hidden=True, links=True, ignore_files=False)


@dataclass(frozen=True, slots=True)
class Selection:
    """The sources of a collection.

    Attributes:
        paths: Files and folders, addresses (`Address`, as which text like `https://…` is kept), and lists of addresses.
        rules: Which files under these to take.
        name: The name of the collection; empty unless a person has named it.
        encoding: That of text files without a byte-order mark; "auto" to guess it, None for what the collection has stored.
    """

    paths: tuple[str | Path, ...]
    rules: SourceRules = SourceRules()
    name: str = ""
    encoding: str | None = None

    def __post_init__(self) -> None:
        """Part credentials from addresses, so that they are neither shown nor stored."""
        paths = tuple(
            path if not is_address(path) or isinstance(path, Address) else Address(str(path)) for path in self.paths
        )
        object.__setattr__(self, "paths", paths)


def find_sources(paths: Iterable[str | Path], rules: SourceRules | None = None) -> list[Source]:
    """List the files under some paths.

    Args:
        paths: Files and folders. A folder is searched with its subfolders; a named file is taken even if it is hidden
            or ignored, unless a pattern of the rules leaves it out.
        rules: Which files to take; those of `SourceRules()` when omitted.

    Returns:
        The files, ordered by the name shown and then by path, each once.

    Raises:
        SourceError: A path does not exist, a named folder cannot be listed, or a pattern cannot be read.
    """
    rules = rules or SourceRules()
    patterns = RuleFilter(rules)
    found: dict[str, Source] = {}
    for given in map(Path, paths):
        try:
            root = given.expanduser().resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise SourceError(f"{str(given)!r} does not exist. Name a file or a folder of documents.") from error
        if root.is_dir():
            library = (root / DATABASE_FILE).is_file()
            for source in (_list_library if library else _walk)(root, rules, patterns):
                found.setdefault(source.path, source)
        elif not root.is_file():
            found[str(root)] = Source(
                root.name, str(root), 0, 0, 0, f"{root.name} is a pipe, a socket or a device, not a file."
            )
        elif patterns.takes_file(root.name) and (named := look_at(root, root.name)):
            found[str(root)] = named
    return sorted(found.values(), key=lambda source: (source.name, source.path))


class RuleFilter:
    """The rules, applied to names."""

    def __init__(self, rules: SourceRules) -> None:
        """Compile the patterns; SourceError when one cannot be read."""
        self._rules = rules
        self._include, self._exclude = _compile(rules.include), _compile(rules.exclude)

    def takes_file(self, name: str) -> bool:
        """Whether the patterns take a file, given by its path from the named folder, with forward slashes."""
        return (not len(self._include) or self._include.match_file(name)) and not self._exclude.match_file(name)

    def enters_folder(self, name: str) -> bool:
        """Whether the patterns take files in a folder, given like a file."""
        return not self._exclude.match_file(f"{name}/")

    def shows(self, name: str) -> bool:
        """Whether the last part of a path is not hidden, or the rules take hidden names."""
        last = name.rsplit("/", 1)[-1]
        return not (last == _VERSION_CONTROL and self._rules.ignore_files) and (
            self._rules.hidden or not (last.startswith((".", "~$")) or last.casefold() in _OF_THE_SYSTEM)
        )


class _IgnoreFiles:
    """The `.gitignore` files met on the way down from a folder; the deepest one that mentions a file decides."""

    def __init__(self) -> None:
        self._found: dict[str, GitIgnoreSpec] = {}

    def read(self, folder: Path, name: str) -> None:
        """Read the ignore file of a folder if it has a readable one; `name` is its path from the named folder, empty for that."""
        file = folder / IGNORE_FILE
        try:
            if not file.is_file():  # reading a pipe would wait for ever
                return
            lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError:
            return
        self._found[name] = GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))

    def ignore(self, name: str, *, folder: bool = False) -> bool:
        parts = name.split("/")
        for depth in range(len(parts) - 1, -1, -1):
            found = self._found.get("/".join(parts[:depth]))
            if found is not None:
                decided = found.check_file("/".join(parts[depth:]) + ("/" if folder else "")).include
                if decided is not None:
                    return decided
        return False


def _compile(patterns: Sequence[str]) -> GitIgnoreSpec:
    wrong = next((pattern for pattern in patterns if not _is_pattern(pattern)), None)
    if wrong is not None:
        raise SourceError(f"the pattern {wrong!r} cannot be read. Write it as in a .gitignore file, such as '*.md'.")
    return GitIgnoreSpec.from_lines(patterns)


def _is_pattern(text: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([text])
    except ValueError:
        return False
    return True


def _list_library(root: Path, rules: SourceRules, patterns: RuleFilter) -> Iterator[Source]:
    """Find the files that a Zotero library lists, with what it says of them."""
    for attachment in find_attachments(root):
        file = Path(os.path.realpath(attachment.path))
        name = attachment.path.relative_to(root).as_posix() if attachment.stored else attachment.path.name
        if not patterns.shows(name) or not patterns.takes_file(name):
            continue
        if not attachment.stored and not rules.links:
            fault = f"{name} is outside the library, which links to it. Add --follow-links to read it."
        else:
            fault = f"{name} is not on this computer. Download it in Zotero."
            if found := look_at(file, name):
                yield replace(found, metadata=attachment.metadata)
                continue
        yield Source(name, str(file), 0, 0, 0, fault)


def _walk(root: Path, rules: SourceRules, patterns: RuleFilter) -> Iterator[Source]:
    ignored, entered = _IgnoreFiles(), {os.path.realpath(root)}
    faults: list[Source] = []
    templates: set[str] = set()

    def note(error: OSError) -> None:
        if error.filename == str(root):
            raise SourceError(f"the folder {str(root)!r} cannot be listed: {error.strerror}.") from error
        if not isinstance(error, FileNotFoundError):  # else it was removed meanwhile
            name = Path(error.filename).relative_to(root).as_posix()
            fault = f"the folder {name} cannot be listed: {error.strerror}. Check that it may be read."
            faults.append(Source(name, error.filename, 0, 0, 0, fault))

    def enters(folder: str, name: str) -> bool:
        ignoring = name in templates or ignored.ignore(name, folder=True)
        if ignoring or not patterns.shows(name) or not patterns.enters_folder(name):
            return False
        if not rules.links:
            return True
        real = os.path.realpath(os.path.join(folder, name.rsplit("/", 1)[-1]))
        fresh = real not in entered  # links can form circles
        entered.add(real)
        return fresh

    for folder, folders, files in os.walk(root, onerror=note, followlinks=rules.links):
        if CATALOG_FILE in files and folder != str(root):
            folders.clear()
            continue
        below = Path(folder).relative_to(root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        if rules.ignore_files:
            ignored.read(Path(folder), prefix[:-1])
        if SETTINGS in folders:
            templates |= {prefix + name for name in template_folders(Path(folder))}
        folders[:] = sorted(name for name in folders if enters(folder, prefix + name))
        for name in (prefix + file for file in files):
            if patterns.shows(name) and patterns.takes_file(name) and not ignored.ignore(name):
                file = Path(root, name)
                inside = rules.links or not file.is_symlink() or Path(os.path.realpath(file)).is_relative_to(root)
                if inside and (source := look_at(file, name)):
                    yield source
    yield from faults


def look_at(file: Path, name: str) -> Source | None:
    """Return the file with its size and times; None if it is no file or was removed meanwhile.

    A link that leads to no file is returned with the fault.
    """
    try:
        status = file.stat()
        fault = "" if stat.S_ISREG(status.st_mode) else "is a link to a pipe, a socket or a device, not to a file."
    except FileNotFoundError:
        fault = "is a link to a file that does not exist. Mend or remove it."
    except OSError as error:
        if error.errno != errno.ELOOP:
            return Source(name, str(file), 0, 0, 0, f"{name} cannot be looked at: {error.strerror}.")
        fault = "is a link that leads back to itself. Mend or remove it."
    if not fault:
        return Source(name, str(file), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return Source(name, str(file), 0, 0, 0, f"{name} {fault}") if file.is_symlink() else None
