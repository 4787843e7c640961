"""Judge a quote by what a dataset knows of the right answer."""

import re

from qa.datasets import LabelledQuestion

SHORT_ANSWER = 12  # words; a longer answer that is no excerpt is free text, which no quote repeats
_WORDS = re.compile(r"\w+")


def is_right(quote: str, entry: str, question: LabelledQuestion) -> bool | None:
    """Judge a quote.

    Args:
        quote: The words quoted.
        entry: Id of the corpus entry they lie in.
        question: The question, with what is known of its answer.

    Returns:
        False where the question is not answerable. Otherwise what `holds_answer` returns; where the answers are free
        text, whether the entry is one that answers; None where the dataset names no answer.
    """
    if not question.answerable:
        return False
    held = holds_answer(quote, question)
    if held is None and question.answers and question.relevant:
        return question.relevant.get(entry, 0) > 0
    return held


def holds_answer(quote: str, question: LabelledQuestion) -> bool | None:
    """Compare the words of a quote with the right answer.

    Where the dataset names answering sentences, a right quote holds one of them or lies in one; only words count, so
    that text split into tokens ("a one - year period") equals the same text as written. Otherwise a right quote holds
    one of the literal answers; case and white space do not count.

    Args:
        quote: The words quoted.
        question: The question, with what is known of its answer.

    Returns:
        Whether the quote is right; None where the dataset names neither answering sentences nor literal answers.
    """
    if question.answer_sentences:
        said = _words(quote)
        known = [_words(sentence) for sentence in question.answer_sentences]
        return any(said.strip() and text.strip() and (text in said or said in text) for text in known)
    literal = literal_answers(question)
    return any(_plain(answer) in _plain(quote) for answer in literal) if literal else None


def literal_answers(question: LabelledQuestion) -> tuple[str, ...]:
    """Return the answers that a quote can repeat: excerpts of the corpus, and others of at most twelve words."""
    return tuple(
        answer
        for answer in question.answers
        if answer.strip() and (question.excerpts or len(answer.split()) <= SHORT_ANSWER)
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(text: str) -> str:
    """The words of a text with a space around each, so that only whole words are found in it."""
    return f" {' '.join(_WORDS.findall(text.casefold()))} "
