"""What a person typed, read; and searches it narrows."""

from itertools import pairwise

import pytest
from toy_encoder import ToyEncoder

from index import QuestionError
from index.encoders.base import Scale
from index.text.terms import (
    NearWord,
    count_spellings,
    edit_distance,
    near_spellings,
    near_terms,
    one_edit_away,
    phrase_pattern,
    text_terms,
)
from qa import Assistant
from qa.answering.citation import TermEvidence
from qa.answering.confidence import log_odds
from qa.answering.question import matching_sources, named_sources, read_question, refuse_filters, spell_as

TYPED = {
    "plain": ("Who  is\nmediating?", ("Who is mediating?", (), (), "Who is mediating?")),
    "wrapped": ("Hi, who is mediating?", ("Hi, who is mediating?", (), (), "Who is mediating?")),
    "quoted": (
        'Who is "begging  for" it?',
        ('Who is "begging for" it?', (), (), "Who is begging for it?"),
    ),
    "phrase": ('"begging  for"', ('"begging for"', ("begging for",), (), "begging for")),
    "curly": ("\u201csoft power\u201d?", ("\u201csoft power\u201d?", ("soft power",), (), "soft power")),
    "question": ('"Who is it for?"', ('"Who is it for?"', (), (), "Who is it for?")),
    "plus": (
        'Who is +"begging for"?',
        ('Who is +"begging for"?', ("begging for",), (), "Who is begging for?"),
    ),
    "plus-curly": ("Is +\u201cit\u201d so?", ("Is +\u201cit\u201d so?", ("it",), (), "Is it so?")),
    "stop-inside": ('Are +"others?"', ('Are +"others?"', ("others",), (), "Are others?")),
    "empty-phrase": ('What is ""?', ('What is ""?', (), (), 'What is ""?')),
    "one-mark": ('A 5" disk', ('A 5" disk', (), (), 'A 5" disk')),
    "source": ("Why? source:a.txt", ("Why?", (), ("a.txt",), "Why?")),
    "sources": ('source:"my notes.md" Why? source:b*', ("Why?", (), ("my notes.md", "b*"), "Why?")),
    "no-source": (
        "What is open source: a licence?",
        ("What is open source: a licence?", (), (), "What is open source: a licence?"),
    ),
}


@pytest.mark.parametrize(("typed", "expected"), TYPED.values(), ids=TYPED.keys())
def test_a_question_is_read_into_text_phrases_and_sources(typed, expected):
    """Phrases stay in the text; filters leave it."""
    read = read_question(typed)
    assert (read.typed, read.text, read.phrases, read.sources, read.core) == (typed, *expected)


def test_a_filter_alone_is_no_question():
    """Something has to be asked."""
    with pytest.raises(QuestionError, match="has no word in it"):
        read_question("source:a.txt")


NAMES = ("a.txt", "notes/A plan.md", "notes/b.txt")
NESTED = ("?.txt", "a.txt", "A.txt", "data.txt", "notes/a.txt")
WHOLE = {
    "part-of-others": (["a.txt"], ("a.txt",)),
    "letter-case": (["A.txt"], ("A.txt",)),
    "pattern-as-name": (["?.txt"], ("?.txt",)),
    "with-a-part": (["a.txt", "notes/"], ("a.txt", "notes/a.txt")),
    "other-case": (["DATA.TXT"], ("data.txt",)),
}
FILTERS = {
    "part": (["plan"], ("notes/A plan.md",)),
    "case": (["a PLAN"], ("notes/A plan.md",)),
    "folder": (["notes/"], ("notes/A plan.md", "notes/b.txt")),
    "pattern": (["*.txt"], ("a.txt", "notes/b.txt")),
    "file-pattern": (["?.txt"], ("a.txt", "notes/b.txt")),
    "several": (["a.txt", "plan"], ("a.txt", "notes/A plan.md")),
}


