"""Where things are kept, and what a collection is called."""

import hashlib
import json
import os
import re
import unicodedata
from dataclasses import asdict
from pathlib import Path

from platformdirs import user_data_path

from index import Encoder, Selection, SourceError, SourceRules

_NAME = re.compile(r"[^\W_](?:[\w. -]{0,62}[\w-])?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # on Windows


def default_sources() -> Path:
    """The folder asked about when none is named: `seeds` here, else the document shipped with this package."""
    here = Path("seeds")
    shipped = Path(__file__).parent / "seeds"
    return here if here.is_dir() else shipped if shipped.is_dir() else Path(__file__).parent.parent / "seeds"


def home_folder() -> Path:
    """Where collections are kept: `QA_HOME`, else the user's data folder."""
    return Path(os.environ.get("QA_HOME") or user_data_path("qa", appauthor=False)).expanduser()


def encoder_folder() -> Path:
    """Where the fast form of the encoder is kept once it is built: `QA_CACHE`, else `encoders` in the home folder."""
    return Path(os.environ.get("QA_CACHE") or home_folder() / "encoders").expanduser()


def collections_folder(home: str | Path) -> Path:
    """Where collections are kept in a home folder, a folder each."""
    return Path(home) / "collections"


def conversations_file(home: str | Path) -> Path:
    """Where the conversations of the page are kept in a home folder."""
    return Path(home) / "conversations.sqlite"


def name_collection(selection: Selection, encoder: Encoder) -> tuple[str, str]:
    """What a collection is called, and the name of its folder.

    The folder of one that was named is its name. That of any other is the same for the same sources, rules and encoder.

    Raises:
        SourceError: It cannot be called so.
    """
    if selection.name:
        return (check_name(selection.name),) * 2
    resolved = sorted(str(Path(path).expanduser().resolve()) for path in selection.paths)
    name = Path(resolved[0]).name or "documents"
    rules = [] if selection.rules == SourceRules() else [json.dumps(asdict(selection.rules), sort_keys=True)]
    identity = "\0".join([encoder.identity, *resolved, *rules])
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:40] or "documents"
    return name, f"{readable}-{digest}"


def check_name(name: str) -> str:
    """The name of a collection, fit to name a folder on every system; SourceError when it is not."""
    name = unicodedata.normalize("NFC", name)
    if not _NAME.fullmatch(name) or _RESERVED.match(name):
        raise SourceError(
            f"a collection cannot be called {name!r}. Use up to 64 letters, digits, dots, hyphens and spaces, "
            "beginning with a letter or a digit."
        )
    return name
