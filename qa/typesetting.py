"""Run Typst, which typesets the references and the PDF files.

A template never holds text from outside: it reads that as JSON and shows strings, so no markup in a document, a name or a
note is ever run. Templates import no packages and read no files, so nothing is fetched.
"""

import json
from importlib.resources import files
from typing import Any, Literal

from index import QAError


class MissingPackage(QAError):
    """A package that is needed for this is not installed."""


def typeset(template: str, values: Any, *, to: Literal["pdf", "html"] = "pdf", fonts: bool = True) -> bytes:
    """Fill a template.

    Args:
        template: Its name in this package: "report.typ".
        values: JSON values; the template reads them from `sys.inputs.values`.
        to: What to make of it.
        fonts: Whether to look for fonts on this computer too, for the scripts that the built-in ones lack.

    Returns:
        The file.

    Raises:
        MissingPackage: Typst is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise MissingPackage("this needs the package typst. Install it: pip install 'typst>=0.15,<0.16'") from error
    source = files("qa").joinpath(template).read_bytes()
    inputs = {"values": json.dumps(values)}
    return typst.compile(source, format=to, sys_inputs=inputs, ignore_system_fonts=not fonts)
