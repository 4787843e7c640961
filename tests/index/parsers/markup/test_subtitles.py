"""Reading subtitles."""

import pytest
from reading import describe, read

from index.errors import SourceError


def captions(*shown, seconds=2):
    """Subtitles of captions that follow each other."""
    return "".join(
        f"{number}\n00:00:{number * seconds:02},500 --> 00:00:{number * seconds + seconds:02},400\n{text}\n\n"
        for number, text in enumerate(shown)
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old-mac"])
def test_captions_become_sentences_with_the_time_of_the_first(tmp_path, end):
    """Without marks of style; dashes begin the lines of other speakers."""
    content = captions(
        "The <i>ferry</i> to Skar",
        "{\\an8}<font color='#ff0000'>leaves</font> at\nnine & five.",
        "- Who says so?\n- The <b>captain</b>: 2 < 3.",
    )
    assert describe(read(tmp_path, "a.srt", content.replace("\n", end))) == [
        (
            "The ferry to Skar leaves at nine & five.\n- Who says so?\n- The captain: 2 < 3.",
            {"time": "0:00:00"},
        ),
    ]


def test_web_subtitles_keep_who_speaks(tmp_path):
    """Comments, styles and names of captions are not shown; another speaker begins a paragraph."""
    content = (
        "\ufeffWEBVTT - Harbour\nKind: captions\n\nNOTE\nnot shown\n\nSTYLE\n::cue(b) {}\n\nREGION\nid:x\n\n"
        "intro\n00:01.000 --> 00:04.000 align:start\n<v.loud Ann Lee>The harbour "
        "<00:02.000><c.red>froze</c>&nbsp;&amp; thawed.</v>\n\n"
        "NOTE also not shown\n\n00:05.000 --> 00:06.000\n<v Ann Lee>In <ruby>May<rt>maj</rt></ruby>.\n\n"
        "01:00:07.000 --> 01:00:08.000\n<v Bo>Really?\n<v Ann Lee>Yes.\n"
    )
    assert describe(read(tmp_path, "a.vtt", content)) == [
        ("Ann Lee: The harbour froze & thawed. In May.", {"time": "0:00:01"}),
        ("Bo: Really?", {"time": "1:00:07"}),
        ("Ann Lee: Yes.", {"time": "1:00:07"}),
    ]


def test_long_talk_is_divided_at_the_ends_of_sentences(tmp_path):
    """After half a minute, or 300 characters; where no sentence ends, after a minute."""
    slow = captions("One.", "Two", "and", "a half.", "Three.", "Four.", seconds=9)
    assert describe(read(tmp_path, "a.srt", slow)) == [
        ("One. Two and a half.", {"time": "0:00:00"}),
        ("Three. Four.", {"time": "0:00:36"}),
    ]
    fast = captions(*[f"{number} {'word ' * 29}end." for number in range(5)])
    assert [(text[:1], place) for text, place in describe(read(tmp_path, "b.srt", fast))] == [
        ("0", {"time": "0:00:00"}),
        ("2", {"time": "0:00:04"}),
        ("4", {"time": "0:00:08"}),
    ]
    endless = "".join(f"\n\n00:{n // 6:02}:{n % 6}0 --> 00:{n // 6:02}:{n % 6}5\nword{n}" for n in range(9))
    assert [place["time"] for _, place in describe(read(tmp_path, "c.srt", endless))] == ["0:00:00", "0:01:00"]


def test_captions_that_roll_are_read_once(tmp_path):
    """Each repeats the line before; captions that only sometimes do are read as they are."""
    said = ["so we", "build the", "bridge", "of oak", "in May"]
    rolling = [said[0]] + [
        text for old, new in zip(said, said[1:], strict=False) for text in (f"{old}\n<c>{new}</c>", new)
    ]
    assert read(tmp_path, "a.vtt", "WEBVTT\n\n" + captions(*rolling)).text == "so we build the bridge of oak in May"
    assert read(tmp_path, "b.srt", captions("No.", "No.", "Why?", "No.", "Ah.")).text == "No. No. Why? No. Ah."


def test_names_before_what_is_said_begin_lines(tmp_path):
    """As meetings are written down."""
    content = captions("Ann Lee: We meet\nin May.", "Bo: Which day: the first?", ">> The second.", "--- ends")
    assert read(tmp_path, "a.vtt", content).text == (
        "Ann Lee: We meet in May.\nBo: Which day: the first?\n>> The second. --- ends"
    )


def test_slips_in_the_format_lose_nothing(tmp_path):
    """Blank lines within captions and none between them, no numbers, no hours, other fractions, no blank line below the head."""
    content = (
        "WEBVTT\n00:01 --> 00:02\nOne\n\nand two\n2\n00:00:03.5 --> 00:00:04\n\nthree\n\n4\n\n00:00:05,0 --> 00:00:06,0\n"
        "four\n\n \n00:07.000-->00:08.000\n1999\n"
    )
    assert read(tmp_path, "a.srt", content).text == "One and two three four 1999"


def test_their_encoding_is_guessed_as_that_of_texts(tmp_path):
    """And named in the notes."""
    document = read(
        tmp_path, "a.srt", captions("Größe und Preis stehen im Vertrag, schöne Grüße aus Köln.").encode("cp1252")
    )
    assert document.text == "Größe und Preis stehen im Vertrag, schöne Grüße aus Köln."
    assert document.notes == ("its encoding is guessed: read as windows-1252",)


BROKEN = {
    "no-times": ("a.srt", "Some text.\n", "a.srt holds no subtitles: no line is like 00:01:30,000 --> 00:01:33,500."),
    "only-a-head": ("a.vtt", "WEBVTT\n", "a.vtt holds no subtitles: "),
    "empty": ("a.vtt", " \n", "a.vtt is empty."),
    "a-page": ("a.srt", "<!doctype html><p>x", "a.srt is not a .srt file: it is a web page (.html)."),
    "binary": ("a.srt", b"\x1f\x8b\0\0", "a.srt is not a text file: it holds zero bytes."),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_what_are_no_subtitles_is_refused_with_the_reason(tmp_path, name, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).startswith(message)


def test_large_and_hostile_subtitles_are_read(tmp_path):
    """Marks that never end, many blank lines, an hour of many digits."""
    many = 20_000
    marks, blank = "<a" * many + "{" * many, " " * many + "\n" * many
    content = f"1\n{'9' * 5000}:00:00 --> 0\nx\n\n2\n00:00:01,000 --> 00:00:02,000\n{marks}\n{blank}"
    assert read(tmp_path, "a.srt", content).text == marks
