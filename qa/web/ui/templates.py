"""The HTML that the features of the page share: header, welcome, progress, messages, buttons, and filling a template.

The Jinja2 templates lie beside the features they belong to. Everything filled in is escaped: text of a document, a file name
or a person gets into the page in no other way.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from qa.markup import open_templates
from qa.web import strings


def fill(template: str, macro: str = "", /, **values: Any) -> Markup:
    """Fill a template, or one of its macros.

    Args:
        template: Its path in `qa/web`, such as "viewer/document.html".
        macro: Its name, where the template is a collection of them.
        values: What it names; text is escaped, `Markup` is not.

    Returns:
        HTML.
    """
    found = _environment().get_template(template)
    return Markup(getattr(found.module, macro)(**values) if macro else found.render(**values))


@cache
def _environment() -> Environment:
    environment = open_templates("qa.web")
    environment.globals["words"] = strings
    return environment


def render_button(
    label: str,
    action: str,
    data: Mapping[str, int | str],
    *,
    name: str = "",
    enabled: bool = True,
    pressed: bool | None = None,
    key: str = "",
) -> str:
    """A button the page's script understands.

    Args:
        label: What it says, not escaped.
        action: What the script does; see `actions` there.
        data: What goes along, as `data-` attributes.
        name: What a screen reader says instead, not escaped.
        enabled: Whether it can be pressed.
        pressed: Whether it is, for one that stays pressed; None for any other.
        key: What presses it too; the script looks for it there.
    """
    return str(
        fill(
            "ui/frame.html",
            "button",
            label=label,
            action=action,
            data=data,
            name=name,
            enabled=enabled,
            pressed=pressed,
            key=key,
        )
    )


def render_header(status: str, said: str, *, privacy: str = strings.PRIVATE) -> str:
    """Title, promise, and what is searched.

    Args:
        status: The scope, or how loading stands.
        said: What a screen reader says of it; it speaks when this changes, which is less often.
        privacy: What leaves the computer, as a sentence.

    Returns:
        One element; it also holds what the page's script says of the server.
    """
    promise = f"{strings.PROMISE} {privacy}"
    return str(fill("ui/frame.html", "header", status=status, said=said, promise=promise))


def render_splitter() -> str:
    """What one drags to change the width of the viewer."""
    return str(fill("ui/frame.html", "splitter"))


def render_load_failure(reason: str) -> str:
    """What stands in the chat when the documents could not be opened.

    Args:
        reason: One line.
    """
    return str(fill("ui/frame.html", "load_failure", reason=reason))


def render_pending(text: str) -> str:
    """A line that says what is being done, in place of what will come."""
    return str(fill("ui/frame.html", "pending", text=text))


def render_progress(text: str, share: float | None, *, version: str) -> str:
    """How far indexing has come, as a bar and in words; nothing of it is seen where there is no text.

    Args:
        text: One line, not escaped.
        share: From 0 to 1; None while that cannot be told.
        version: Changes when the list of documents may have; the page then asks for it.
    """
    value = None if share is None else min(1.0, max(0.0, share))
    return str(fill("ui/frame.html", "progress", text=text, value=value, version=version))


def render_start() -> str:
    """What a library without documents shows: where to drop them."""
    return str(fill("ui/frame.html", "start"))


def render_welcome(questions: Sequence[tuple[int, str]]) -> str:
    """The empty chat.

    Args:
        questions: Questions to offer, each with the number that stands for it.
    """
    return str(fill("ui/frame.html", "welcome", questions=questions))


def render_message(text: str) -> str:
    """One line under the question box; an empty text leaves the keys named there, so that nothing moves."""
    return str(fill("ui/frame.html", "message", text=text[:1].upper() + text[1:]))


def render_scope_choice() -> str:
    """The line above the question box that names what is searched where that is not everything; the page's script fills it."""
    return str(fill("ui/frame.html", "scope_choice"))
