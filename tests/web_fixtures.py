"""A running chat server, and a real browser that fails a test at anything it should not have done."""

import http.client
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chat_process import run_chat
from forking import Fork

ROOT = Path(__file__).parent.parent
PATIENCE = 120  # seconds for a server to be ready: importing Gradio and loading the model, on a busy machine
PATIENCE_IN_PAGE = 45_000  # milliseconds for what is expected of a page, on a busy machine
APT_INSTALL = "apt-get install -y --no-install-recommends chromium fonts-dejavu-core"
# What a browser, and Gradio, write into the console when a page is left, or its server stops beneath it.
SILENCE = "|".join(
    (
        "net::ERR_|[Nn]etwork ?[Ee]rror|Failed to fetch|AbortError|signal is aborted|via cancel scope",
        "[Cc]onnection errored out|status of 503|Server stopped unexpectedly",
        "Unexpected error 404: Not Found",  # Gradio ends its stream as a page is left, and what was on its way asks for it
    )
)
INSTALL = f"{APT_INSTALL} && pip install playwright"
# The last list of what Chromium is to do without counts: what Playwright names, and two pages of its own under the address bar,
# which it would load with each of ours; they take as much time as opening ours does.
WITHOUT = """
    AimEnabled AvoidCorsURLLoaderRestartOnRedirect AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose
    HttpsFirstBalancedModeAutoEnable HttpsUpgrades LensOverlay MediaRouter NetworkTimeServiceQuerying OptimizationHints
    PaintHolding PreconnectToSearch TcpPortRandomizationWin ThirdPartyStoragePartitioning
    WebUIOmniboxAimPopup WebUIOmniboxPopup
""".split()
BROWSER_ARGUMENTS = (
    f"--disable-features={','.join(WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class ChatServer:
    """`qa chat` in a process of its own, with its own home.

    Attributes:
        sources: What it was started over.
        address: Where it listens, without a slash at the end.
        temporary: The folder its temporary files go to.
    """

    def __init__(
        self, sources: Path, folder: Path, port: int, variables: dict[str, str], options: Sequence[str], whole: bool
    ) -> None:
        """Start it, with some environment variables and options; returns once it has printed its address.

        It opens a browser only where the variable `BROWSER` names one. Where a `whole` process is not asked for, it is forked
        from one that has imported the program, on the system on which threads and native code bear that best.
        """
        self.sources = sources
        self.temporary = folder / "home" / "temporary"
        self.log = folder / "server.log"
        environment = {**os.environ, "QA_HOME": str(folder / "home"), **variables}
        environment["PYTHONFAULTHANDLER"] = "1"
        browser = () if "BROWSER" in variables else ("--no-browser",)
        arguments = ["chat", str(sources), "--port", str(port), *browser, *options]
        with self.log.open("wb") as log:
            if sys.platform == "linux" and not whole:
                self.process = Fork(run_chat, arguments, environment, log.name)
            else:
                command = [sys.executable, "-m", "qa", *arguments]
                self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=ROOT)
        self.address = self._wait(self._read_address)

    def wait_until_ready(self) -> "ChatServer":
        """Wait until it answers questions."""
        self._wait(lambda: self.get("/readyz")[0] == 200)
        return self

    def get(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, str]:
        """Send a request, a POST when there is a body; returns status and text."""
        request = urllib.request.Request(self.address + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8")

    def knock(self, method: str, path: str, headers: dict[str, str]) -> int:
        """Send the head of a request and no body; returns the status, without waiting for what follows."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.address).netloc, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            return connection.getresponse().status
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; returns the exit code."""
        self.process.send_signal(number)
        return self.wait_until_ended()

    def wait_until_ended(self) -> int:
        """Returns the exit code. Where it does not end, what every thread was at is told."""
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(timeout=30)
            pytest.fail(f"the server did not end:\n{self.log.read_text(encoding='utf-8')}")

    def _read_address(self) -> str | None:
        found = re.search(r"http://[^\s/]+:(\d+)/", self.log.read_text(encoding="utf-8"))
        return f"http://127.0.0.1:{found.group(1)}" if found else None

    def _wait(self, condition):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if result := condition():
                return result
            time.sleep(0.1)
        self.process.kill()
        pytest.fail(f"the server did not come up:\n{self.log.read_text(encoding='utf-8')}")


def gradio_paths() -> set[str]:
    """The paths that Gradio's own server has, as its source names them, with their parameters in braces."""
    source = importlib.util.find_spec("gradio").origin.replace("__init__.py", "routes.py")
    found = re.findall(r'@(app|router)\.\w+\(\s*f?"(/[^"]*)"', Path(source).read_text(encoding="utf-8"))
    return {f"/gradio_api{path}" if owner == "router" else path for owner, path in found}


def find_chromium() -> str | None:
    """Where a Chromium is installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def keep_servers(tmp_path_factory):
    """A function that starts a chat server over some sources; all of them are stopped in the end.

    It demands no token unless other options are given.
    """
    servers = []

    def start(
        sources: Path,
        *,
        port: int = 0,
        variables: dict[str, str] | None = None,
        options: Sequence[str] = ("--no-token",),
        whole: bool = False,
    ) -> ChatServer:
        servers.append(ChatServer(sources, tmp_path_factory.mktemp("server"), port, variables or {}, options, whole))
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()
    for server in servers:
        server.wait_until_ended()


@pytest.fixture
def start_chat(tmp_path_factory):
    """A function that starts a chat server over some sources, stopped at the end of the test: an idle one takes time too."""
    with keep_servers(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def start_module_chat(tmp_path_factory):
    """A function that starts a chat server for a whole file of tests."""
    with keep_servers(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def seed_server(tmp_path_factory):
    """The chat over the document that comes with the program, ready for questions."""
    with keep_servers(tmp_path_factory) as start:
        yield start(ROOT / "seeds").wait_until_ready()


@pytest.fixture(scope="module")
def browser():
    """One real Chromium for a whole file of tests; no longer, for its event loop runs in the main thread."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_IN_PAGE)
    chromium = find_chromium()
    if chromium is None and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in ("apt-get update", APT_INSTALL):
            subprocess.run(command.split(), env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
        chromium = find_chromium()
    if chromium is None:
        give_up = pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip
        give_up(f"needs a browser: {INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_ARGUMENTS))
        yield browser
        browser.close()


def ask(page, question: str, turn: int | None = None):
    """Ask in the page; returns the element of the answer, which has to be the turn of that number, else the next."""
    from playwright.sync_api import expect

    turn = turn or page.locator(".qa-answer").count() + 1
    box = page.get_by_role("textbox", name="Question")
    box.fill(question)
    box.press("Enter")
    answer = page.locator(f"#turn-{turn}")
    expect(answer).to_be_visible()
    return answer


@pytest.fixture
def visit(browser, request, tmp_path_factory):
    """A function that opens a page in a fresh context; whatever is wrong on any of them fails the test at its end."""
    failed_before = request.session.testsfailed
    pages, wrong = [], []

    def open_page(
        address: str, *, width: int = 1280, height: int = 800, script: str = "", expected: str = "$^", **options: Any
    ):
        """Open an address; `script` runs before the page's own, errors that match `expected` are not held against it."""

        def note(text: str) -> None:
            if not re.search(expected, text):
                wrong.append(text)

        context = browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        page = context.new_page()
        if script:
            page.add_init_script(script)
        pages.append(page)
        home = re.match(r"https?://[^/]+/", address + "/").group()
        allowed = (home, "data:", f"blob:{home}")
        page.on("request", lambda sent: sent.url.startswith(allowed) or wrong.append(f"request to {sent.url}"))
        page.on("pageerror", lambda error: note(f"page error: {error}"))
        page.on("console", lambda said: note(f"console: {said.text}") if said.type == "error" else None)
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(address)
        return page

    yield open_page
    if request.session.testsfailed > failed_before or wrong:
        folder = tmp_path_factory.mktemp("screenshots")
        for number, page in enumerate(pages):
            page.screenshot(path=folder / f"{request.node.name}-{number}.png")
        print(f"screenshots are in {folder}")
    for page in pages:
        page.context.close()
    assert wrong == []
