"""What counts as the same word."""

import time

import pytest

from index.text.terms import (
    is_code,
    phrase_pattern,
    question_stems,
    question_terms,
    stem_language,
    term_spans,
    text_terms,
)


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("Who is mediating?", ["mediat"]),
        ("Can Israel beat Iran in four days?", ["israel", "beat", "iran", "four", "day"]),
        ("What does the WHO say about the US?", ["WHO", "US"]),
        ("WHO IS MEDIATING?", ["mediat"]),
        ("Iran, iran and Iran\u2019s", ["iran"]),
        ("Which countries are acting as mediators?", ["mediat"]),
        ("Which countries?", ["countri"]),
        ("What is it?", ["what", "is", "it"]),
        ("vitamin C, plan b", ["vitamin", "c", "plan", "b"]),
        ("", []),
        ("🙂 ?!", []),
    ],
    ids=[
        "plain",
        "numbers stay",
        "acronyms",
        "all capitals",
        "repeated",
        "kind asked for",
        "nothing but the kind",
        "only stop words",
        "single letters",
        "empty",
        "emoji",
    ],
)
def test_a_question_keeps_the_words_that_say_what_it_is_about(question, terms):
    """Stop words and repetitions are left out, unless nothing else is there."""
    assert question_terms(question) == terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mediators", "mediating"),
        ("Café", "cafe\u0301"),
        ("Capitán\u2019s", "capitan"),
        ("ware\xadhouse", "warehouse"),
        ("Łukasz", "lukasz"),
        ("1,000,000", "1000000"),
        ("U.S.", "US"),
        ("ﬁne", "fine"),
    ],
    ids=[
        "stem",
        "composed accent",
        "accent and possessive",
        "soft hyphen",
        "letter without an accent",
        "thousands",
        "acronym",
        "ligature",
    ],
)
def test_spellings_of_a_word_share_a_term(one, other):
    """Accents, case, possessives, endings and separators make no other word."""
    assert text_terms(one) == text_terms(other)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("GPT-4", ["gpt4", "gpt", "4"]),
        ("GPT4", ["gpt4"]),
        ("3.5 v2.0.1 192.168.0.1", ["3.5", "v2.0.1", "192.168.0.1"]),
        ("mid-1990s", ["mid", "1990s"]),
        ("max_retries", ["max", "retri"]),
        ("The Who", ["the", "who"]),
    ],
    ids=["code", "joined code", "decimals", "year", "identifier", "stop words stay in texts"],
)
def test_numbers_and_codes_are_kept(text, terms):
    """A code gives its parts and the joined form, so that each spelling meets the others."""
    assert text_terms(text) == terms


def test_spans_tell_where_the_terms_stand():
    """Every span cuts its word out of the text as written; stop words have none."""
    text = "The GPT-4 model isn't Zürich\u2019s 3.5%."
    assert [(term, text[start:end]) for term, start, end in term_spans(text)] == [
        ("gpt4", "GPT-4"),
        ("gpt", "GPT-4"),
        ("4", "GPT-4"),
        ("model", "model"),
        ("zurich", "Zürich\u2019s"),
        ("zuerich", "Zürich\u2019s"),
        ("3.5", "3.5"),
    ]


def test_terms_of_a_long_text_are_found_fast():
    """Ten megabytes take seconds, not minutes."""
    text = "Iran's refusal to negotiate under fire may delay de-escalation in 2025. " * 14_000
    started = time.perf_counter()
    assert len(text_terms(text)) == 12 * 14_000
    assert time.perf_counter() - started < 5


def test_letters_with_marks_meet_both_ways_of_typing_them():
    """Someone without the letter writes "Mueller" or "Muller", "Soerensen" or "Sorensen"."""
    assert text_terms("Müller Sørensen Århus") == ["muller", "mueller", "sorensen", "soerensen", "arhus", "aarhus"]


