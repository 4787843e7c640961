"""The chat as it is begun by default: with a token that nobody has to know of."""

import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect
from web_fixtures import ask

pytest_plugins = ["web_fixtures"]


def test_browser_comes_in_and_nobody_else(start_chat, seeds, browser, tmp_path):
    """`qa chat` opens the page through a private file; no address after that has the token, and without it there is no way in."""
    recorder, arguments = tmp_path / "browser", tmp_path / "arguments"
    recorder.write_text(f'#!/bin/sh\necho "$@" > {arguments}\n')
    recorder.chmod(0o700)
    server = start_chat(seeds, variables={"BROWSER": f"{recorder} %s"}, options=())
    (token,) = re.findall(r"http://127.0.0.1:\d+/\?token=([\w-]{43}) ", server.log.read_text())
    address = arguments.read_text().strip()
    file = Path(urlsplit(address).path)
    assert file.parent.parent == server.temporary and token not in address
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]
    for path in ("/", "/config", "/readyz", "/api/list_sources", "/gradio_api/queue/join"):
        assert server.get(path)[0] == 401
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".qa-example").first).to_be_visible()
    assert page.url == f"{server.address}/"
    ask(page, "Can Israel beat Iran in four days?", 1).locator(".qa-cite").first.click()
    expect(page.locator("#qa-here")).to_be_visible()
    assert token not in page.url + page.content() and page.url != f"{server.address}/"
    page.reload()
    expect(page.locator("#turn-1")).to_be_visible()
    context.close()
    assert server.get("/readyz", {"Authorization": f"Bearer {token}"})[0] == 200