@pytest.mark.parametrize(("wanted", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_sources_are_chosen_by_part_or_pattern(wanted, expected):
    """Case does not matter; several filters are alternatives."""
    assert matching_sources(NAMES, wanted) == expected


@pytest.mark.parametrize(("wanted", "expected"), WHOLE.values(), ids=WHOLE.keys())
def test_a_whole_name_means_that_document_alone(wanted, expected):
    """Whatever it is a part of, and whatever it would match as a pattern; a part still means all it is a part of."""
    assert matching_sources(NESTED, wanted) == expected


def test_an_unknown_source_is_refused_with_those_there_are():
    """The message lists names to choose from, five at most."""
    assert matching_sources(NAMES, ["zzz"]) == ()
    error = refuse_filters(["zzz"], list("abcdef"))
    assert str(error) == "no document is named like 'zzz'. There are: 'a', 'b', 'c', 'd', 'e', …."
    assert str(refuse_filters(["zzz", "yyy"], ["a"])) == "no document is named like 'zzz', 'yyy'. There are: 'a'."


PHRASES = {
    "same": ("four days", "in four days.", True),
    "case": ("Four Days", "in four days.", True),
    "wrapped": ("four days", "in four\r\n days.", True),
    "inside-word": ("four day", "in four days.", False),
    "apart": ("four days", "four long days", False),
    "apostrophe": ("Iran's", "Iran\u2019s posture", True),
    "code": ("C++", "in C++ and C", True),
    "special": ("a.c", "abc", False),
}


@pytest.mark.parametrize(("phrase", "text", "found"), PHRASES.values(), ids=PHRASES.keys())
def test_a_phrase_is_found_as_whole_words(phrase, text, found):
    """Case, line breaks and the kind of apostrophe do not matter."""
    assert bool(phrase_pattern(phrase).search(text)) is found


DISTANCES = [
    ("kitten", "sitting", 3),
    ("abcd", "abdc", 1),
    ("", "ab", 2),
    ("same", "same", 0),
    ("ceasfir", "ceasefir", 1),
]


@pytest.mark.parametrize(("first", "second", "distance"), DISTANCES)
def test_edit_distance_counts_letters(first, second, distance):
    """A swap of neighbours counts once."""
    assert edit_distance(first, second) == edit_distance(second, first) == distance


def test_near_spellings_are_words_as_they_stand():
    """The nearest word comes first, as written in the text; the word itself is none."""
    assert near_spellings("ceasfir", ["A Ceasefire held.", "The ceasfire."]) == ("Ceasefire",)
    assert near_spellings("at", ["it as"]) == ()


@pytest.mark.parametrize("word", ["oil", "a", "x", "mediator", "don't", "gpt4", "m\xfcnchen", "u.s", "Oil"])
def test_near_terms_are_those_of_the_strings_near_to_a_word(word):
    """Of one term each, however they are found."""
    found = [text_terms(other) for other in one_edit_away(word)]
    assert near_terms(word) == sorted({terms[0] for terms in found if len(terms) == 1})


def test_one_edit_away_are_the_words_that_differ_by_a_letter():
    """Left out, swapped, replaced or added: n, n - 1, 25 n and 25 n + 26 - n strings at most, the word itself not."""
    found = one_edit_away("ab")
    assert {"a", "b", "ba", "xb", "ax", "xab", "axb", "abx"} <= found
    assert "ab" not in found
    assert all(edit_distance("ab", word) == 1 for word in found)
    assert len(found) == 2 + 1 + 50 + 76


def test_spellings_are_counted_by_term():
    """Each term once, at its least distance, spelt as it is most often there; possessives without their ending."""
    texts = ["Apples and apple's", "apple staple", "the apple"]
    assert count_spellings("aple", texts, 1) == {"appl": (1, "apple")}
    assert count_spellings("aple", texts, 2) == {"appl": (1, "apple"), "stapl": (2, "staple")}


@pytest.fixture
def fruit(tmp_path):
    """Three documents about fruit; two say the same."""
    (tmp_path / "a.txt").write_text(
        "The apple fell from the old tree on a windy day.\n\nA pear stayed.", encoding="utf-8"
    )
    (tmp_path / "b.txt").write_text("The apple fell from the old tree on a windy day!", encoding="utf-8")
    (tmp_path / "c.txt").write_text("A ripe apple, a plum and a fig.", encoding="utf-8")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


def quoted(answer):
    """Source and quote of every citation."""
    return [(made.source, made.quote) for made in answer.citations + answer.closest]


@pytest.mark.parametrize("question", ['"ripe apple"', "\u201cripe apple\u201d", 'Which apple is a +"ripe apple"?'])
def test_words_that_must_stand_together_narrow_the_search(fruit, question):
    """Only the passage that holds the phrase is found: alone between quotation marks, or behind a plus sign."""
    assert quoted(fruit.ask(question)) == [("c.txt", "A ripe apple, a plum and a fig.")]


def test_quotation_marks_round_a_name_change_nothing(fruit):
    """The same passages, quotes and confidence as without them, whether the words stand together anywhere or not."""
    for marked in ('Which tree has the "ripe pear"?', "Which tree has the \u201cripe pear\u201d?"):
        plain, answer = fruit.ask("Which tree has the ripe pear?"), fruit.ask(marked)
        assert (answer.searched, answer.confidence) == (plain.searched, plain.confidence)
        assert quoted(answer) == quoted(plain)


def test_a_phrase_that_occurs_nowhere_is_said_so(fruit):
    """The answer is "not in the sources", with the phrase as evidence and what is closest without it."""
    answer = fruit.ask('Is there a +"golden apple"?')
    assert (answer.verdict, answer.confidence) == ("not_in_sources", 0.0)
    assert answer.evidence[0] == TermEvidence('"golden apple"', 0)
    assert answer.closest


def test_a_source_filter_narrows_the_search_and_the_scope(fruit):
    """Only the named document is searched, from the question or as an argument, with one result."""
    typed = fruit.ask("apple source:c.txt")
    given = fruit.ask("apple", sources=["c.txt"])
    assert quoted(typed) == quoted(given) == [("c.txt", "A ripe apple, a plum and a fig.")]
    assert (typed.scope.documents, typed.scope.passages) == (1, 1)


def test_names_are_looked_up_without_listing_all_documents(fruit, monkeypatch):
    """Of millions of documents, listing takes longer than all the rest; only what leaves documents out needs it."""
    names, listed = fruit._collection.catalog.names, []

    def note(among=None):
        listed.append(among is None)
        return names(among)

    monkeypatch.setattr(fruit._collection.catalog, "names", note)
    assert fruit.find("apple", sources=["c.txt", "a.txt"]).scope.documents == 2
    assert fruit.find("apple", sources=["c.txt", "A"]).scope.documents == 2
    assert fruit.find("apple", sources=["*.txt"], without=["a.txt"]).scope.documents == 2
    with pytest.raises(
        QuestionError, match=r"^no document is named like '\\ud800'\. There are: 'a\.txt', 'b\.txt', 'c\.txt'\.$"
    ):
        fruit.find("apple", sources=["\ud800"])
    assert not any(listed)
    assert fruit.find("apple", without=["a.txt"]).scope.documents == 2
    assert any(listed)


FILTERS_OF_ALL = (
    *(
        "a.txt",
        "A",
        "*.TXT",
        "?.txt",
        "*",
        "**",
        "?",
        "[ab].txt",
        "[a",
        "*[ab].txt",
        "b*",
        "straße",
        "STRASSE",
        "*strasse*",
    ),
    *("100%", "%", "_", "!", "zzz", "", "notes/", "notes/*", "ß", "\0"),
)


@pytest.mark.parametrize("filters", [(one,) for one in FILTERS_OF_ALL] + list(pairwise(FILTERS_OF_ALL)), ids=repr)
def test_filters_choose_the_same_in_the_catalog_as_among_all_names(shelf, filters):
    """Also several together; where they choose none, the first names are told."""
    every = shelf.names()
    expected = matching_sources(every, filters)
    if expected:
        assert shelf.match_names(filters) == expected
    else:
        with pytest.raises(QuestionError) as raised:
            shelf.match_names(filters)
        assert str(raised.value) == str(refuse_filters(filters, every[:6]))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """An assistant over documents with names that are hard to compare."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "notes").mkdir()
    for name in (
        "a.txt",
        "b.txt",
        "Straße.txt",
        "STRASSE.txt",
        "100%.txt",
        "a_b.txt",
        "wow!.txt",
        "notes/A plan.md",
        "Ü.txt",
    ):
        (folder / name).write_text(f"A plum for {name}.", encoding="utf-8")
    with Assistant.open(folder, encoder=ToyEncoder(), reader=None, home=tmp_path_factory.mktemp("home")) as opened:
        yield opened


def test_near_duplicates_are_one_hit_that_names_its_twins(fruit):
    """The same passage in another file is named, not listed again."""
    answer = fruit.ask("apple")
    made = answer.citations + answer.closest
    (first,) = [one for one in made if "windy" in one.passage]
    assert (first.source, first.twins) == ("a.txt", ("b.txt, paragraph 1",))


def test_near_words_come_with_their_frequency(fruit):
    """Nearest first, then the most frequent; of two letters only where no word differs in one."""
    collection = fruit._collection
    assert collection.searcher.near_words("aple", 1) == (NearWord("apple", 1, 3),)
    assert collection.searcher.near_words("stajedd", 1) == ()
    assert collection.searcher.near_words("apple", 2) == ()
    assert collection.searcher.word_frequencies("apples or zebra") == {"appl": 3, "zebra": 0}


def test_words_that_occur_nowhere_are_evidence(fruit):
    """Each telling word has its count; a missing one what is spelt like it."""
    assert fruit.ask("Is a zebra or an aple windy?").evidence == (
        TermEvidence("zebra", 0),
        TermEvidence("aple", 0, ("apple",)),
        TermEvidence("windy", 2),
    )


def test_a_misspelt_word_is_searched_as_the_near_one(fruit):
    """The finding and what was searched name the word used; typed as it is to be searched, it stays."""
    finding = fruit.find("which aple is ripe")
    assert (finding.core, finding.searched) == ("which apple is ripe?", "which apple is ripe?")
    assert finding.corrected == (("aple", "apple"),)
    assert fruit.ask("which aple is ripe").citations == fruit.ask("which apple is ripe").citations
    typed = fruit.find("which aple is ripe", as_typed=True)
    assert (typed.searched, typed.corrected) == ("which aple is ripe?", ())


def test_wrapping_case_and_question_mark_change_nothing(fruit):
    """What is found is the same, score for score."""
    plain = fruit.find("Which fruit fell from the tree?")
    for typed in (
        "Hi, could you please tell me which fruit fell from the tree, according to the document? Thanks!",
        "which fruit fell from the tree",
        "WHICH FRUIT FELL FROM THE TREE",
        "Based on the text, which fruit fell from the tree??",
    ):
        found = fruit.find(typed)
        assert [(hit.source, hit.score) for hit in found.search.hits] == [
            (hit.source, hit.score) for hit in plain.search.hits
        ]


def test_thanks_are_no_history(fruit):
    """A turn is understood in the light of the questions before, not of small talk."""
    history = ["Which fruit fell from the tree?", "Thanks!"]
    assert fruit.find("What about it?", history=history).searched == (
        "What about it? (asked after: Which fruit fell from the tree?)"
    )


def test_a_conversation_searches_follow_ups_in_context(fruit):
    """A follow-up says what was searched; as typed it is searched alone; a bad question leaves no trace."""
    conversation = fruit.conversation()
    conversation.ask("Which fruit fell from the tree?")
    follow_up = conversation.ask("What about it?")
    assert follow_up.searched != follow_up.question == "What about it?"
    assert conversation.ask("What about it?", as_typed=True).searched == "What about it?"
    with pytest.raises(QuestionError):
        conversation.ask("?")
    assert len(conversation.turns) == len(conversation.history) == 3


def test_a_conversation_can_go_on_from_its_history(fruit):
    """History given at the start counts like questions asked."""
    asked = fruit.conversation()
    asked.ask("Which fruit fell from the tree?")
    given = fruit.conversation(["Which fruit fell from the tree?"])
    assert given.ask("What about it?") == asked.ask("What about it?")


CONTRACTS = ("deals/contract_oslo.txt", "deals/contract_bergen.txt", "notes.md", "contract.pdf", "2024-report.pdf")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does contract_oslo.txt say about termination?", CONTRACTS[:1]),
        ("termination in contract_bergen", CONTRACTS[1:2]),
        ("What does the Oslo contract say?", CONTRACTS[:1]),
        ("Compare contract_oslo and contract_bergen.", CONTRACTS[:2]),
        ("What is in contract.pdf?", CONTRACTS[3:4]),
        ("How is the contract terminated?", ()),
        ("What do the notes say?", ()),
        ("What does contract_oslofjord say?", ()),
    ],
)
def test_a_question_may_name_documents(question, expected):
    """By the name of the file or by all its words; a single plain word is no name."""
    assert named_sources(CONTRACTS, question) == expected


def test_an_ending_is_spelt_as_in_the_texts():
    """Only of a word that is no English one, as one of the same stem a letter away; other words stay."""
    texts = ["Furniture is delivered in Oslo.", "A Zorblat."]
    assert spell_as("Where is the furnitur of zorblate?", texts) == "Where is the furniture of zorblate?"
    assert spell_as("Who delivers furnitures?", texts) == "Who delivers furniture?"
    assert spell_as("Who delivers?", texts) == "Who delivers?"


def test_a_year_names_one_of_several_versions():
    """Where names differ in years alone; of other documents the year is no name."""
    names = ("handbook-2021.txt", "handbook-2024.txt", "fire-2021.txt", "2022/plan.txt")
    assert named_sources(names, "How many days of leave were there in 2021?") == ("handbook-2021.txt",)
    assert named_sources(names, "What was planned for 2022?") == ()
    assert named_sources(names, "What was planned for 2030?") == ()


def test_a_word_that_names_many_documents_names_none():
    """It says what the question is about."""
    years = tuple(f"{year} report.txt" for year in range(2000, 2010))
    assert named_sources(years, "What is in the 2003 report?") == ("2003 report.txt",)
    copies = tuple(f"{folder}/annual report.txt" for folder in "abcd")
    assert named_sources(copies, "What is in the annual report?") == ()


@pytest.mark.parametrize(("question", "added"), [("Warum ist der Apfel rot?", 2.0), ("Why is the apple red?", 0.0)])
def test_an_encoder_of_several_languages_is_believed_about_a_foreign_question(tmp_path, question, added):
    """Where it is in another language than the passages, which then share no words with it; not where it is in theirs."""

    class Polyglot(ToyEncoder):
        identity = "polyglot/1"
        scale = Scale(across_languages=True)

    (tmp_path / "a.txt").write_text("The apple is red because of the sun, and this is what the farmers have said.")
    odds, bases = [], []
    for encoder in (ToyEncoder(), Polyglot()):
        with Assistant.open(tmp_path / "a.txt", home=tmp_path / "home", encoder=encoder, reader=None) as assistant:
            answer = assistant.ask(question)
        odds.append(log_odds(answer.confidence))
        bases.append(answer.basis)
    assert bases == ["foreign" if added else "retrieval", "retrieval"]
    assert odds[1] - odds[0] == pytest.approx(added, abs=1e-3)
