"""Small pieces of HTML that the answers and the documents share.

Text from a document, a file name or a person gets into the page in one way only: through `escape`. No template and no
Markdown ever sees it.
"""

from collections.abc import Mapping

from qa.markup import escape
from qa.web import strings


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
    attributes = [f'data-qa="{escape(action)}"']
    attributes += [f'data-{escape(key)}="{escape(str(value))}"' for key, value in data.items()]
    attributes += [f'aria-label="{escape(name)}"'] if name else []
    attributes += [f'aria-pressed="{str(pressed).lower()}"'] if pressed is not None else []
    if key:
        title = strings.WITH_KEY.format(name=name or label, key=key)
        attributes += [f'aria-keyshortcuts="{escape(key)}"', f'title="{escape(title)}"']
    attributes += [] if enabled else ["disabled"]
    kind = f"qa-button qa-{escape(action)}"
    return f'<button type="button" class="{kind}" {" ".join(attributes)}>{escape(label)}</button>'
