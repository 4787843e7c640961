"""What is written down while the page is served: never the token, and no question or document text unless asked for.

A message of another library, or of an exception, can hold either; so of these only the pattern, the kind of exception
and the places in the program are kept.
"""

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from qa.text import visible_line

if TYPE_CHECKING:
    from qa.answering.answer import Answer

LAYOUT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OWN = "qa"
ANSWERS = "qa.web.answers"
_QUESTIONS = "qa.web.questions"


class QuietFormatter(logging.Formatter):
    """Formats records in one line each, exceptions below in several, without what other people's text may be in."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one record."""
        own = record.name.partition(".")[0] == OWN
        said = visible_line(record.getMessage() if own else str(record.msg))
        values = {
            "asctime": self.formatTime(record),
            "levelname": record.levelname,
            "name": record.name,
            "message": said,
        }
        line = LAYOUT % values
        if not record.exc_info or record.exc_info[0] is None:
            return line
        kind, _, place = record.exc_info
        frames = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(place)]
        return "\n".join([line, f"  {kind.__module__}.{kind.__qualname__}", *frames])


def note_answer(way: str, answer: "Answer") -> None:
    """Note that a question was answered; the question itself goes to a log of its own, which is shut as a rule.

    Args:
        way: How the question came.
        answer: What it got.
    """
    said = answer.verdict if answer.kind == "answer" else answer.kind
    logging.getLogger(ANSWERS).info("%s: %s, %d quotes", way, said, len(answer.citations))
    logging.getLogger(_QUESTIONS).debug("%s", answer.question)


def start_log(file: Path | None = None, *, questions: bool = False) -> None:
    """Write to a file from now on, or to standard error; everything with a file or questions, otherwise only warnings.

    Args:
        file: Continued when it is there; made for its owner alone.
        questions: Whether to write questions down.

    Raises:
        OSError: The file cannot be written.
    """
    stream = sys.stderr
    if file is not None:
        stream = open(  # noqa: SIM115 (it lives as long as the program)
            file,
            "a",
            encoding="utf-8",
            errors="backslashreplace",
            opener=lambda path, flags: os.open(path, flags, 0o600),
        )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(QuietFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(_QUESTIONS).setLevel(logging.DEBUG if questions else logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.INFO if file is not None or questions else logging.WARNING)


def adopt_server_log() -> None:
    """Send what the web server logs the same way, and nothing of the requests, whose addresses may hold the token."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    logging.getLogger("uvicorn.access").disabled = True
