"""Fill the HTML that Jupyter shows for answers, citations and assistants.

Notebooks drop style sheets of output they do not trust, so each element has its style with it, in the colours of the notebook.
"""

from functools import cache
from typing import Any

from qa.markup import open_templates


def render(macro: str, **values: Any) -> str:
    """Fill a macro of `notebook.html`; text is escaped, its control characters are the caller's to make visible."""
    return str(getattr(_module(), macro)(**values))


@cache
def _module() -> Any:
    return open_templates("qa.answering").get_template("notebook.html").module
