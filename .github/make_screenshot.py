"""Make .github/chat.png: the page over seeds/, with an answer and its quote open in the document.

Run from the project's folder: python .github/make_screenshot.py. Needs the extra `test` and Chromium at /usr/bin/chromium.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PORT = "7873"
ADDRESS = f"http://127.0.0.1:{PORT}"
QUESTION = "Can Israel beat Iran in four days?"


def main() -> None:
    """Serve the chat, ask, open the source, and take the picture."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "qa", "chat", "seeds", "--no-browser", "--no-token", "--port", PORT]
        server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "QA_HOME": home}, stdout=subprocess.DEVNULL)
        try:
            wait_until_ready()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(ADDRESS)
                page.locator(".qa-document").first.wait_for()
                page.get_by_role("textbox", name="Question").fill(QUESTION)
                page.keyboard.press("Enter")
                page.locator("#turn-1 .qa-cite").first.click()
                page.locator("#qa-viewer #qa-here").wait_for()
                page.mouse.move(0, 0)
                time.sleep(1)  # the button was under the pointer
                page.screenshot(path=ROOT / ".github" / "chat.png")
                browser.close()
        finally:
            server.terminate()
            server.wait()


def wait_until_ready() -> None:
    """Return when the chat can be asked."""
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{ADDRESS}/readyz")
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the chat did not start")


if __name__ == "__main__":
    main()
