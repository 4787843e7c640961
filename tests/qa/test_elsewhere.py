"""Test assistants over files elsewhere: what they cite, and that credentials are written nowhere."""

import json

import pytest
from page_server import SECRET, serve_pages
from toy_encoder import ToyEncoder

from qa import Assistant
from qa.collections import list_collections, rebuild_command, select_sources
from qa.verify import verify_answers

PAGE = "<html><body><p>The old tree bears a ripe plum in the quiet garden.</p></body></html>"


@pytest.fixture
def page():
    """The address of a page behind a password, with the password."""
    with serve_pages() as site:
        site.put("/private", PAGE)
        yield f"http://anna:{SECRET}@127.0.0.1:{site.server_port}/private?key={SECRET}"


def test_page_is_cited_by_its_address_and_its_credentials_are_written_nowhere(tmp_path, page):
    """The answer proves; the stored collection opens without the password, says so, and answers from what was fetched."""
    shown = page.replace(f"anna:{SECRET}@", "").partition("?")[0]
    settings = {"encoder": ToyEncoder(), "reader": None, "home": tmp_path / "home"}
    with Assistant.open(page, name="garden", **settings) as assistant:
        answer = assistant.ask("Where is the ripe plum?")
        assert assistant.refresh().failures == ()
    (citation,) = answer.citations or answer.closest
    assert (citation.source, citation.quote) == (shown, "The old tree bears a ripe plum in the quiet garden.")
    answers = tmp_path / "answers.jsonl"
    answers.write_text(json.dumps(answer.to_dict()) + "\n")
    assert [check.finding for check in verify_answers(answers)] == ["exact"]
    assert [info.sources for info in list_collections(tmp_path / "home")] == [(shown,)]
    with Assistant.open_collection("garden", **settings) as assistant:
        assert assistant.ask("Where is the ripe plum?").hash == answer.hash
        (failure,) = assistant.failures
    assert failure.reason.startswith(f"{shown} refuses access (401). Name it again with its credentials")
    told = f"{answer.to_dict()} {answer} {failure} {rebuild_command(select_sources(page), ToyEncoder())}"
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert SECRET not in told
    assert SECRET.encode() not in written
