"""Answers as data frames of pandas, where it is installed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from index import QAError
from qa.answering.rows import column_kind, detail, detail_columns, summarise, summary_columns

if TYPE_CHECKING:
    import pandas

    from qa.answering.answer import Answer

_TYPES = {int: "Int64", float: "float64", str: "string"}


def to_frame(answers: "Iterable[Answer]", *, details: bool = False, paths: bool = False) -> "pandas.DataFrame":
    """Make a data frame of answers, with the columns of a batch after the question.

    Args:
        answers: In the order of the rows, such as those of `Assistant.ask_many`.
        details: Make a row for each quote, and one for an answer without any, with all that is known of it. Otherwise there
            is a row for each answer, with more quotes as "quote 2", "source 2" and so on.
        paths: Give the absolute paths of documents, in the details.

    Returns:
        The frame; text is missing where there is none, and so are numbers.

    Raises:
        QAError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise QAError("data frames need the package pandas. Install it: pip install 'qa-verbatim[frame]'") from error
    records = [answer.to_dict() for answer in answers]
    if details:
        columns = [name for name in detail_columns(paths=paths) if name != "line"]
        rows = [{"question": record["question"], **row} for record in records for row in detail(record)]
    else:
        columns = list(summary_columns(max((len(record["citations"]) for record in records), default=0)))
        rows = [{"question": record["question"], **summarise(record)} for record in records]
    columns = ["question", *columns]
    return pandas.DataFrame(rows, columns=columns).astype({name: _TYPES[column_kind(name)] for name in columns})
