"""Every error this project raises on purpose.

    QAError
    +-- SourceError      a file or folder cannot be read, or has nothing to search
    |   +-- PassingError     it may be read another time, for the reason is not in it
    +-- StorageError     a collection on disk cannot be opened, locked or written
    |   +-- DamagedError     a file on disk is damaged
    |   +-- DeletedError     a collection was deleted while it was open
    |   +-- LockedError      another process is updating a collection
    |   +-- OutdatedError    another version or another model made it
    |   +-- UnreachableError an engine on a server cannot be reached
    +-- EncoderError     the model is missing, altered or cannot be loaded
    |   +-- CacheError       a build of a model cannot be kept
    +-- ReaderError      the model that reads question and passage is missing, altered or cannot be run
    +-- QuestionError    the question cannot be searched
    +-- BatchError       a file of questions or answers cannot be used
    +-- WorkerError      other processes cannot do their work

Each message says what failed, on which file, and what to do. Errors of other libraries are translated with `from`.
"""


class QAError(Exception):
    """Base class: catch it to catch everything raised here on purpose. Its text is one line."""


class SourceError(QAError):
    """A file or folder cannot be read, or has nothing to search."""


class PassingError(SourceError):
    """A file cannot be read now, for a reason that is not in it, such as too little memory of the computer."""


class StorageError(QAError):
    """A collection on disk cannot be opened, locked or written. Everything committed before is still there."""


class DamagedError(StorageError):
    """A file on disk is not a database, or is damaged."""


class DeletedError(StorageError):
    """A collection was deleted while it was open."""


class LockedError(StorageError):
    """Another process is updating a collection. What it has committed can be searched."""


class OutdatedError(StorageError):
    """Another version or another model made a collection; it can be rebuilt, never mixed.

    Attributes:
        fact: The message without the advice.
    """

    def __init__(self, fact: str, advice: str = "Delete that folder, then index again.") -> None:
        """Join fact and advice to one message."""
        super().__init__(f"{fact} {advice}")
        self.fact, self._advice = fact, advice

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Come whole out of another process."""
        return type(self), (self.fact, self._advice)


class UnreachableError(StorageError):
    """An engine that follows a collection cannot be reached. The collection itself is whole, and answers."""


class EncoderError(QAError):
    """The embedding model is missing, altered or cannot be loaded."""


class CacheError(EncoderError):
    """A build of a model cannot be kept."""


class ReaderError(QAError):
    """The model that reads question and passage together is missing, altered or cannot be run."""


class QuestionError(QAError):
    """The question cannot be searched: it is empty, has no word, or is too long."""


class BatchError(QAError):
    """A file of questions or answers cannot be used."""


class WorkerError(QAError):
    """Other processes cannot do their work: they cannot start, end again and again, or lack the models or the collection."""
