"""What visitors say of answers and quotes: right, wrong, the wrong sentence."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from qa.conversation_file import ConversationFile

Label = Literal["up", "down", "wrong"]


class Labels:
    """The part of the kept conversations that is about what was said of them."""

    _file: ConversationFile
    _clock: Callable[[], datetime]

    def toggle_label(self, visitor: str, conversation: int, number: int, *, citation: int, label: Label) -> bool:
        """Say something of an answer or a citation, or take it back where just that was said.

        Args:
            visitor: Whose turn it has to be.
            conversation: Id of its conversation.
            number: Of the turn.
            citation: See `KeptTurn.labels`.
            label: "up" or "down" of an answer, "wrong" of a citation.

        Returns:
            Whether there is such a turn.
        """
        with self._file.transaction() as connection:
            found = connection.execute(
                "SELECT t.id, (SELECT label FROM labels WHERE turn_id = t.id AND citation = ?) FROM turns t"
                " JOIN conversations c ON c.id = t.conversation_id WHERE c.id = ? AND c.visitor = ? AND t.number = ?",
                (citation, conversation, visitor, number),
            ).fetchone()
            if found is None:
                return False
            connection.execute("DELETE FROM labels WHERE turn_id = ? AND citation = ?", (found[0], citation))
            if found[1] != label:
                connection.execute("INSERT INTO labels VALUES (?, ?, ?, ?)", (found[0], citation, label, self._now()))
        return True

    def labels(self, visitor: str, conversation: int, number: int) -> dict[int, Label]:
        """What was said of a turn; see `KeptTurn`."""
        rows = self._file.rows(
            "SELECT l.citation, l.label FROM labels l JOIN turns t ON t.id = l.turn_id"
            " JOIN conversations c ON c.id = t.conversation_id WHERE c.visitor = ? AND c.id = ? AND t.number = ?",
            (visitor, conversation, number),
        )
        return dict(rows)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")
