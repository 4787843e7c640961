"""The language of a text, or that it cannot be told."""

import pytest

from index.text.terms import is_english, tell_language

TEXTS = {
    "english": ("The committee met again on Monday and put off the vote.", "en"),
    "german": ("Der Ausschuss trat am Montag zusammen und verschob die Abstimmung.", "de"),
    "french": ("La commission s'est r\u00e9unie lundi et a report\u00e9 le vote.", "fr"),
    "russian": ("Комитет собрался в понедельник", "ru"),
    "japanese": ("これは日本語の文章です。委員会", "ja"),
    "numbers": ("12 345 678, 90.1; 23 456 789", ""),
    "empty": ("", ""),
    "one word": ("Vote", ""),
    "emoji": ("\U0001f600" * 50, ""),
    "half a character pair": ("The committee met again on Monday\ud800 and put off the vote.", "en"),
    "long": ("Numbers first: " + "1 2 3 " * 1000 + "Der Ausschuss verschob die Abstimmung. " * 400, "de"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), TEXTS.values(), ids=TEXTS)
def test_language_is_told_where_a_text_tells_it(text, code):
    """ISO 639-1 for a sentence or more; nothing for what is no language, or too short."""
    assert tell_language(text) == code


@pytest.mark.parametrize(
    "question",
    [
        "Was ist in /srv?",
        "Wer ist der Chef?",
        "Où est-il ?",
        "¿Qué es apt?",
        "Dove è Roma?",
        "Hvad er apt?",
        "Co to jest?",
    ]
    + ["Warum Debian?", "Quem é?"],
)
def test_short_questions_in_other_languages_are_not_english(question):
    """They are too short to classify; how they begin shows it."""
    assert not is_english(question)


@pytest.mark.parametrize(
    "question",
    [
        "Was Mozart German?",
        "Was it in La Paz?",
        "Was in La Paz",
        "Como population",
        "chi square test",
        "Wat Arun height",
    ]
    + ["Come on Eileen", "Comment box colour", "Qui Nhon airport", "Das Boot director", "Ile de France population"],
)
def test_questions_with_foreign_names_stay_english(question):
    """Words that English has too, or that begin a name, do not make a question foreign."""
    assert is_english(question)


def test_rows_of_names_and_figures_can_be_read_as_english():
    """They have no running words, and look like any language."""
    rows = (
        "Molde; 49,762,372; 99,161,138; 68,138,288; 29,728,837; 37,639,221; 98,689,412; 24,136,707.",
        "Table: 2; Public Health Outlay 2012-13 (Budget Estimates); (Rs. in 000).",
        "Assam; 62,252,879; 33,995,218; 72,900,933; 11,793,436; 17,924,336; 30,444,705; 57,929,456.",
    )
    assert is_english("\n".join(rows))


def test_a_foreign_sentence_with_figures_is_not_english():
    """One running word is enough."""
    assert not is_english("Die Kaution betr\u00e4gt 2.550,00 Euro.")
