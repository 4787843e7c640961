"""Fill the HTML that Jupyter shows for answers, citations and assistants.

Notebooks drop style sheets of output they do not trust, so each element has its style with it, in the colours of the notebook.
"""

from functools import cache
from typing import Any

from qa.markup import keep_sendable


def render(macro: str, **values: Any) -> str:
    """Fill a macro of `notebook.html`; text is escaped, its control characters are the caller's to make visible."""
    return str(getattr(_module(), macro)(**values))


@cache
def _module() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here, because it slows `import qa`

    environment = Environment(
        loader=PackageLoader("qa.answering", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: keep_sendable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("notebook.html").module
