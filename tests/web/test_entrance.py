"""How the browser gets to the page without anybody else seeing the token."""

import stat

import pytest

from qa.web.security.access import Access, open_page

TOKEN = "a-token-of-the-tests-1234"


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was told to open."""
    addresses = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    return addresses


def test_browser_is_given_a_file_that_only_its_owner_can_read(opened, tmp_path):
    """What everybody can see, the browser's arguments, has no token; the file leads to the address with it."""
    open_page(Access("127.0.0.1", TOKEN), 7860, tmp_path)
    file = tmp_path / "entrance.html"
    assert opened == [file.as_uri()] and TOKEN not in opened[0]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f'content="0; url=http://127.0.0.1:7860/?token={TOKEN}"' in file.read_text(encoding="utf-8")


def test_file_is_not_written_over_another(opened, tmp_path):
    """What lies there already may be somebody else's, and read by them."""
    (tmp_path / "entrance.html").touch()
    with pytest.raises(FileExistsError):
        open_page(Access("127.0.0.1", TOKEN), 7860, tmp_path)
    assert opened == []


def test_browser_is_given_the_address_where_there_is_no_token(opened, tmp_path):
    """Nothing is written then."""
    open_page(Access("127.0.0.1"), 7860, tmp_path)
    assert (opened, list(tmp_path.iterdir())) == (["http://127.0.0.1:7860/"], [])
