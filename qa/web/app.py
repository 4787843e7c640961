"""The page: its layout, and which event calls what.

Importing this module imports Gradio; `server.serve` sets Gradio's environment first.
"""

from importlib.resources import files

import gradio as gr

from qa.web import strings
from qa.web.clients import Page, open_to_clients
from qa.web.handlers import Handlers
from qa.web.host import AssistantHost
from qa.web.panel import render_empty_library
from qa.web.render import render_header, render_message, render_pending, render_picker_note
from qa.web.tools import Tools

# The page's script turns clicks into these events of one hidden component; Gradio wants their names quoted here.
BRIDGE = """
for (const name of ["open", "browse", "library", "example", "alone"]) {
    document.addEventListener("qa-" + name, (event) => trigger(name, event.detail));
}
"""


def page_head() -> str:
    """The page's style sheets, in the order of their names, and its script, as elements for its head.

    The style goes there too, because Gradio rewrites the selectors of a style sheet it is handed as such.
    """
    folder = files("qa.web")
    sheets = sorted(folder.joinpath("style").iterdir(), key=lambda sheet: sheet.name)
    style = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    script = folder.joinpath("page.js").read_text(encoding="utf-8")
    return f"<style>\n{style}</style>\n<script>\n{script}</script>"


def build_app(host: AssistantHost) -> gr.Blocks:
    """Lay out the page and connect its events.

    Args:
        host: The assistant, which may still be loading.

    Returns:
        The page, not launched.
    """
    handlers = Handlers(host)
    with Page(title=strings.TITLE, analytics_enabled=False, fill_width=True) as app:
        turns = gr.State(())
        header = _html(render_header(strings.LOADING_SHORT), "qa-header")
        with gr.Row(elem_id="qa-columns"):
            with gr.Column(elem_id="qa-main", min_width=0):
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
            panel = _html(render_empty_library(), "qa-panel")
        bridge = gr.HTML("", elem_id="qa-bridge", js_on_load=BRIDGE, apply_default_css=False)

        quiet = {"api_visibility": "private", "show_progress": "hidden"}
        asked = [turns, chat, question, message]
        in_turn = {"concurrency_id": "ask", "concurrency_limit": 1, **quiet}  # each sees the turns of the one before
        app.load(handlers.follow_loading, None, [header, welcome, panel, picker, note], concurrency_limit=None, **quiet)
        question.submit(handlers.answer_question, [question, turns, picker], asked, **in_turn)
        bridge.example(handlers.answer_example, turns, asked, **in_turn)
        bridge.alone(handlers.answer_alone, [turns, picker], asked, **in_turn)
        bridge.open(handlers.open_citation, turns, [panel, message], **quiet)
        bridge.browse(handlers.browse_document, None, [panel, message], **quiet)
        bridge.library(handlers.show_library, None, [panel, message], **quiet)
        tools = Tools(host)
        for tool in tools.tools:
            gr.api(open_to_clients(tools, tool), api_name=tool.name)
    return app


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=None)
