"""Questions that look up a value in a row of a table, or keywords."""

import pytest

from qa.answering.lookups import (
    asks_more,
    choose_value,
    is_identifier_lookup,
    is_keyword_lookup,
    is_row_lookup,
    is_section_lookup,
    is_table_row,
    plain_row,
    read_cells,
)

FERRIES = "Region: Norrland; 2021: 498; 2022: 512."
CASES = {
    "value-and-column": ("How many ferries ran in Norrland in 2022?", FERRIES, ("Ferries",), True),
    "another-region": ("How many ferries ran in Sorland in 2022?", FERRIES, ("Ferries",), False),
    "another-year": ("How many ferries ran in Norrland in 2025?", FERRIES, ("Ferries",), False),
    "another-subject": ("How many buses ran in Norrland in 2022?", FERRIES, ("Ferries",), False),
    "no-column-asked": ("Who governs Norrland?", FERRIES, ("Ferries",), False),
    "file-name": (
        "What is the price of the lamp in article_list?",
        "Article: lamp; Price: 12.",
        ("article list",),
        True,
    ),
    "form": ("What is the surname?", "Surname: Brekke.", (), True),
    "form-of-somebody": ("What is the surname of the applicant?", "Surname: Brekke.", ("Applicant",), True),
    "form-of-somebody-else": ("What is the surname of the mayor?", "Surname: Brekke.", ("Applicant",), False),
    "no-names": ("In which town does Ivo live?", "Ivo; Kotor.", (), False),
    "prose": ("What is it?", "It is so.", (), False),
}


@pytest.mark.parametrize(("question", "row", "context", "expected"), CASES.values(), ids=CASES)
def test_a_lookup_names_the_row_and_the_column_and_asks_nothing_else(question, row, context, expected):
    """A word that neither the row nor its table has makes it another question."""
    assert is_row_lookup(question, row, context) is expected


BOARD = "Item: Oak board; Price: 14.50; Supplier: Silva."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How much is the oak board?", False),
        ("Who supplies oak boards?", False),  # as "Supplier"
        ("Who supplies the oak board in the catalogue?", False),  # named by the table
        ("How much does an oak board cost?", False),  # a verb that says no more than the column
        ("How many people make oak boards?", False),
        ("How heavy is the oak board?", True),
        ("How much is the pine board?", True),
        ("Is there a discount on oak boards?", True),
    ],
)
def test_a_question_asks_more_than_a_row_says_if_no_cell_and_no_name_has_one_of_its_words(question, expected):
    """Words are the same if they have a stem in common, or begin alike."""
    assert asks_more(question, BOARD, ("Catalogue",)) is expected


@pytest.mark.parametrize(
    ("text", "sentences", "expected"),
    [
        (BOARD, 1, True),
        ("Ivo; Kotor.", 1, True),
        ("Surname: Brekke.", 1, True),
        ("Ivo lives in Kotor.", 1, False),
        ("The council has one task: to see that the water, which comes from the hills, is clean.", 1, False),
        ("Ivo, who came from Kotor in the year of the flood, lives there still; Ana left.", 1, False),
        ("text: Ivo lives in Kotor; he moved. He likes it.", 2, False),
    ],
)
def test_a_row_has_cells_and_is_one_sentence(text, sentences, expected):
    """A record of a list may be prose."""
    assert is_table_row(text, sentences) is expected


def test_a_row_is_read_as_prose_with_its_characters_where_they_were():
    """So that the words that answer are at the same place in the row; times and links keep their colons."""
    plain = plain_row("Train: IC 88; Departs: 08:40; Page: https://x.org.")
    assert plain == "Train  IC 88, Departs  08:40, Page  https://x.org."


GOODS = "Goods can be sent back within thirty days."