def test_scripts_without_spaces_give_each_two_neighbours():
    """Any word of two letters or more in an unspaced text is found; Latin words and digits among them are whole."""
    assert text_terms("保修期两年 RX7型") == ["保修", "修期", "期两", "两年", "rx7", "型"]
    assert set(question_terms("保修期多长")) & set(text_terms("电池的保修期只有六个月")) == {"保修", "修期"}
    assert phrase_pattern("保修期").search("电池的保修期只有")


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("Wie hoch ist die Kaution für die Wohnung?", ["kaution", "wohnung"]),
        ("Quelle est la durée du contrat de location ?", ["dure", "contrat", "locat"]),
        ("¿Cuánto cuesta el alquiler de la casa?", ["cuesta", "alquil", "casa"]),
    ],
    ids=["de", "fr", "es"],
)
def test_questions_in_other_languages_lose_their_stop_words(question, terms):
    """As English ones do."""
    assert question_terms(question) == terms


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("01m", True),
        ("kd20415", True),
        ("20415", True),
        ("bf110", True),
        ("1990s", False),
        ("21st", False),
        ("100km", False),
    ]
    + [("2015", False), ("oil", False), ("5g", False)],
)
def test_codes_are_told_from_numbers_and_measures(term, expected):
    """Letters with digits, or long numbers."""
    assert is_code(term) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "\u8fd4\u54c1\u306e\u671f\u9650\u3067\u3059\u304b",
            ["\u8fd4\u54c1", "\u671f\u9650"],
        ),
        ("\u9000\u8d27\u9700\u8981\u51e0\u5929", ["\u9000\u8d27"]),
        ("\u76ee\u7684\u662f\u4ec0\u4e48", ["\u76ee\u7684"]),
        ("\u3059\u3057\u3068\u306f\u4f55\u3067\u3059\u304b", ["\u3059\u3057", "\u3057\u3068", "\u3068\u306f"]),
        ("\u591a\u5c11", ["\u591a\u5c11"]),
    ],
    ids=["japanese", "chinese", "a letter that asks elsewhere", "a word in hiragana", "nothing else"],
)
def test_what_asks_is_cut_out_where_words_have_no_spaces(question, expected):
    """Question words, particles and endings, with the pairs of letters over their edges, where others remain."""
    assert question_terms(question) == expected


@pytest.mark.parametrize(
    ("language", "one", "other", "shared"),
    [
        ("de", "Mieten", "Miete", {"miet"}),
        ("de", "Schluessel", "Schlüsseln", {"schlussel"}),
        ("fr", "l'école", "écoles", {"ecol"}),
        ("es", "alquilado", "alquilar", {"alquil"}),
        ("ru", "квартиры", "квартира", {"квартир"}),
        ("tr", "Ankara'da", "Ankara", {"ankar"}),
    ],
)
def test_words_of_a_document_meet_in_their_own_language(language, one, other, shared):
    """Beside the English stems, which stay, each word has its stem in the language of the document."""
    assert set(text_terms(one, language)) & set(text_terms(other, language)) == shared
    for text in (one, other):
        assert text_terms(text, language)[: len(text_terms(text))] == text_terms(text)


def test_stems_in_another_language_leave_out_what_has_none():
    """English stop words, numbers, codes, scripts without spaces, and stems of one or two letters."""
    text = "will 3.5 GPT-4 A1 保修期 ver"
    assert text_terms(text, "de") == text_terms(text)


def test_a_question_has_the_stems_of_each_language():
    """By the term that the word has in English."""
    assert question_stems("Wie hoch sind die Mieten?", ["de"])["mieten"] == ("miet",)
    assert question_stems("Mieten", ["de", "fr"]) == {"mieten": ("miet", "mieten")}
    assert question_stems("Mieten", []) == {}


def test_only_a_text_that_cannot_be_read_as_english_has_other_stems():
    """A table of names may be labelled with any language."""
    assert stem_language("Der Ausschuss trat am Montag zusammen und verschob die Abstimmung.", "de") == "de"
    assert stem_language("The committee met again on Monday and put off the vote.", "de") == ""
    assert stem_language("委員会は月曜日に再び会合を開きました。", "ja") == ""
