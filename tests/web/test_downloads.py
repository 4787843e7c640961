"""What a visitor can save, asked for as a browser does."""

import io

import docx
import pypdfium2
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from two_answers import BOTH

from qa.conversations import Conversations
from qa.web.downloads import download_routes
from qa.web.security.guard import COOKIE

ANNA, BERT = "a" * 43, "b" * 43


@pytest.fixture
def kept(tmp_path):
    """The routes over a store with one conversation, and its address without a suffix."""
    store = Conversations(tmp_path / "home" / "conversations.sqlite")
    id_ = store.keep(ANNA, "town", BOTH.to_dict()).conversation
    store.rename(ANNA, id_, "The town / 1848?")
    yield TestClient(Starlette(routes=download_routes(store))), f"/conversations/{id_}"
    store.close()


@pytest.mark.parametrize(
    ("suffix", "media"),
    [
        (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (".pdf", "application/pdf"),
        (".md", "text/markdown; charset=utf-8"),
    ],
)
def test_conversations_are_saved_by_their_visitor_alone(kept, suffix, media):
    """Each kind of file comes under a safe name; nobody else gets it."""
    client, address = kept
    answer = client.get(f"{address}{suffix}", headers={"cookie": f"{COOKIE}={ANNA}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert f'filename="The-town-1848{suffix}"' in answer.headers["content-disposition"]
    if suffix == ".docx":
        text = " ".join(each.text for each in docx.Document(io.BytesIO(answer.content)).paragraphs)
    elif suffix == ".pdf":
        with pypdfium2.PdfDocument(answer.content) as file:
            text = file[0].get_textpage().get_text_range()
    else:
        text = answer.text.replace("**", "")
    assert "The harbour was built in 1848." in text
    for headers in ({"cookie": f"{COOKIE}={BERT}"}, {}):
        assert client.get(f"{address}{suffix}", headers=headers).status_code == 404
    assert client.get(f"{address}.exe", headers={"cookie": f"{COOKIE}={ANNA}"}).status_code == 404
