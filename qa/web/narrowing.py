"""Which documents a question is asked of: what the picker offers, and what a choice in it means.

The browser sends back names. Each has to be one of the names there are, letter for letter: a choice is never read as a
part of a name or as a pattern, which is what `source:` in a question is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from index import QuestionError
from qa.answering.answer import Answer
from qa.answering.question import matching_sources, read_question
from qa.web import strings

if TYPE_CHECKING:
    from qa.assistant import Assistant

OFFERED = 1_000  # names; all of them go to the browser, which filters them as one types


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


def name_choices(documents: Sequence[Any]) -> tuple[str, ...]:
    """The names to choose from, of which the page offers the first `OFFERED`.

    Args:
        documents: Records with `source`, in order.

    Returns:
        Every name once; none when there is nothing to choose between.
    """
    names = tuple(dict.fromkeys(document.source for document in documents))
    return names if len(names) > 1 else ()


def read_choice(chosen: Any, names: Sequence[str]) -> tuple[str, ...]:
    """Read what the browser sent as the choice of documents.

    Args:
        chosen: Anything; a list of names, if it comes from the picker.
        names: The names there are.

    Returns:
        The chosen names, in the order of `names`; none when all documents are meant.

    Raises:
        QuestionError: It is no list of names, or one of them is no document's name.
    """
    if chosen is None:
        return ()
    known = set(names)
    if not isinstance(chosen, list) or not all(isinstance(name, str) and name in known for name in chosen):
        raise QuestionError(strings.UNKNOWN_CHOICE)
    wanted = set(chosen)
    return () if wanted == known else tuple(name for name in dict.fromkeys(names) if name in wanted)


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
    names = [document.source for document in assistant.documents()]
    typed = read_question(question).sources
    sources = () if typed else read_choice(chosen, names)
    answer = assistant.conversation(history).ask(question, as_typed=alone, sources=sources)
    if not (typed or sources):
        return answer, None
    searched = matching_sources(names, typed or sources)
    return answer, Narrowing(tuple(dict.fromkeys(searched)), len(searched), len(names))
