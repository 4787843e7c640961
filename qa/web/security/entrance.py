"""Showing the page in the person's browser, without anybody else seeing the token."""

import webbrowser
from pathlib import Path

from qa.web.security.access import Access
from qa.web.ui.templates import fill

ENTRANCE = "entrance.html"


def open_page(access: Access, port: int, folder: Path) -> None:
    """Open the page in the browser.

    The arguments of a program can be seen by every account of the computer. So where there is a token, the browser is given a
    file that only its owner can read, and that leads to the page.

    Args:
        access: Where it is served, and to whom.
        port: Likewise.
        folder: For its owner alone; the file is made in it.
    """
    if not access.token:
        webbrowser.open(access.url(port))
        return
    file = folder / ENTRANCE
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(str(fill("security/entrance.html", address=access.entrance(port))), encoding="utf-8")
    webbrowser.open(file.as_uri())
