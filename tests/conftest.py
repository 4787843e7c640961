"""What several tests share: the real assistant over the seed document, in a home of its own."""

import os
import tempfile
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
# The fast encoder is built once for all the tests, also those that start processes with a home of their own.
CACHE = tempfile.TemporaryDirectory(prefix="qa-tests-")
os.environ["QA_CACHE"] = CACHE.name

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the document first asked about."""
    return SEEDS


@pytest.fixture(scope="session")
def seed_home(tmp_path_factory) -> Path:
    """Where the tests keep the seed's collection."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def assistant(seed_home):
    """The real assistant over the seed, with the bundled model."""
    from qa import Assistant

    with Assistant.open(SEEDS, home=seed_home) as opened:
        yield opened
