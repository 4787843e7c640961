"""Which files under the folders named belong to a collection, and which are left out.

Patterns are those of a `.gitignore`, through the pathspec library, so that one way of writing them serves everywhere:
`*.md` at any depth, `drafts/` a folder with all it holds, `/notes.txt` only at the top, `!keep.md` takes back. Only the
`.gitignore` files from the folder named downwards count: whoever names a folder that a file above it ignores means it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from index.errors import SourceError

IGNORE_FILE = ".gitignore"
VERSION_CONTROL = ".git"  # git itself never looks into it


@dataclass(frozen=True, slots=True)
class SourceRules:
    """Which files under the folders named are taken.

    Attributes:
        include: Patterns of the only files to take; all when empty.
        exclude: Patterns of files and folders to leave out.
        hidden: Whether to take files and folders whose name begins with a dot.
        links: Whether to follow links that lead out of the folder they stand in.
        ignore_files: Whether to leave out what `.gitignore` files leave out.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    links: bool = False
    ignore_files: bool = True


EVERYTHING = SourceRules(hidden=True, links=True, ignore_files=False)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a collection is made of.

    Attributes:
        paths: Files and folders.
        rules: Which files under these are taken.
        name: What the collection is called; empty when nobody has named it.
    """

    paths: tuple[str | Path, ...]
    rules: SourceRules = SourceRules()
    name: str = ""


class RuleFilter:
    """Rules, ready to be asked."""

    def __init__(self, rules: SourceRules) -> None:
        """Read the patterns; SourceError names one that cannot be read."""
        self._rules = rules
        self._include, self._exclude = _compile(rules.include), _compile(rules.exclude)

    def takes_file(self, name: str) -> bool:
        """Whether the patterns take a file, given by its path from the folder named, with forward slashes."""
        return (not len(self._include) or self._include.match_file(name)) and not self._exclude.match_file(name)

    def enters_folder(self, name: str) -> bool:
        """Whether the patterns leave anything in a folder."""
        return not self._exclude.match_file(f"{name}/")

    def shows(self, name: str) -> bool:
        """Whether the last part of a path is not hidden, or hidden names are taken."""
        last = name.rsplit("/", 1)[-1]
        return not (last == VERSION_CONTROL and self._rules.ignore_files) and (
            self._rules.hidden or not last.startswith(".")
        )


class IgnoreFiles:
    """The `.gitignore` files met on the way down from a folder. The deepest one that speaks of a file decides."""

    def __init__(self) -> None:
        """Start with none."""
        self._found: dict[str, GitIgnoreSpec] = {}

    def read(self, folder: Path, name: str) -> None:
        """Read the one in a folder, if there is one that can be read.

        Args:
            folder: Where it lies.
            name: The folder's path from the one that was named; empty for that itself.
        """
        try:
            lines = (folder / IGNORE_FILE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError:
            return
        self._found[name] = GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))

    def ignore(self, name: str, *, folder: bool = False) -> bool:
        """Whether a file or folder is ignored, given by its path from the folder named."""
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
