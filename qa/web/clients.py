"""The calls as Gradio's own API has them, which is what `gradio_client` speaks."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from index import QAError
from qa.markup import escape
from qa.web import strings
from qa.web.host import NotReady
from qa.web.tools import Tool, Tools


class Page(gr.Blocks):
    """The page; what a program leaves out is refused in one line and not written to the terminal."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Refuse what does not fit an event, where Gradio would print it."""
        if len(inputs) < len(block_fn.inputs):
            raise gr.Error(strings.TOO_FEW, print_exception=False)


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
            raise gr.Error(escape(str(error)), print_exception=False) from error

    return call
