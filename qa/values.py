"""The numbers and dates of a text together, each read once: what is part of a date is no number."""

from collections.abc import Iterable
from dataclasses import dataclass

from qa.dates import Date, read_dates
from qa.quantities import Quantity, read_quantities


@dataclass(frozen=True, slots=True)
class Values:
    """What a text states in numbers and dates.

    Attributes:
        dates: The dates read, in order.
        quantities: The numbers read, in order.
        vague: Where it tells a time that is not read: first character and character after the last.
        others: Whether it holds numbers that are not read.
    """

    dates: tuple[Date, ...]
    quantities: tuple[Quantity, ...]
    vague: tuple[tuple[int, int], ...]
    others: bool

    @property
    def stated(self) -> tuple[Date | Quantity, ...]:
        """The dates and numbers read."""
        return (*self.dates, *self.quantities)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where all of these stand."""
        return [*self.vague, *((value.start, value.end) for value in self.stated)]


def read_values(text: str) -> Values:
    """Read the numbers and dates of a text, such as a sentence."""
    dates, vague = read_dates(text)
    quantities, others = read_quantities(blank(text, [*vague, *((date.start, date.end) for date in dates)]))
    return Values(dates, quantities, vague, others)


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with blanks in place of some stretches: every other character stays where it was."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
