"""The page: its layout, and which event calls what.

Importing this module imports Gradio; `server.serve` sets Gradio's environment first.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from qa.conversations import Conversations
from qa.web import strings
from qa.web.batch_view import render_batch_progress, render_controls, render_tabs
from qa.web.batches import Batches
from qa.web.batching import BatchHandlers
from qa.web.clients import Page, open_to_clients
from qa.web.conversation_list import ConversationHandlers
from qa.web.conversation_view import render_conversation_bar, render_judgement
from qa.web.following import Following
from qa.web.frame import render_header, render_message, render_pending, render_picker_note, render_progress
from qa.web.handlers import Handlers
from qa.web.host import AssistantHost
from qa.web.keeping import Keeping
from qa.web.library import LibraryHandlers
from qa.web.library_view import render_empty_library, render_library_message
from qa.web.suggesting import Suggesting, render_next
from qa.web.tools import Tools

# The page's script turns clicks into these events of one hidden component; Gradio wants their names quoted here.
BRIDGE = """
const names = ["open", "browse", "library", "renew", "holdings", "refuse", "remove", "restore", "reindex",
    "switch", "example", "next", "alone", "batch", "conversations", "begin", "resume", "reopen", "retitle", "discard",
    "judge"];
for (const name of names) {
    document.addEventListener("qa-" + name, (event) => trigger(name, event.detail));
}
"""
SCRIPTS = ("page.js", "library.js", "sources.js", "conversations.js", "batch.js", "reconnect.js")
UPLOADS_KEPT = 3600  # seconds; an upload that never reached the library is deleted after that


def page_head() -> str:
    """The page's style sheets, in the order of their names, and its scripts, as elements for its head.

    The style goes there too, because Gradio rewrites the selectors of a style sheet it is handed as such.
    """
    folder = files("qa.web")
    sheets = sorted(folder.joinpath("style").iterdir(), key=lambda sheet: sheet.name)
    style = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    scripts = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)
    language = f"document.documentElement.lang = {json.dumps(strings.LANGUAGE)};"
    return f"<style>\n{style}</style>\n<script>\n{language}\n{scripts}</script>"


def build_app(
    host: AssistantHost,
    folder: Path,
    *,
    store: Conversations | None = None,
    batches: Batches | None = None,
    private: bool = True,
) -> gr.Blocks:
    """Lay out the page and connect its events.

    Args:
        host: The assistant, which may still be loading.
        folder: A private folder of this process; see `LibraryHandlers`.
        store: Where conversations are kept; None: nowhere.
        batches: Whose answers can be fetched; made here when omitted.
        private: Whether the page is served to this computer alone.

    Returns:
        The page, not launched.
    """
    keeping = Keeping(host, store)
    handlers, library, conversations = (
        Handlers(host, keeping),
        LibraryHandlers(host, folder),
        ConversationHandlers(keeping),
    )
    following = Following(host, library, private=private)
    batching = BatchHandlers(batches or Batches(host, folder), library)
    suggesting = Suggesting(handlers, following.suggestions)
    kept = (UPLOADS_KEPT, UPLOADS_KEPT)
    with Page(title=strings.TITLE, analytics_enabled=False, fill_width=True, delete_cache=kept) as app:
        turns, offered = gr.State(None), gr.State(())
        batch = gr.BrowserState("", storage_key="qa-batch")  # its id: the batch is found again after a reload
        loading = render_header(strings.LOADING_SHORT, strings.LOADING_SHORT, private=private)
        header = _html(loading, "qa-header")
        with gr.Row(elem_id="qa-columns"):
            with gr.Column(elem_id="qa-main", min_width=0):
                _html(render_tabs(), "qa-tabs")
                with gr.Column(elem_id="qa-asking", min_width=0):
                    if store:
                        _html(render_conversation_bar(), "qa-conversation-bar")
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
                    following_up = _html(render_next(()), "qa-following")
                    with gr.Column(elem_id="qa-composer", min_width=0):
                        # Above the box, so that the box stays where it is when the picker comes, and when it grows.
                        picker = gr.Dropdown(
                            elem_id="qa-picker",
                            label=strings.PICKER_LABEL,
                            multiselect=True,
                            container=False,
                            visible=False,
                        )
                        note = _html(render_picker_note(0, 0), "qa-picker-note")
                        question = gr.Textbox(
                            elem_id="qa-question",
                            label=strings.QUESTION_LABEL,
                            placeholder=strings.QUESTION_PLACEHOLDER,
                            show_label=False,
                            container=False,
                            max_lines=6,
                            submit_btn=strings.ASK,
                        )
                        message = _html(render_message(""), "qa-message")
                with gr.Column(elem_id="qa-batch", min_width=0):
                    controls = _html(render_controls(None), "qa-batch-controls")
                    questions = gr.UploadButton(strings.BATCH_CHOOSE, elem_id="qa-questions", size="sm", min_width=0)
                    done = _html(render_batch_progress(None), "qa-batch-progress")
            with gr.Column(elem_id="qa-side", min_width=0):
                panel = _html(render_empty_library(), "qa-panel")
                # Below the list, as the question box is below the answers; the style sheet hides it beside a document.
                with gr.Column(elem_id="qa-adding", min_width=0):
                    progress = _html(render_progress("", None, version=""), "qa-progress")
                    dropped = gr.File(
                        elem_id="qa-drop", label=strings.ADD_FILES, show_label=False, file_count="multiple", height=64
                    )
                    chosen = gr.UploadButton(
                        strings.ADD_FOLDER, elem_id="qa-folder", file_count="directory", size="sm", min_width=0
                    )
                    line = _html(render_library_message(""), "qa-library-message")
        judgement = _html(render_judgement(""), "qa-judgement")
        bridge = gr.HTML("", elem_id="qa-bridge", js_on_load=BRIDGE, apply_default_css=False)

        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asked = [turns, chat, question, message]
        # One at a time: otherwise the last to end would show.
        one_by_one: dict[str, Any] = {"concurrency_id": "suggest", "concurrency_limit": 1, **quiet}
        # Gradio would refuse a choice that is gone in words of its own; `read_choice` does so in the page's.
        as_sent: dict[str, Any] = {"preprocess": False}
        # In turn: each sees the turns of the one before.
        in_turn: dict[str, Any] = {"concurrency_id": "ask", "concurrency_limit": 1, **quiet}
        answered = [
            question.submit(handlers.answer_question, [question, turns, picker], asked, **as_sent, **in_turn),
            bridge.example(suggesting.answer_example, turns, asked, **in_turn),
            bridge.next(suggesting.answer_next, [turns, offered, picker], asked, **as_sent, **in_turn),
            bridge.alone(handlers.answer_alone, [turns, picker], asked, **as_sent, **in_turn),
        ]
        bridge.open(handlers.open_citation, turns, [panel, message], **quiet)
        bridge.browse(handlers.browse_document, None, [panel, message], **quiet)
        bridge.library(library.show, None, [panel, message], **quiet)
        bridge.renew(library.renew, None, panel, **quiet)
        bridge.holdings(library.show_holdings, None, [panel, message], **quiet)
        bridge.refuse(library.refuse, None, line, **quiet)
        changing = [
            bridge.resume(conversations.resume, turns, [turns, chat], **in_turn),
            bridge.begin(conversations.begin, None, [turns, chat, message], **in_turn),
            bridge.reopen(conversations.reopen, None, [turns, chat, message], **in_turn),
            bridge.discard(conversations.discard, turns, [turns, chat, panel, message], **in_turn),
        ]
        bridge.conversations(conversations.show, turns, [panel, message], **quiet)
        bridge.retitle(conversations.retitle, turns, [panel, message], **quiet)
        bridge.judge(conversations.judge, turns, [judgement, message], **quiet)
        changed = [
            dropped.upload(library.add, dropped, [dropped, line], **quiet),
            chosen.upload(library.add, chosen, [chosen, line], **quiet),
            bridge.remove(library.remove, None, [panel, line], **quiet),
            bridge.restore(library.restore, None, [panel, line], **quiet),
            bridge.reindex(library.reindex, None, [panel, line], **quiet),
            bridge.switch(library.switch, None, [turns, chat, picker, panel, line], **in_turn),
        ]
        stands = [controls, done]
        questions.upload(batching.take_file, [questions, batch], [questions, batch, *stands], **quiet)
        acted = bridge.batch(batching.act, batch, [batch, *stands], **quiet)
        acted.then(batching.follow, batch, stands, concurrency_limit=None, **quiet)
        app.load(batching.follow, batch, stands, concurrency_limit=None, **quiet)
        told = [header, welcome, panel, picker, note, progress]
        app.load(following.follow_loading, None, told, concurrency_limit=None, **quiet)
        for event in answered:
            event.then(following.keep_choice, picker, picker, **as_sent, **quiet)
        for event in (*answered, *changing):
            event.then(suggesting.suggest, turns, [offered, following_up], **one_by_one)
        for event in changed:
            event.then(following.follow_changes, None, told, concurrency_limit=None, **quiet)
        tools = Tools(host)
        for tool in tools.tools:
            api(open_to_clients(tools, tool), api_name=tool.name)
    blocks: gr.Blocks = app
    return blocks


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=None)
