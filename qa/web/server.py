"""Start the web chat, and stop it cleanly.

The page is served at once and the assistant opens behind it: `/healthz` answers as soon as the server runs, `/readyz`
only when everything is indexed; questions can be asked earlier. Nothing here imports Gradio before its environment is
set, because its defaults ask other computers for version numbers and the like.
"""

import asyncio
import logging
import os
import queue
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.scratch import private_folder
from qa.web import strings
from qa.web.api.completions import completion_routes
from qa.web.api.mcp import PATH, check_installed, mcp_route
from qa.web.api.routes import rest_routes
from qa.web.api.tools import Tools
from qa.web.host import AssistantHost
from qa.web.library.libraries import Libraries
from qa.web.library.uploads import LARGEST_FILE
from qa.web.log import adopt_server_log
from qa.web.opening import Skeleton, serve_meanwhile
from qa.web.security.access import Access, find_port, is_loopback, open_page
from qa.web.security.gate import Gate, Throttle
from qa.web.security.guard import Guard, Visitors
from qa.web.security.timeouts import Bodies, close_half_requests

if TYPE_CHECKING:
    import gradio

    from qa.conversations import Conversations
    from qa.kept import KeptQuotes

LOCAL = Access()
CONVERSATIONS_AT_MOST = (
    300  # pages remembered, those used last; a long conversation takes 1.5 MB, and Gradio would keep 10,000
)
IDLE_SECONDS = 0.01  # between two looks for work
LONGEST_FAREWELL = 1  # seconds; an open page holds a connection that would never end by itself

ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def serve(
    libraries: Libraries,
    *,
    scratch: Path,
    access: Access = LOCAL,
    port: int = 7860,
    open_browser: bool = True,
    mcp: bool = False,
    store: "Conversations | None" = None,
    kept: "KeptQuotes | None" = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the chat until Ctrl-C or SIGTERM.

    Args:
        libraries: Those that can be opened; they are started here, and closed at the end.
        scratch: Where the folder for uploads and batches is made; what killed processes left there is deleted.
        access: Where it is served, and to whom.
        port: Where to listen; the next free one is taken when it is in use, and 0 means any.
        open_browser: Whether to show the page in the person's browser.
        mcp: Whether to serve the calls as MCP tools too, at `/mcp`.
        store: Where conversations are kept; None: nowhere.
        kept: Where quotes are kept; None: nowhere.
        announce: Takes the lines to say: the address, and a port that was taken; they are printed when omitted.

    Raises:
        AccessError: There is no free port, or the host is not this computer's.
        MissingPackage: MCP is asked for, and its package is not installed.
    """
    announce = announce or partial(print, flush=True)
    if mcp:
        check_installed()
    chosen = find_port(port, access.host)
    with private_folder(scratch) as folder:
        prepare_environment(folder, access.proxy)
        stop: queue.SimpleQueue[int] = queue.SimpleQueue()  # of all that waits, what may be woken from a signal twice
        previous = {
            number: signal.signal(number, lambda number, _: stop.put(number))
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        stop_meanwhile = serve_meanwhile(access.host, chosen)
        try:
            announce(strings.OPENING_LINE)
            if open_browser:
                open_page(access, chosen, folder)
            app = launch(libraries, access, chosen, folder, mcp=mcp, store=store, kept=kept, make_way=stop_meanwhile)
            libraries.start()
            if port not in (0, chosen):
                announce(strings.PORT_TAKEN.format(wanted=port, port=chosen))
            address = access.url(chosen)
            announce(strings.ADDRESS.format(address=access.entrance(chosen)))
            if mcp:
                announce(strings.MCP_ADDRESS.format(address=address.rstrip("/") + PATH))
            logging.getLogger(__name__).info("serving at %s%s", address, " with MCP" if mcp else "")
            while stop.empty():
                with suppress(queue.Empty):
                    stop.get(timeout=1)  # a signal that arrives just before the wait begins is seen when it ends
                    break
            libraries.close()
            # Pages that are open hold connections, which end now; that is no error.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
            app.server.config.timeout_graceful_shutdown = LONGEST_FAREWELL
            app.close(verbose=False)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def prepare_environment(folder: Path, proxy: str = "") -> None:
    """Set what Gradio and its server read from the environment.

    Every other GRADIO_ variable is removed, since some of them open the server to the network or publish folders; and
    so are proxies, since Gradio calls itself once over HTTP.

    Args:
        folder: A private folder for temporary files; Gradio's, uploads above all, go to `uploads` inside it.
        proxy: As for `Access`: otherwise anything on this computer would be believed when it names a visitor.
    """
    for name in list(os.environ):
        if name.startswith("GRADIO_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            del os.environ[name]
    os.environ.update(ENVIRONMENT, GRADIO_TEMP_DIR=str(folder / "uploads"), FORWARDED_ALLOW_IPS=proxy)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # "0" where a model was named that has to be fetched


def launch(
    libraries: Libraries,
    access: Access,
    port: int,
    folder: Path,
    *,
    mcp: bool = False,
    store: "Conversations | None" = None,
    kept: "KeptQuotes | None" = None,
    make_way: Callable[[], None] = lambda: None,
) -> "gradio.Blocks":
    """Launch the page, and return while it runs.

    Args:
        libraries: Those that can be opened, not started yet.
        access: Where it is served, and to whom.
        port: A free port.
        folder: As for `prepare_environment`.
        mcp: Whether to serve MCP too.
        store: As for `serve`.
        kept: As for `serve`.
        make_way: Called when the port is needed.
    """
    import gradio

    from index import Originals
    from qa.web.app import Assets, build_app
    from qa.web.batches.events import batch_routes
    from qa.web.batches.jobs import Batches
    from qa.web.downloads import download_routes, kept_routes
    from qa.web.features import LibraryFeatures
    from qa.web.search import search_routes
    from qa.web.viewer.routes import document_routes

    tools, originals, assets = Tools(libraries.first), Originals(), Assets.load()
    batches = Batches(folder)
    routes: list[Any] = [
        *health_routes(libraries.first),
        *rest_routes(tools),
        *completion_routes(tools),
        *batch_routes(batches),
    ]
    routes += [*document_routes(libraries, originals), *search_routes(libraries), *assets.routes()]
    running = []
    if store:
        routes += download_routes(store)
    if kept:
        routes += kept_routes(kept, libraries)
    if mcp:
        route, run_mcp = mcp_route(tools)
        routes.append(route)
        running.append(run_mcp())

    gates: list[Gate] = []

    @asynccontextmanager
    async def lifespan(server: Any) -> AsyncIterator[None]:
        """Put the guard before everything, Gradio's own middleware included, which `middleware` would put behind it."""
        answering = Bodies(Visitors(Skeleton(server.middleware_stack)))
        gates.append(Gate(answering, access, port=port, throttle=Throttle()))
        server.middleware_stack = Guard(gates[0], unless=gates[0].lacks_token)
        async with AsyncExitStack() as stack:
            stack.callback(originals.close)
            closing = close_half_requests(lambda: app.server.server_state.connections if app.server else ())
            stack.callback(asyncio.create_task(closing).cancel)
            for context in running:
                await stack.enter_async_context(context)
            yield

    privacy = strings.PRIVATE if is_loopback(access.host) else strings.SHARED
    privacy = strings.ON_SERVER if libraries.on_server else privacy
    features = LibraryFeatures(
        libraries, folder, originals=originals, batches=batches, store=store, kept=kept, privacy=privacy
    )
    app = build_app(features, keeps=store is not None, privacy=privacy)
    app.queue(max_size=32, default_concurrency_limit=2, api_open=False)
    app._queue.sleep_when_free = IDLE_SECONDS  # Gradio looks for work a thousand times a second: 8 % of a core
    fonts = [gradio.themes.Font("system-ui"), gradio.themes.Font("sans-serif")]
    code_fonts = [gradio.themes.Font("ui-monospace"), gradio.themes.Font("monospace")]
    # Gradio's blocks are no boxes here; colours are those of the style sheet, which knows light and dark.
    plain = {
        "body_background_fill": "var(--qa-page)",
        "body_text_color": "var(--qa-text)",
        "block_background_fill": "none",
    }
    theme = gradio.themes.Base(font=fonts, font_mono=code_fonts).set(
        **plain,
        **{f"{name}_dark": value for name, value in plain.items()},
        block_border_width="0px",
        block_radius="0px",
        block_shadow="none",
        block_padding="0px",
        layout_gap="0px",
    )
    make_way()
    app.launch(
        server_name=f"[{access.host}]" if ":" in access.host else access.host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        share=False,
        ssr_mode=False,
        run_history=False,
        footer_links=[],
        max_file_size=LARGEST_FILE,
        state_session_capacity=CONVERSATIONS_AT_MOST,
        theme=theme,
        head=assets.head,
        app_kwargs={
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
            "routes": routes,
            "lifespan": lifespan,
        },
    )
    gates[0].starting = False
    adopt_server_log()
    threading.Thread(target=originals.prepare, name="originals", daemon=True).start()
    return app


def health_routes(host: AssistantHost) -> list[Any]:
    """`/healthz`: the server runs. `/readyz`: everything is indexed (200), or not yet, never or no longer (503, and how far)."""
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def healthz(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    def readyz(request: Request) -> PlainTextResponse:
        host.notice_deletion()
        state = host.state
        code = 200 if state.stage == "ready" else 503
        return PlainTextResponse(f"{state.message or state.stage}\n", status_code=code)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
