"""The page: its layout, style and scripts, which event calls what, and the calls as Gradio's own API has them.

Importing this module imports Gradio; `server.serve` sets Gradio's environment first.
"""

import hashlib
import inspect
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from index import QAError
from qa.web import strings
from qa.web.api.tools import Tool, Tools
from qa.web.batches.events import render_batch_progress, render_controls, render_tabs
from qa.web.chat.suggestions import render_next
from qa.web.conversations.events import render_begin_button, render_conversations_button, render_judgement
from qa.web.features import LibraryFeatures
from qa.web.host import NotReady
from qa.web.kept.events import render_kept_button
from qa.web.library.view import render_empty_library, render_library_message
from qa.web.search import render_dialog
from qa.web.ui.templates import (
    fill,
    render_header,
    render_message,
    render_pending,
    render_progress,
    render_scope_choice,
    render_splitter,
)
from qa.web.viewer.view import render_nothing_open


class Page(gr.Blocks):
    """The page. What an event shows is not kept; what fails is logged, not printed with whatever the visitor sent in it."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Refuse what does not fit an event, where Gradio would print it."""
        if len(inputs) < len(block_fn.inputs):
            raise gr.Error(strings.TOO_FEW, print_exception=False)

    async def process_api(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Run an event, as Gradio does, and log what fails without the visitor's text."""
        try:
            result: dict[str, Any] = await super().process_api(*arguments, **options)
            return result
        except Exception as error:
            if not isinstance(error, gr.Error):
                logging.getLogger(__name__).exception("an event of the page failed")
                raise gr.Error(strings.SERVER_ERROR_EVENT, print_exception=False) from error
            if error.print_exception:
                logging.getLogger(__name__).exception("an event of the page was refused")
                error.print_exception = False
            raise

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """Let go of what an event shows, which Gradio would keep for each session, for links that are not offered here."""
        shown: list[Any] = await super().postprocess_data(block_fn, predictions, state)
        if state is not None:
            state.config_values.clear()
        return shown


def open_to_clients(tools: Tools, tool: Tool) -> Callable[..., dict[str, Any]]:
    """Make a function that `gr.api` takes: typed and described like the call, its errors shown as one escaped line.

    Args:
        tools: The table.
        tool: The call.
    """
    names = list(inspect.signature(tool.function).parameters)

    @wraps(tool.function)
    def call(*arguments: Any) -> dict[str, Any]:
        try:
            return tools.run(tool.name, dict(zip(names, arguments, strict=False)))
        except (QAError, NotReady) as error:
            raise gr.Error(str(fill("ui/frame.html", "line", text=str(error))), print_exception=False) from error

    return call


# The page's script turns clicks into these events of one hidden component; Gradio wants their names quoted here.
BRIDGE = """
const names = ["open", "browse", "link", "library", "renew", "holdings", "refuse", "remove", "restore", "reindex",
    "create_library", "rename_library", "change_model", "delete_library", "restore_library", "try_example", "example", "next",
    "alone", "batch", "conversations", "begin", "resume", "reopen", "retitle", "discard", "forget", "judge",
    "kept", "star", "cite", "recount", "annotate", "unkeep", "rekeep", "open_kept"];
for (const name of names) {
    document.addEventListener("qa-" + name, (event) => trigger(name, event.detail));
}
"""
# In this order: of two rules that count alike the later wins, and that for narrow windows comes last.
STYLES = (
    "ui/colours.css",
    "ui/frame.css",
    "ui/controls.css",
    "chat/answer.css",
    "ui/panel.css",
    "chat/reading.css",
    "viewer/viewer.css",
    "search/search.css",
    "batches/batches.css",
    "library/library.css",
    "chat/suggestions.css",
    "library/adding.css",
    "ui/sections.css",
    "conversations/conversations.css",
    "kept/kept.css",
    "library/holdings.css",
    "ui/narrow.css",
)
# A list of names as JSON, which goes along with a question.
SCOPE = """
document.addEventListener("qa-chosen", (event) => { props.value = event.detail; });
"""
UPLOADS_KEPT = 3600  # seconds; an upload that never reached the library is deleted after that


@dataclass(frozen=True, slots=True)
class Assets:
    """The style sheet and the scripts of the page.

    Attributes:
        files: The text and media type of each, by its path below `folder`.
        folder: Their address, which changes when any of them does, so that browsers may keep them.
    """

    files: Mapping[str, tuple[str, str]]
    folder: str

    @classmethod
    def load(cls) -> "Assets":
        """Read them from this package."""
        package = Path(__file__).parent
        style = "\n".join((package / name).read_text(encoding="utf-8") for name in STYLES)
        found = {"style.css": (style, "text/css")}
        for path in sorted(package.glob("*/*.js")):
            found[path.relative_to(package).as_posix()] = path.read_text(encoding="utf-8"), "text/javascript"
        version = hashlib.sha256("".join(text for text, _ in found.values()).encode("utf-8")).hexdigest()[:16]
        return cls(found, f"page/{version}")

    @property
    def head(self) -> str:
        """Elements for the head of the page, which stays out of sight until its style sheet and its scripts are there.

        Gradio would rewrite the selectors of a style sheet that it is handed as such.
        """
        return f'''<style>html:not([data-qa-ready]) .gradio-container {{ visibility: hidden; }}</style>
<link rel="stylesheet" href="{self.folder}/style.css">
<script type="module" src="{self.folder}/ui/main.js"></script>
<script>document.documentElement.lang = {json.dumps(strings.LANGUAGE)};</script>'''

    def routes(self) -> list[Any]:
        """Make the route that serves them."""

        def serve(request: Request) -> Response:
            text, media = self.files.get(request.path_params["path"], ("", ""))
            if not media:
                return PlainTextResponse(f"{strings.NOT_THERE}\n", 404)
            return Response(text, media_type=media, headers={"Cache-Control": "private, max-age=31536000, immutable"})

        return [Route(f"/{self.folder}/{{path:path}}", serve)]


def build_app(features: LibraryFeatures, *, keeps: bool = True, privacy: str = strings.PRIVATE) -> gr.Blocks:
    """Lay out the page and connect its events.

    Args:
        features: What the page does, for each library.
        keeps: Whether conversations are kept.
        privacy: What leaves the computer, as a sentence.

    Returns:
        The page, not launched.
    """
    event = features.event
    kept = (UPLOADS_KEPT, UPLOADS_KEPT)
    with Page(title=strings.TITLE, analytics_enabled=False, fill_width=True, delete_cache=kept) as app:
        turns, offered = gr.State(None), gr.State(())
        batch = gr.BrowserState("", storage_key="qa-batch")  # its id: the batch is found again after a reload
        loading = render_header(strings.LOADING_SHORT, strings.LOADING_SHORT, privacy=privacy)
        header = _html(loading, "qa-header")
        with gr.Row(elem_id="qa-columns"):
            with gr.Column(elem_id="qa-main", min_width=0):
                _html(render_tabs(), "qa-tabs")
                with gr.Column(elem_id="qa-asking", min_width=0):
                    if keeps:
                        _html(render_begin_button(), "qa-conversation-bar")
                    # Apart from the chat, so that an end of loading never writes over an answer that came just before it;
                    # the style sheet hides it once there is a question.
                    welcome = _html(render_pending(strings.LOADING), "qa-welcome")
                    chat = gr.Chatbot(
                        elem_id="qa-chat",
                        label=strings.CHAT_LABEL,
                        show_label=False,
                        container=False,
                        height=None,
                        layout="panel",
                        buttons=[],
                        feedback_options=None,
                        autoscroll=False,
                    )
                    with gr.Column(elem_id="qa-composer", min_width=0):
                        _html(render_scope_choice(), "qa-scope-choice")
                        # Its value is what is ticked in the list; the page's script sets it.
                        # A template that never shows it: names of files would be run as HTML.
                        chosen = gr.HTML(
                            "",
                            html_template="<span></span>",
                            elem_id="qa-chosen",
                            js_on_load=SCOPE,
                            apply_default_css=False,
                        )
                        question = gr.Textbox(
                            elem_id="qa-question",
                            label=strings.QUESTION_LABEL,
                            placeholder=strings.QUESTION_PLACEHOLDER,
                            show_label=False,
                            container=False,
                            max_lines=6,
                            autofocus=True,
                            submit_btn=strings.ASK,
                        )
                        message = _html(render_message(""), "qa-message")
                        following_up = _html(render_next(()), "qa-following")
                with gr.Column(elem_id="qa-batch", min_width=0):
                    controls = _html(render_controls(None), "qa-batch-controls")
                    questions = gr.UploadButton(strings.BATCH_CHOOSE, elem_id="qa-questions", size="sm", min_width=0)
                    done = _html(render_batch_progress(None), "qa-batch-progress")
            with gr.Column(elem_id="qa-side", min_width=0):
                menu = _html("", "qa-libraries")
                panel = _html(render_empty_library(), "qa-panel")
                # Below the list, as the question box is below the answers; the style sheet hides it beside a document.
                with gr.Column(elem_id="qa-adding", min_width=0, visible=not features.libraries.read_only):
                    progress = _html(render_progress("", None, version=""), "qa-progress")
                    dropped = gr.File(
                        elem_id="qa-drop", label=strings.ADD_FILES, show_label=False, file_count="multiple", height=36
                    )
                    folder_button = gr.UploadButton(
                        strings.ADD_FOLDER, elem_id="qa-folder", file_count="directory", size="sm", min_width=0
                    )
                    line = _html(render_library_message(""), "qa-library-message")
                # One of them is unfolded at a time, below the documents.
                _html(render_conversations_button() if keeps else "", "qa-conversations-bar")
                past = _html("", "qa-conversations")
                kept_bar = _html(render_kept_button(0) if keeps else "", "qa-kept-bar")
                kept_list = _html("", "qa-kept")
            with gr.Column(elem_id="qa-viewer", min_width=0):
                _html(render_splitter(), "qa-splitter")
                viewer = _html(render_nothing_open(), "qa-document")
        _html(render_dialog(), "qa-searching")
        judgement = _html(render_judgement(""), "qa-judgement")
        cited = _html("", "qa-cited")
        bridge = gr.HTML("", elem_id="qa-bridge", js_on_load=BRIDGE, apply_default_css=False)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asked = [turns, chat, question, message]
        # One at a time: otherwise the last to end would show.
        one_by_one: dict[str, Any] = {"concurrency_id": "suggest", "concurrency_limit": 1, **quiet}
        # In turn: each sees the turns of the one before.
        in_turn: dict[str, Any] = {"concurrency_id": "ask", "concurrency_limit": 1, **quiet}
        # What is pressed while the press before it is still at work counts too.
        every: dict[str, Any] = {"trigger_mode": "multiple", **quiet}
        # And one after the other, so that the count shown last is the last one.
        each_in_turn: dict[str, Any] = {"concurrency_id": "keep", "concurrency_limit": 1, **every}
        answered = [
            # "always_last": asked while an answer is on its way, a question waits for it, and none is asked twice.
            question.submit(
                event("chat.answer_question"), [question, turns, chosen], asked, trigger_mode="always_last", **in_turn
            ),
            bridge.example(event("suggesting.answer_example"), turns, asked, **in_turn),
            bridge.next(event("suggesting.answer_next"), [turns, offered, chosen], asked, **in_turn),
            bridge.alone(event("chat.answer_alone"), [turns, chosen], asked, **in_turn),
        ]
        bridge.open(event("viewer.open_citation"), turns, [viewer, message], **every)
        bridge.browse(event("viewer.browse_document"), None, [viewer, message], **every)
        bridge.link(event("viewer.open_link"), None, [viewer, message], **every)
        bridge.library(event("library.show"), None, [panel, message], **every)
        bridge.renew(event("library.renew"), None, panel, **every)
        bridge.holdings(event("library.show_holdings"), None, [panel, message], **quiet)
        bridge.refuse(event("library.refuse"), None, line, **quiet)
        changing = [
            bridge.resume(event("conversations.resume"), turns, [turns, chat], **in_turn),
            bridge.begin(event("conversations.begin"), None, [turns, chat, message], **in_turn),
            bridge.reopen(event("conversations.reopen"), None, [turns, chat, message], **in_turn),
            bridge.discard(event("conversations.discard"), turns, [turns, chat, past, message], **in_turn),
            bridge.forget(event("conversations.forget"), turns, [turns, chat, message], **in_turn),
        ]
        changing[0].then(event("kept.tell"), turns, kept_bar, **each_in_turn)
        bridge.conversations(event("conversations.show"), turns, [past, message], **every)
        bridge.retitle(event("conversations.retitle"), turns, [past, message], **every)
        bridge.judge(event("conversations.judge"), turns, [judgement, message], **every)
        bridge.kept(event("kept.show"), None, [kept_list, message], **every)
        bridge.star(event("kept.star"), turns, [kept_bar, message], **each_in_turn)
        bridge.recount(event("kept.tell"), turns, kept_bar, **each_in_turn)
        bridge.annotate(event("kept.annotate"), None, message, **every)
        bridge.unkeep(event("kept.remove"), turns, [kept_list, kept_bar, message], **each_in_turn)
        bridge.rekeep(event("kept.restore"), turns, [kept_list, kept_bar, message], **each_in_turn)
        bridge.open_kept(event("kept.open"), None, [viewer, message], **every)
        bridge.cite(event("kept.cite"), turns, [cited, message], **every)
        changed = [
            dropped.upload(event("library.add"), dropped, [dropped, line], **quiet),
            folder_button.upload(event("library.add"), folder_button, [folder_button, line], **quiet),
            bridge.remove(event("library.remove"), None, [panel, line], **every),
            bridge.restore(event("library.restore"), None, [panel, line], **every),
            bridge.try_example(event("library.add_example"), None, line, **quiet),
            bridge.reindex(event("library.reindex"), None, [panel, line], **quiet),
        ]
        bridge.create_library(event("library.create_library"), None, menu, **quiet)
        bridge.rename_library(event("library.rename_library"), None, menu, **quiet)
        bridge.change_model(event("library.change_model"), None, menu, **quiet)
        bridge.delete_library(event("library.delete_library"), None, menu, **quiet)
        bridge.restore_library(event("library.restore_library"), None, menu, **quiet)
        stands = [controls, done]
        questions.upload(event("batches.take_file"), [questions, batch], [questions, batch, *stands], **quiet)
        acted = bridge.batch(event("batches.act"), batch, [batch, *stands], **quiet)
        acted.then(event("batches.follow"), batch, stands, concurrency_limit=None, **quiet)
        told = [header, welcome, panel, progress]
        app.load(event("status.follow_loading"), None, [*told, menu], concurrency_limit=None, **quiet)
        for done_with in (*answered, *changing):
            done_with.then(event("suggesting.suggest"), turns, [offered, following_up], **one_by_one)
        for done_with in changed:
            done_with.then(event("status.follow_changes"), None, told, concurrency_limit=None, **quiet)
        tools = Tools(features.libraries.first)
        for tool in tools.tools:
            api(open_to_clients(tools, tool), api_name=tool.name)
    blocks: gr.Blocks = app
    return blocks


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=None)
