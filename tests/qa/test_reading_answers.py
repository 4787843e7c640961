"""Answers once passages are read: exact words, order, parts, greetings, guidance, and texts that are not in English."""

import pytest
from toy_encoder import ToyEncoder

from index import ReaderError
from qa import Assistant
from qa.answering.answer import describe_answer
from qa.answering.compose import LEAST_READ, MOST_READ, READ_WITHIN
from qa.answering.requests import GREETING_REPLY, THANKS_REPLY
from qa.reading import model
from qa.reading.spans import Reading, SentenceReading

ORCHARD = """The plum tree stands by the wall.

The plum tree was planted by Agnes in 1911.

A plum weighs forty grams.

A plum pie needs sugar.

Every plum has a stone.
"""


class WordReader:
    """Finds a passage answerable where it holds a word, and takes the word for the answer; of some questions alone."""

    identity = "word"

    def __init__(self, word, asked=""):
        self.word = word
        self.asked = asked
        self.questions = []

    def read(self, question, passages):
        """Read each passage, noting the question."""
        self.questions.append(question)
        word = self.word if self.asked in question else "no such word"
        return tuple(self._read(passage, word) for passage in passages)

    def _read(self, passage, word):
        found = passage.text.find(word)
        sentences = tuple(
            SentenceReading(9.0, found, found + len(word), 4.0)
            if start <= found < end
            else SentenceReading(-9.0, start, start, -4.0)
            for start, end in passage.sentences
        )
        return Reading(5.0 if found >= 0 else -5.0, sentences)


@pytest.fixture
def orchard(tmp_path):
    """Opens the orchard with a reader."""
    (tmp_path / "orchard.txt").write_text(ORCHARD, encoding="utf-8")
    opened = []

    def open_with(reader):
        opened.append(Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=reader))
        return opened[-1]

    yield open_with
    for assistant in opened:
        assistant.close()


def test_the_sentence_that_says_what_was_asked_is_quoted_with_its_words(orchard):
    """Not the nearest by words, which names the subject; the words are a slice of the document."""
    assistant = orchard(WordReader("Agnes"))
    answer = assistant.ask("Who planted the plum tree?")
    first = answer.citations[0]
    assert (answer.verdict, answer.basis, answer.answer) == ("answered", "reading", "Agnes")
    assert first.quote == "The plum tree was planted by Agnes in 1911."
    assert ORCHARD[first.answer_start : first.answer_end] == "Agnes"


def test_rows_of_a_table_are_read_as_prose_and_quoted_as_they_are(tmp_path):
    """The words that answer are at their place in the row."""

    class Listening(WordReader):
        def _read(self, passage, word):
            self.questions.append(passage.text)
            return super()._read(passage, word)

    (tmp_path / "shop.csv").write_text("Item,Price\nOak board,14.50\nGlue,6.20\n", encoding="utf-8")
    reader = Listening("14.50")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=reader) as assistant:
        answer = assistant.ask("What is the price of the oak board?")
    first = answer.citations[0]
    assert "Item  Oak board, Price  14.50." in reader.questions
    assert (first.quote, answer.answer) == ("Item: Oak board; Price: 14.50.", "14.50")


def test_the_words_of_a_row_are_its_value(tmp_path):
    """Where the reader takes the name of the column for the answer."""
    (tmp_path / "reports.csv").write_text("Team,Documents\nNorth,12\nSouth,40\nWest,33\n", encoding="utf-8")
    with Assistant.open(
        tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=WordReader("Documents")
    ) as assistant:
        first = assistant.ask("How many documents does the team South have?").citations[0]
    assert (first.quote, first.answer) == ("Team: South; Documents: 40.", "40")


def test_the_words_of_a_sentence_of_a_long_cell_are_inside_its_quote(tmp_path):
    """A colon in the prose of a cell does not make a cell of it that reaches beyond the quoted sentence."""
    said = "The final stage of a bill comprises two parts: a debate of its amendments in the hall and a vote at noon."
    other = (
        "The plum tree stands by the wall of the old mill near the river, and Agnes planted pears and figs there too. "
    )
    note = f"{2 * other}{said} {2 * other}"
    (tmp_path / "notes.csv").write_text(f"Topic,Note\nBills,{note}\n", encoding="utf-8")
    with Assistant.open(
        tmp_path / "notes.csv", home=tmp_path / ".home", encoder=ToyEncoder(), reader=WordReader("two")
    ) as assistant:
        first = assistant.ask("How many parts does the final stage of a bill have?").citations[0]
    assert (first.quote, first.answer) == (said, "two")


def test_where_the_reader_finds_no_answer_the_nearest_passages_are_shown(orchard):
    """Retrieval alone would have answered."""
    assert orchard(None).ask("Who planted the plum tree by the wall?").found
    answer = orchard(WordReader("nothing")).ask("Who planted the plum tree by the wall?")
    assert (answer.verdict, answer.citations, len(answer.closest)) == ("closest", (), 3)


