"""Which documents a question is asked of: those that are ticked in the list.

The browser sends names, and folders with their slash. A name counts letter for letter: it is never read as a part of a name or
as a pattern, which is what `source:` in a question is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from index import QuestionError
from qa.answering.answer import Answer
from qa.answering.question import read_question
from qa.web import strings

if TYPE_CHECKING:
    from qa.assistant import Assistant

_WANTED = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The part of the documents that was searched.

    Attributes:
        names: The names of the documents searched, each once, in order.
        documents: How many documents bear them.
        total: How many documents there are.
    """

    names: tuple[str, ...]
    documents: int
    total: int


def read_choice(chosen: Any, assistant: "Assistant") -> tuple[str, ...]:
    """Read what the browser sent as the choice of documents.

    Args:
        chosen: Anything; a JSON list of names and of folders with their slash, if it comes from the page; empty: all documents.
        assistant: Open on the documents.

    Returns:
        The chosen names, in order; none when all documents are meant. What is gone is left out.

    Raises:
        QuestionError: It is no such list, or nothing of it is there.
    """
    if not chosen:
        return ()
    try:
        wanted = _WANTED.validate_json(chosen) if isinstance(chosen, str) else None
    except ValidationError:
        wanted = None
    if wanted is None:
        raise QuestionError(strings.UNKNOWN_CHOICE)
    if not wanted:
        return ()
    folders = tuple(each for each in wanted if each.endswith("/"))
    among = [name for name in assistant.names() if name.startswith(folders)] if folders else []
    found = sorted([*among, *(name for name in assistant.names(wanted) if not name.startswith(folders))])
    if not found:
        raise QuestionError(strings.UNKNOWN_CHOICE)
    return tuple(dict.fromkeys(found)) if len(found) < assistant.scope.documents else ()


def ask_narrowed(
    assistant: "Assistant", question: str, history: Sequence[str], *, chosen: Any, alone: bool
) -> tuple[Answer, Narrowing | None]:
    """Ask a question of the chosen documents; a `source:` in the question counts instead of the choice.

    Args:
        assistant: Answers.
        question: As typed.
        history: Questions asked before, oldest first.
        chosen: What the browser sent as the choice.
        alone: Search the question as if nothing had been asked before.

    Returns:
        The answer, and what was searched when that was not everything.

    Raises:
        QuestionError: The question cannot be searched, or the choice names no document.
    """
    typed = read_question(question).sources
    sources = () if typed else read_choice(chosen, assistant)
    answer = assistant.conversation(history).ask(question, as_typed=alone, sources=sources)
    if not (typed or sources):
        return answer, None
    searched = assistant.match_names(typed or sources)
    return answer, Narrowing(tuple(dict.fromkeys(searched)), len(searched), assistant.scope.documents)
