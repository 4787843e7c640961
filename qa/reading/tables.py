"""Make training examples from the rows of tables, and make up tables, by rules."""

import random
import re
from collections.abc import Callable, Iterator, Sequence

from qa.answering.lookups import plain_row, read_cells
from qa.reading.data import Example, with_some

_LONGEST_ROW = 700  # characters
_LONGEST_NAME = 50  # characters of what a row is about
_ROWS = 10  # per table
_CELL = (
    "What is the {column} of {row}?", "What is the {column} of {row}?", "What {column} does {row} have?",
    "Which {column} does {row} have?", "{row} {column}", "{column} of {row}", "What's the {column} for {row}?",
    "What is {row}'s {column}?", "Tell me the {column} of {row}.", "what was the {column} for {row}",
)  # fmt: skip
_KEY = ("Which {key} has a {column} of {value}?", "Which {key} has the {column} {value}?", "{key} with {column} {value}",
        "What {key} has {value} as {column}?")  # fmt: skip
# As people ask for some columns.
_ASKED_AS = {
    "price": ("How much does the {row} cost?", "How much is a {row}?"),
    "weight": ("How heavy is the {row}?", "How much does the {row} weigh?"),
    "delivery time": ("How long does delivery of the {row} take?",),
    "warranty": ("How long is the warranty on the {row}?",),
    "manager": ("Who is the manager in {row}?", "Who runs the {row} branch?"),
    "employees": ("How many employees work in {row}?", "How many people work in {row}?"),
    "opening hours": ("When is {row} open?", "When does the {row} branch open?"),
    "monthly fee": ("How much is the {row} plan a month?", "What does {row} cost per month?"),
    "storage": ("How much storage is in the {row} plan?",),
    "users": ("How many users can the {row} plan have?",),
    "room": ("In which room is {row}?", "Where does {row} sit?"),
    "phone": ("How can I call {row}?", "What is the phone number of {row}?"),
    "start date": ("When did {row} start?", "Since when has {row} worked here?"),
    "department": ("Which department is {row} in?", "Where does {row} work?"),
    "place": ("Where is the {row}?",),
    "speaker": ("Who speaks at the {row}?", "Who gives the {row}?"),
    "fee": ("What does the {row} cost?",),
    "date": ("When is the {row}?", "What day is the {row}?"),
}
_WORD = re.compile(r"[A-Za-z]{3}")


def ask_rows(rows: Sequence[str], title: str, rng: random.Random) -> Iterator[Example]:
    """Yield questions for cells of a table, for other rows and for columns that it does not have."""
    read = [[(cell.name, row[cell.start : cell.end], cell.start) for cell in read_cells(row)] for row in rows]
    names = [name for name, _, _ in read[0]]
    alike = [place for place, row in enumerate(read) if [name for name, _, _ in row] == names]
    table, texts = [read[place] for place in alike], [plain_row(rows[place]) for place in alike]
    key = _key_column(table)
    if len(table) < 3 or key is None or not all(names):
        return
    absent = [column for column in _ASKED_AS if not set(column.split()) & set(" ".join(names).lower().split())]
    for row, text in rng.sample(list(zip(table, texts, strict=True)), min(_ROWS, len(table))):
        subject = row[key][1]
        if len(subject) > _LONGEST_NAME or len(text) > _LONGEST_ROW:
            continue
        column, value, start = rng.choice([cell for at, cell in enumerate(row) if at != key])
        usual = _ASKED_AS.get(column.lower()) if rng.random() < 0.65 else None
        question = rng.choice(usual or _CELL).format(column=_said(column), row=subject)
        example = Example(question, title, text, start, start + len(value), True, "row")
        others = [other for values, other in zip(table, texts, strict=True) if values[key][1] != subject]
        yield from with_some(example, others, 2, rng)
        other = rng.choice(absent)
        question = rng.choice(_ASKED_AS[other] if rng.random() < 0.6 else _CELL).format(column=other, row=subject)
        yield Example(question, title, text, -1, -1, False, "no_row")
        if rng.random() < 0.3 and sum((column, value) in {cell[:2] for cell in each} for each in table) == 1:
            question = rng.choice(_KEY).format(key=_said(names[key]), column=_said(column), value=value)
            start = row[key][2]
            example = Example(question, title, text, start, start + len(subject), True, "row")
            yield from with_some(example, others, 1, rng)


