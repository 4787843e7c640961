"""Where things are kept, and what a collection is called."""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_data_path

from index import Encoder


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


def name_collection(paths: Sequence[Path], encoder: Encoder) -> tuple[str, str]:
    """What a collection is called and the name of its folder, which is the same for the same sources and encoder."""
    resolved = sorted(str(path.expanduser().resolve()) for path in paths)
    name = Path(resolved[0]).name or "documents"
    digest = hashlib.sha256("\0".join([encoder.identity, *resolved]).encode("utf-8", "surrogateescape")).hexdigest()[
        :12
    ]
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:40] or "documents"
    return name, f"{readable}-{digest}"