@pytest.mark.parametrize(
    ("question", "quote", "expected"),
    [
        ("warranty duration", "Lamps have a warranty of two years.", True),
        ("warranty duration", "Lamps have a warranty.", False),
        ("lamp price", "A lamp costs \u20ac 30.", True),
        ("lamp price", "A lamp has 30 bulbs.", False),
        ("closing date", "The closing is on 3 May.", True),
        ("office phone", "Our office: +47 22 33 44 55.", True),
        ("office email", "Write to our office, office@example.org.", True),
        ("office email", "Write to our office.", False),
    ],
)
def test_a_keyword_that_stands_for_a_value_is_looked_up_if_the_quote_has_one(question, quote, expected):
    """The others have to be there as words."""
    assert is_keyword_lookup(question, quote, ()) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("refund", True),
        ("REFUND???", True),
        ("refund policy", True),
        ("refund of goods", True),
        ("refund of shoes", False),
        ("refund period", True),
        ("refund price", False),
        ("period", False),
        ("Is there a refund?", False),
        ("how long refund", False),
        ("of the", False),
        ("Wie ist die refund policy?", False),
    ],
)
def test_keywords_are_looked_up_if_the_place_has_them_all(question, expected):
    """In the quote or the headings above it; a question is no list of keywords."""
    assert is_keyword_lookup(question, GOODS, ("Refund policy", "", "terms")) is expected


@pytest.mark.parametrize(
    ("question", "text", "heading", "expected"),
    [
        ("What does clause 2.2 say?", "2.2 The tenant must insure the event.", "2. Risk", True),
        ("What does clause 2.2 say about insurance of the event?", "2.2 The tenant must insure the event.", "", True),
        ("What does clause 2.2 say about pets?", "2.2 The tenant must insure the event.", "", False),
        ("What does clause 2.2 say?", "2.21 The tenant must pay.", "", False),
        ("What does Article 5 provide?", "Goods are sent back.", "Terms > Article 5. Returns", True),
        ("What does Article 5 provide?", "Goods are sent back.", "Terms > Article 15. Returns", False),
        ("Was steht in \xa7 4?", "Hunde sind erlaubt.", "\xa7 4 Tierhaltung", True),
        ("What is in section B.1?", "Boats are moored here.", "B.1 Mooring", True),
        ("Which clause is about insurance?", "2.2 The tenant must insure the event.", "2. Risk", True),
        ("Which clause is about pets?", "2.2 The tenant must insure the event.", "2. Risk", False),
        ("Which clause is about insurance?", "The tenant must insure the event.", "", False),
        ("What does the contract say?", "2.2 The tenant must insure the event.", "", False),
    ],
)
def test_a_section_is_looked_up_by_its_number(question, text, heading, expected):
    """The passage or a heading begins with it, and they have what else is asked."""
    assert is_section_lookup(question, text, heading) is expected


def test_a_document_is_read_with_its_name(tmp_path):
    """What the file's name says completes a sentence: the year, the subject. Keywords find the place."""
    from qa import Assistant

    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "ferry_rules_2021.txt").write_text("Dogs pay half the fare.\n\nBicycles travel free.\n")
    (folder / "prices.md").write_text("# Refund policy\n\nTickets can be given back within thirty days.\n")
    with Assistant.open(folder, home=tmp_path / "home") as assistant:
        answer = assistant.ask("What did dogs pay on the ferry in 2021?")
        assert (answer.verdict, answer.citations[0].quote) == ("answered", "Dogs pay half the fare.")
        assert assistant.ask("What did cats pay on the ferry in 2021?").verdict != "answered"
        answer = assistant.ask("refund")
        assert (answer.verdict, answer.citations[0].source) == ("answered", "prices.md")
        answer = assistant.ask("What does ferry_rules_2021.txt say about dogs?")
        assert (answer.verdict, answer.citations[0].quote) == ("answered", "Dogs pay half the fare.")
        assert assistant.ask("shoes").verdict == "not_in_sources"


def test_a_row_that_is_looked_up_answers(tmp_path):
    """And a near question about the same row does not."""
    from qa import Assistant

    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "ferries.csv").write_text("Region,2021,2022\nNorrland,498,512\nSorland,201,199\n")
    with Assistant.open(folder, home=tmp_path / "home") as assistant:
        answer = assistant.ask("How many ferries ran in Norrland in 2022?")
        assert (answer.verdict, answer.citations[0].quote) == ("answered", FERRIES)
        assert assistant.ask("Who governs Norrland?").verdict != "answered"
        assert assistant.ask("What is the total of ferries?").verdict != "answered"


REPORTS = "Team: South; Documents: 40; Errors: 7."
PAINT = "2    Paint, white, 10 l      3        20.00    60.00\n     (Alpina)"
PAINT_NAMES = "Our work > Pos; Description; Qty; Unit price; Total"