def test_the_reader_ranks_the_hits_of_a_question_that_stands_alone(orchard):
    """A passage it finds answerable comes first; a follow-up keeps the order of the search."""
    assistant = orchard(WordReader("stone"))
    first = assistant.find("What of the plum and its weight?").search.hits[0]
    assert first.text == "Every plum has a stone."
    turn, history = "And them?", ("What does a plum weigh?",)
    texts = [[hit.text for hit in each.find(turn, history=history).search.hits] for each in (orchard(None), assistant)]
    assert texts[0] == texts[1] != []


def test_only_hits_near_the_best_are_read(orchard):
    """Three at least, eight at most."""
    finding = orchard(WordReader("stone")).find("plum tree")
    best = max(hit.score.fused for hit in finding.search.hits)
    near = [hit for hit in finding.search.hits if hit.score.fused >= best - READ_WITHIN]
    assert len(finding.readings) == min(MOST_READ, max(LEAST_READ, len(near)))


def test_what_is_read_is_the_core_of_the_question(orchard):
    """Neither greeting nor wrapping."""
    reader = WordReader("Agnes")
    wrapped = orchard(reader).ask("Hi, can you tell me who planted the plum tree, please?")
    plain = orchard(reader).ask("Who planted the plum tree?")
    assert reader.questions == ["Who planted the plum tree?"] * 2
    assert (wrapped.verdict, wrapped.confidence, wrapped.citations) == (
        plain.verdict,
        plain.confidence,
        plain.citations,
    )


def test_two_questions_in_one_are_answered_each(orchard):
    """The second has no answer, and that is said."""
    reader = WordReader("Agnes", asked="planted")
    answer = orchard(reader).ask("Who planted the plum tree and when was the fig sold?")
    assert [part.question for part in answer.parts] == ["Who planted the plum tree?", "When was the fig sold?"]
    assert [part.found for part in answer.parts] == [True, False]
    assert answer.verdict == "closest"
    assert answer.citations == answer.parts[0].citations


def test_a_filter_holds_for_every_part(orchard, tmp_path):
    """`source:` names the documents of both questions."""
    (tmp_path / "other.txt").write_text("Agnes sold the fig.\n", encoding="utf-8")
    answer = orchard(WordReader("Agnes")).ask("Who planted the plum tree and who sold the fig? source:orchard")
    assert len(answer.parts) == 2
    assert {part.scope.documents for part in answer.parts} == {1}


@pytest.mark.parametrize(("said", "message"), [("Hello!", GREETING_REPLY), ("Thanks a lot!", THANKS_REPLY)])
def test_a_greeting_gets_one_line_and_no_search(orchard, said, message):
    """Nothing is read either."""
    reader = WordReader("Agnes")
    answer = orchard(reader).ask(said)
    assert (answer.kind, answer.message, answer.citations, answer.closest) == ("greeting", message, (), ())
    assert reader.questions == []


def test_a_count_is_told_where_the_words_occur(orchard):
    """With the nearest passages."""
    answer = orchard(WordReader("nothing")).ask("How many times is the plum tree mentioned in the documents?")
    assert (answer.kind, answer.citations) == ("guidance", ())
    assert answer.message == (
        "The assistant does not count across documents, but it can tell where words occur. "
        "\u201cplum tree\u201d occurs in 2 passages of 1 document."
    )
    assert {citation.paragraph for citation in answer.closest} == {1, 2}


def test_a_summary_is_told_what_can_be_done_instead(orchard):
    """No passage is shown, as none was asked for."""
    answer = orchard(WordReader("Agnes")).ask("Summarize the document")
    assert (answer.kind, answer.closest) == ("guidance", ())
    assert answer.message.startswith("The assistant quotes documents; it does not summarise them.")


GARTEN = "Der Pflaumenbaum steht an der Mauer. Agnes hat ihn gepflanzt, und er ist hundert Jahre alt."


@pytest.mark.parametrize(
    ("text", "question", "basis", "note"),
    [(GARTEN, "Agnes", "retrieval", "Judged by nearness alone: the question or the documents are not in English"),
     (GARTEN, "Wer hat den Pflaumenbaum gepflanzt?", "retrieval", "Judged by nearness alone"),
     (GARTEN, "Who planted the tree?", "foreign", "The question is in another language than the passages found"),
     (ORCHARD, "Wer hat den Pflaumenbaum gepflanzt?", "foreign", "Ask in the language of the documents")],
    ids=["name", "same", "english question", "german question"],
)  # fmt: skip
def test_what_is_not_in_english_is_judged_by_retrieval(tmp_path, text, question, basis, note):
    """And the answer says so; also where question and documents are in different languages."""
    (tmp_path / "garten.txt").write_text(text, encoding="utf-8")
    reader = WordReader("Agnes")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=reader) as assistant:
        answer = assistant.ask(question)
        assert answer.basis == basis
        assert note in describe_answer(answer)
    assert reader.questions == []


def test_missing_weights_are_one_clear_error(tmp_path, monkeypatch):
    """Nothing is answered without the reader."""
    (tmp_path / "orchard.txt").write_text(ORCHARD, encoding="utf-8")
    monkeypatch.setattr(
        model.load_reader, "__kwdefaults__", {**model.load_reader.__kwdefaults__, "weights": tmp_path / "x"}
    )
    monkeypatch.setattr(model, "_shared", {})
    with pytest.raises(ReaderError, match="the reader's weights, .*x, cannot be read .* Install this package again"):
        Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder())