def _key_column(table: Sequence[Sequence[tuple[str, str, int]]]) -> int | None:
    """Return the first column of mostly different words; None without one, or with one column alone."""
    if not table or len(table[0]) < 2:
        return None
    for column in range(len(table[0])):
        values = [row[column][1] for row in table]
        worded = sum(bool(_WORD.search(value)) for value in values)
        if worded > 0.9 * len(values) and len(set(values)) > 0.5 * len(values):
            return column
    return None


_PEOPLE = (
    "Anna Ben Carla David Elena Farid Greta Hugo Iris Jonas Katja Liam Mina Noah Olga Paul Quinn Rosa Sven Tara Umar Vera",
    "Adler Bauer Costa Dietz Evans Fischer Grant Huber Ito Jansen Keller Lopez Meyer Novak Olsen Patel Rossi Silva Tanaka",
)
_GOODS = (
    "Desk lamp, Office chair, Laptop stand, Monitor arm, Keyboard, Mouse pad, Webcam, Headset, Printer, Scanner, Tent"
    ", Projector, Coffee machine, Water filter, Heat pump, Drill press, Garden hose, Bicycle pump, Camp stove"
)
_CITIES = "Oslo Lisbon Vienna Prague Dublin Athens Zurich Bergen Turin Leeds Porto Malmo Ghent Lyon Graz Basel Riga"
_PLANS = "Basic Standard Premium Team Enterprise Starter Plus Family Student Trial"
_OFFICES = "Sales Finance Support Research Legal Logistics"
_SUBJECTS = "safety, welding, first aid, accounting, gardening, photography, radio, statistics"
_MONTHS = "March April May June October"


def make_table(rng: random.Random) -> tuple[str, list[str]]:
    """Make up a small table of an office, with its title: the rows as the product reads them, "Item: Tent; Price: 90 EUR."."""

    def person() -> str:
        return " ".join(rng.choice(names.split()) for names in _PEOPLE)

    def day() -> str:
        return f"{rng.randrange(1, 29)} {rng.choice(_MONTHS.split())}"

    def one_of(words: str) -> str:
        return rng.choice(words.split(", ") if ", " in words else words.split())

    kinds: dict[str, tuple[list[str], dict[str, Callable[[], str]]]] = {
        "staff": (
            [person() for _ in range(9)],
            {
                "Department": lambda: one_of(_OFFICES),
                "Room": lambda: f"{rng.choice('ABC')}{rng.randrange(100, 500)}",
                "Phone": lambda: f"+49 {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}",
                "Start date": lambda: f"{day()} {rng.randrange(2008, 2025)}",
            },
        ),
        "price list": (
            _GOODS.split(", "),
            {
                "Price": lambda: f"{rng.randrange(5, 900)}.{rng.randrange(10, 99)} EUR",
                "Weight": lambda: f"{rng.randrange(1, 40) / 2} kg",
                "Delivery time": lambda: f"{rng.randrange(1, 15)} days",
                "Warranty": lambda: f"{rng.randrange(1, 6)} years",
            },
        ),
        "branches": (
            _CITIES.split(),
            {
                "Manager": person,
                "Employees": lambda: str(rng.randrange(4, 400)),
                "Revenue": lambda: f"{rng.randrange(1, 90) / 10} million",
                "Opening hours": lambda: f"{rng.randrange(7, 10)}.00 to {rng.randrange(16, 21)}.00",
            },
        ),
        "plans": (
            _PLANS.split(),
            {
                "Monthly fee": lambda: f"${rng.randrange(3, 99)}",
                "Storage": lambda: f"{rng.choice((5, 10, 50, 100, 500))} GB",
                "Users": lambda: str(rng.randrange(1, 200)),
                "Support": lambda: one_of("email, phone, 24 hours, none, business hours"),
            },
        ),
        "events": (
            [
                f"{kind} {subject}"
                for kind in ("Workshop on", "Lecture on", "Course in")
                for subject in _SUBJECTS.split(", ")
            ],
            {
                "Date": day,
                "Place": lambda: one_of(_CITIES),
                "Speaker": person,
                "Fee": lambda: f"{rng.randrange(5, 200)} EUR",
            },
        ),
    }
    keys = {"staff": "Name", "price list": "Item", "branches": "City", "plans": "Plan", "events": "Event"}
    title = rng.choice(list(kinds))
    subjects, columns = kinds[title]
    chosen = rng.sample(list(dict.fromkeys(subjects)), rng.randrange(4, 8))
    return title, [
        "; ".join([f"{keys[title]}: {subject}", *(f"{name}: {made()}" for name, made in columns.items())]) + "."
        for subject in chosen
    ]


def _said(name: str) -> str:
    """Write the name of a column as in a question: small, but for abbreviations."""
    return name if re.search("[A-Z]{2}", name) else name.lower()