@pytest.mark.parametrize(
    ("row", "heading", "expected"),
    [
        (REPORTS, "", [("Team", "South"), ("Documents", "40"), ("Errors", "7")]),
        ("Anna; Lund.", "", [("", "Anna"), ("", "Lund")]),
        ("Who: Ann; Says: Yes. No.", "", [("Who", "Ann"), ("Says", "Yes. No")]),
        (
            PAINT,
            PAINT_NAMES,
            [
                ("Pos", "2"),
                ("Description", "Paint, white, 10 l"),
                ("Qty", "3"),
                ("Unit price", "20.00"),
                ("Total", "60.00"),
            ],
        ),
        ("| Dr. Ann Bay | Lund |", "Name; Town", [("Name", "Dr. Ann Bay"), ("Town", "Lund")]),
        ("Ann     Lund", "Name; Town; Since", [("", "Ann"), ("", "Lund")]),
        ("Lund      9-12     14-18", "Morning; Evening", [("", "Lund"), ("Morning", "9-12"), ("Evening", "14-18")]),
        ("fan speed=off", "bath", [("fan speed", "off")]),
        ("Soup of the day .......... 5.80", "", [("", "Soup of the day"), ("", "5.80")]),
        ("", "", []),
    ],
)
def test_the_cells_of_a_row_have_the_names_of_their_columns(row, heading, expected):
    """In the row itself or in its heading; none where their number differs."""
    assert [(cell.name, row[cell.start : cell.end]) for cell in read_cells(row, heading)] == expected


@pytest.mark.parametrize(
    ("question", "row", "words", "expected"),
    [
        ("How many documents does South have?", REPORTS, "Documents", "40"),
        ("How many documents does South have?", REPORTS, "Documents: 40", "40"),
        ("How many documents does South have?", REPORTS, "South; Documents: 40", "40"),
        ("How many documents does South have?", REPORTS, "40", "40"),
        ("How many documents does South have?", REPORTS, "7", "7"),
        ("Which team has 40 documents?", REPORTS, "Team: South", "South"),
        ("What does South have?", REPORTS, "Documents: 40; Errors: 7", "40; Errors: 7"),
        ("What is KD-20415?", "Customer number: KD-20415.", "Customer number", "Customer number"),
        ("What is the unit price of the white paint?", PAINT, "10 l      3        20.00    60.00", "20.00"),
        ("How much is the white paint?", PAINT, "60.00", "60.00"),
    ],
)
def test_the_words_that_answer_in_a_row_are_a_value(question, row, words, expected):
    """Not the name of its column, nor several cells where one is asked for; a name that is asked for stays."""
    begin = row.index(words)
    heading = PAINT_NAMES if row == PAINT else ""
    assert row[slice(*choose_value(question, row, (begin, begin + len(words)), heading))] == expected


def test_a_row_of_a_text_is_looked_up_by_the_names_in_its_heading():
    """Its lines do not have them."""
    question = "What is the unit price of paint, white, 10 l?"
    assert is_row_lookup(question, PAINT, (), PAINT_NAMES) and not is_row_lookup(question, PAINT, ())


ENTRY = "-a, --all   export all sheets"


@pytest.mark.parametrize(
    ("question", "quote", "heading", "expected"),
    [
        ("What does --all do?", ENTRY, "", True),
        ("What does the option -a do?", ENTRY, "", True),
        ("what is the `--all` flag for", ENTRY, "", True),
        ("What is max_connections?", "It is 100 by default.", "Settings > max_connections (integer)", True),
        ("What does core.editor set?", "It is run by git.", "Settings > core.editor", True),
        ("What does core do?", "It is run by git.", "Settings > core.editor", False),
        ("What does --all do?", "-r   remove them, as --all-sheets does", "", False),
        ("What does --al do?", ENTRY, "", False),
        ("What does --all do?", "This option is like --all but faster.", "", False),
        ("What does --all do to pictures?", ENTRY, "", False),
        ("What is well-being?", "Well-being is health.", "", False),
        ("Who needs --all?", ENTRY, "", False),
    ],
)
def test_an_option_or_a_name_of_a_program_is_looked_up_in_its_entry(question, quote, heading, expected):
    """The quote, or the innermost heading, begins with it."""
    assert is_identifier_lookup(question, quote, heading) is expected
