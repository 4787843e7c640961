"""Say one friendly line to a greeting, and what the assistant can do instead where no sentence can be the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.requests import Request

HELLO = "Hello! Ask a question about your documents, and the sentences that answer it are quoted here."
WELCOME = "You are welcome. Ask another question whenever you like."

_INSTEAD = "Ask about one point, and the sentences that answer are quoted."
_WISHES = {
    "summary": f"The assistant quotes documents; it does not summarise them. {_INSTEAD}",
    "count": "The assistant does not count across documents, but it can tell where words occur.",
    "list": "The assistant does not make lists across documents, but it can tell where words occur.",
    "comparison": f"The assistant does not compare documents. {_INSTEAD}",
    "translation": f"The assistant quotes documents as they are; it does not translate. {_INSTEAD}",
    "writing": f"The assistant quotes documents; it does not write texts of its own. {_INSTEAD}",
    "help": "Ask a question in plain words about your documents. The sentences that answer are quoted, each with its place; "
    "where the documents do not answer, you are told so.",
}


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often some words occur together.

    Attributes:
        words: As typed.
        passages: In how many passages.
        documents: In how many documents.
        more: Whether there may be more, as counting stopped.
    """

    words: str
    passages: int
    documents: int
    more: bool = False

    def describe(self) -> str:
        """One sentence for a person."""
        if not self.passages:
            return f"\u201c{self.words}\u201d occurs nowhere."
        passages = "1 passage" if self.passages == 1 else f"{self.passages:,} passages"
        documents = "1 document" if self.documents == 1 else f"{self.documents:,} documents"
        return f"\u201c{self.words}\u201d occurs in {'at least ' if self.more else ''}{passages} of {documents}."


def describe_request(request: Request, occurrences: Sequence[Occurrences] = ()) -> str:
    """Word the reply to a request that is not a question.

    Args:
        request: A greeting, thanks, or a wish that no sentence can be.
        occurrences: How often the words it names occur.

    Returns:
        One or a few sentences.
    """
    if request.kind == "greeting":
        return HELLO
    if request.kind == "thanks":
        return WELCOME
    return " ".join([_WISHES[request.wish or "help"], *(each.describe() for each in occurrences)])
