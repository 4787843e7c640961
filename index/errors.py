"""Every error this project raises on purpose.

    QAError
    +-- SourceError      a file or folder cannot be read, or holds nothing to search
    +-- StorageError     a collection on disk cannot be opened, locked or written
    |   +-- OutdatedError    it was made by another version or with another model
    +-- EncoderError     the model is missing, altered or cannot be loaded
    +-- ReaderError      the model that reads question and passage is missing, altered or cannot be run
    +-- QuestionError    the question cannot be searched as it stands
    +-- BatchError       a file of questions or answers cannot be used

Each message says what failed, on which file, and what to do. Errors of other libraries are translated with `from`.
"""


class QAError(Exception):
    """Base class: catch this to catch everything raised here on purpose. Its text is one line."""


class SourceError(QAError):
    """A file or folder cannot be read, or holds nothing to search."""


class StorageError(QAError):
    """A collection on disk cannot be opened, locked or written. What was committed before is still there."""


class OutdatedError(StorageError):
    """A collection was made by another version or with another model; it can be rebuilt, never mixed.

    Attributes:
        fact: The message without what to do.
    """

    def __init__(self, fact: str, advice: str = "Delete that folder, then index again.") -> None:
        """Say what was found, and what to do."""
        super().__init__(f"{fact} {advice}")
        self.fact = fact


class EncoderError(QAError):
    """The embedding model is missing, altered or cannot be loaded."""


class CacheError(EncoderError):
    """What was built of a model cannot be kept."""


class ReaderError(QAError):
    """The model that reads question and passage together is missing, altered or cannot be run."""


class QuestionError(QAError):
    """The question cannot be searched as it stands: empty, without a word, or too long."""


class BatchError(QAError):
    """A file of questions or answers cannot be used."""
