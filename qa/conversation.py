"""A conversation: turns, each understood in the light of those before."""

from collections.abc import Callable, Sequence

from qa.answers import Answer


class Conversation:
    """Remembers the questions asked, so that "What about Oman?" is searched as a question that stands alone."""

    def __init__(self, answer: Callable[..., Answer], history: Sequence[str] = ()) -> None:
        """Begin a conversation; `Assistant.conversation` is the usual way.

        Args:
            answer: Answers a question; takes `history`, `as_typed` and `sources` by name.
            history: Questions asked before, oldest first.
        """
        self._answer = answer
        self._history = list(history)
        self._turns: list[Answer] = []

    @property
    def turns(self) -> tuple[Answer, ...]:
        """The answers given, oldest first."""
        return tuple(self._turns)

    @property
    def history(self) -> tuple[str, ...]:
        """The questions asked, oldest first, those of before included; greetings are none."""
        return tuple(self._history)

    def ask(self, question: str, *, as_typed: bool = False, sources: Sequence[str] = ()) -> Answer:
        """Ask the next question.

        Args:
            question: In plain words; may lean on the questions before.
            as_typed: Search the words as typed, whatever was asked before.
            sources: Names, parts or patterns of the documents to search; all when omitted.

        Returns:
            The answer; its `searched` says what was searched.

        Raises:
            QuestionError: It cannot be searched. The conversation stays as it was.
        """
        answer = self._answer(question, history=tuple(self._history), as_typed=as_typed, sources=sources)
        if answer.kind != "greeting":
            self._history.append(question)
        self._turns.append(answer)
        return answer
