"""What the page keeps, shows again, and refuses to show, called as Gradio calls it."""

from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from plum_assistant import SKIP, TEXT, event, open_plums, viewer
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from index import Document, StorageError, split_passages
from qa.conversations import Conversations
from qa.web import strings
from qa.web.chat.events import Handlers, show_turns
from qa.web.conversations.events import LISTED, ConversationHandlers
from qa.web.conversations.keeping import KEPT_TURNS, Keeping, place_citation, read_turn
from qa.web.security.guard import COOKIE

PAYLOADS = ("<script>window.pwned=1</script>", "${window.pwned=2}{{value}}", "\"><svg onload=window.pwned=3>' x='")


def visitor(letter):
    """A request of one visitor."""
    return SimpleNamespace(headers={"cookie": f"{COOKIE}={letter * 43}"})


ANNA, BERT, NOBODY = visitor("a"), visitor("b"), SimpleNamespace(headers={})


@pytest.fixture
def page(tmp_path):
    """An assistant, and the page's handlers over it and a store."""
    store = Conversations(tmp_path / "home" / "conversations.sqlite")
    with open_plums(tmp_path) as (assistant, handlers), closing(store):
        keeping = Keeping(handlers.host, store)
        asking, talks = Handlers(handlers.host, keeping), ConversationHandlers(keeping)
        yield SimpleNamespace(assistant=assistant, store=store, keeping=keeping, asking=asking, talks=talks)


def ask(page, question, turns=None, request=ANNA):
    """Ask to the end; returns the turns and the message."""
    turns, _, _, message = list(page.asking.answer_question(question, turns, None, request))[-1]
    return turns, message


def chat_html(chat):
    """The HTML of a chat."""
    return "".join(message["content"].value for message in chat)


def test_conversation_comes_back_as_it_looked(page):
    """After a reload the same answers are drawn, letter for letter, and the history goes on."""
    turns, _ = ask(page, "Which fruit?")
    turns, _ = ask(page, "And pears?", turns)
    shown, chat = page.talks.resume(None, event(), ANNA)
    assert [replace(turn, remarks=()) for turn in shown] == list(turns)
    assert [turn.number for turn in shown] == [1, 2]
    assert chat_html(chat) == chat_html(show_turns(turns))
    assert [turn.answer.hash for turn in shown] == [turn.answer.hash for turn in turns]
    page.assistant.asked.clear()
    ask(page, "And figs?", None)
    assert page.assistant.asked == [("And figs?", ("Which fruit?", "And pears?"), False)]


def test_only_the_last_turns_are_drawn(page):
    """All are kept; numbers go on."""
    turns = None
    for _ in range(KEPT_TURNS + 2):
        turns, _ = ask(page, "Which fruit?", turns)
    shown, _ = page.talks.resume(None, event(), ANNA)
    assert [turn.number for turn in shown] == list(range(3, KEPT_TURNS + 3))
    assert len(page.store.turns("a" * 43, shown[0].conversation)) == KEPT_TURNS + 2


def test_two_tabs_see_what_the_other_asked(page):
    """Both go on in the same conversation, and nothing is lost."""
    one, _ = ask(page, "Which fruit?")
    other, _ = page.talks.resume(None, event(), ANNA)
    one, _ = ask(page, "in one", one)
    other, _ = ask(page, "in the other", other)
    assert [turn.answer.question for turn in other] == ["Which fruit?", "in one", "in the other"]
    page.talks.discard(one, event(conversation=one[0].conversation), ANNA)
    other, message = ask(page, "afterwards", other)
    assert [turn.answer.question for turn in other] == ["afterwards"] and "alert" not in message


def test_new_conversation_stays_new(page):
    """Also when another tab goes on in the old one."""
    old, _ = ask(page, "Which fruit?")
    turns, chat, _ = page.talks.begin(ANNA)
    assert (turns, chat) == ((), [])
    assert page.talks.resume(None, event(), ANNA)[0] == ()
    ask(page, "in the old", old)
    new, _ = ask(page, "in the new", turns)
    assert [turn.answer.question for turn in new] == ["in the new"]
    assert new[0].conversation != old[0].conversation


@pytest.mark.parametrize("stranger", [BERT, NOBODY], ids=["another visitor", "nobody"])
def test_forged_ids_show_and_change_nothing(page, stranger):
    """Whoever sends the number of another's conversation is told that it is not there."""
    turns, _ = ask(page, "Which fruit?")
    id_ = turns[0].conversation
    assert page.talks.resume(None, event(), stranger)[0] == ()
    assert page.talks.reopen(event(conversation=id_), stranger)[:2] == (SKIP, SKIP)
    panel, _ = page.talks.retitle(None, event(conversation=id_, title="Mine"), stranger)
    assert panel == SKIP
    assert page.talks.discard(None, event(conversation=id_), stranger)[:3] == (SKIP, SKIP, SKIP)
    assert page.talks.judge(turns, event(turn=1, citation=0, label="up"), stranger)[0] == SKIP
    listed, _ = page.talks.show(turns, event(), stranger)
    assert listed == SKIP or "Which fruit?" not in listed
    kept, _ = ask(page, "Mine?", turns, stranger)
    assert page.store.find("a" * 43, id_).title == "Which fruit?"
    assert len(page.store.turns("a" * 43, id_)) == 1
    assert kept[-1].conversation != id_


@pytest.mark.parametrize(
    "data",
    [{}, None, [], "text", {"conversation": 2}, {"conversation": 10**30}, {"conversation": -1}, {"conversation": True}]
    + [{"conversation": value} for value in ("1", 1.0, None, [1], {"path": "/etc/passwd"})],
    ids=repr,
)
def test_only_known_conversations_are_opened_renamed_and_deleted(page, data):
    """Whatever else the browser sends, nothing changes and the page says so."""
    turns, _ = ask(page, "Which fruit?")
    sent = SimpleNamespace(_data=data)
    for result in (
        page.talks.reopen(sent, ANNA),
        page.talks.retitle(turns, sent, ANNA),
        page.talks.discard(turns, sent, ANNA),
    ):
        assert all(part == SKIP for part in result[:-1]) and strings.CONVERSATION_GONE in result[-1]
    assert page.store.find("a" * 43, turns[0].conversation).title == "Which fruit?"


def test_question_is_deleted_with_its_answer(page):
    """It is gone from the chat and from what is kept; other tabs hear of it with their next question."""
    turns, _ = ask(page, "Which fruit?")
    turns, _ = ask(page, "And pears?", turns)
    left, chat, message = page.talks.forget(turns, event(turn=1), ANNA)
    assert [turn.answer.question for turn in left] == ["And pears?"]
    assert "Which fruit?" not in chat_html(chat) and "qa-alarm" not in message
    assert [turn.answer.question for turn in page.talks.resume(None, event(), ANNA)[0]] == ["And pears?"]
    elsewhere, _ = ask(page, "And plums?", turns)
    assert [(turn.number, turn.answer.question) for turn in elsewhere] == [(2, "And pears?"), (3, "And plums?")]
    for sent, of in ((event(turn=1), ANNA), (event(turn=2), BERT), (event(turn=9), ANNA), (event(), ANNA)):
        result = page.talks.forget(turns, sent, of)
        assert result[:2] == (SKIP, SKIP) and strings.QUESTION_GONE in result[2]


def test_question_that_is_not_kept_is_deleted_too(page):
    """It is only in the tab."""
    turns, _ = ask(page, "Which fruit?", request=NOBODY)
    assert page.talks.forget(turns, event(turn=1), NOBODY)[:2] == ((), [])


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"turn": 1, "citation": 0, "label": "wrong"}, {"turn": 1, "citation": 1, "label": "up"}]
    + [{"turn": 1, "citation": 2, "label": "wrong"}, {"turn": 2, "citation": 0, "label": "up"}]
    + [{"turn": 1, "citation": 0, "label": value} for value in (None, ["up"], "sideways")],
    ids=repr,
)
def test_only_what_is_shown_is_judged(page, data):
    """Labels of other kinds and places are refused."""
    turns, _ = ask(page, "Which fruit?")
    marks, message = page.talks.judge(turns, SimpleNamespace(_data=data), ANNA)
    assert marks == SKIP and strings.OPEN_ERROR in message
    assert page.store.labelled("plums") == ()


def test_judgements_are_pressed_released_and_shown_again(page):
    """The same again takes it back; after a reload the buttons are as they were left."""
    turns, _ = ask(page, "Which fruit?")
    for label, citation, said in (
        ("up", 0, strings.FEEDBACK_KEPT),
        ("down", 0, strings.FEEDBACK_KEPT),
        ("wrong", 1, strings.FEEDBACK_KEPT),
        ("wrong", 1, strings.FEEDBACK_TAKEN_BACK),
    ):
        marks, _ = page.talks.judge(turns, event(turn=1, citation=citation, label=label), ANNA)
        assert said in marks
    assert 'data-thumb="down" data-wrong="  "' in marks
    html = chat_html(page.talks.resume(turns, event(), ANNA)[1])
    assert 'data-label="down" aria-pressed="true"' in html
    assert 'data-label="up" aria-pressed="false"' in html and 'data-label="wrong" aria-pressed="false"' in html


def test_list_shows_titles_as_text_and_its_pages(page):
    """Markup in titles and questions is escaped; the newest come first, so many a page; search narrows."""
    for payload in PAYLOADS:
        turns, _ = ask(page, payload, ())
        page.talks.retitle(turns, event(conversation=turns[0].conversation, title=f"{payload} renamed"), ANNA)
    for number in range(LISTED):
        ask(page, f"Question {number}", ())
    first, _ = page.talks.show(None, event(), ANNA)
    assert first.count("<li ") == LISTED and f"Question {LISTED - 1}" in first
    assert f"1 to {LISTED} of {LISTED + 3}" in first
    last, _ = page.talks.show(None, event(page=10**30), ANNA)
    assert last.count("<li ") == 3 and "<script" not in last and "<svg" not in last
    assert "&lt;script&gt;window.pwned=1&lt;/script&gt; renamed" in last
    found, _ = page.talks.show(None, event(name="SVG renamed"), ANNA)
    assert found.count("<li ") == 1
    assert strings.CONVERSATIONS_NONE in page.talks.show(None, event(name="%"), ANNA)[0]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (TEXT, ""),
        (TEXT + "\n\nFigs.", "fruit.txt has changed since, but still says this, word for word."),
        ("New.\n\n" + TEXT, "fruit.txt has changed since; these words stand at another place in it now."),
        ("Plums.", "fruit.txt has changed since and no longer says this."),
        (None, "fruit.txt is not among the documents any more."),
    ],
    ids=["same", "elsewhere", "moved", "changed", "gone"],
)
def test_quotes_are_proven_again_when_shown_again(page, monkeypatch, text, remark):
    """Against the text of the collection as it is now; a citation that does not hold says so, and opens at its place."""
    ask(page, "Which fruit?")
    file = page.assistant.file
    if text is None:
        file.rename(file.with_name("other.txt"))
        page.assistant.file = file.with_name("other.txt")
    elif text != TEXT:
        document = Document("fruit.txt", str(file), text, "1", "1")
        monkeypatch.setattr(page.assistant, "document", lambda path: document)
        monkeypatch.setattr(page.assistant, "passages", lambda path: split_passages(document))
    shown, chat = page.talks.resume(None, event(), ANNA)
    assert shown[0].remarks[0].startswith(remark) and bool(shown[0].remarks[0]) == bool(remark)
    assert remark in chat_html(chat) and "Plums are blue." in chat_html(chat)
    panel, message = viewer(page.asking).open_citation(shown, event(turn=1, citation=1))
    if text is None:
        assert strings.OPEN_ERROR in message
    elif text == TEXT:
        assert 'id="qa-here"' in panel and "since the answer was given" not in panel
    else:
        assert "This document has changed since the answer was given" in panel
        assert ('id="qa-here" tabindex="-1">Plums are blue.</mark>' in panel) == (text != "Plums.")


def test_another_collection_begins_anew(page, monkeypatch):
    """A tab that still shows a conversation about another collection does not go on in it, nor come back to it."""
    turns, _ = ask(page, "Which fruit?")
    monkeypatch.setattr(page.assistant, "key", "pears")
    assert page.talks.resume(None, event(), ANNA)[0] == page.talks.resume(turns, event(), ANNA)[0] == ()
    new, _ = ask(page, "Which pear?", turns)
    assert [turn.answer.question for turn in new] == ["Which pear?"]
    assert page.assistant.asked[-1] == ("Which pear?", (), False)
    assert page.talks.reopen(event(conversation=turns[0].conversation), ANNA)[0] == SKIP


def test_without_a_cookie_nothing_is_kept(page):
    """The conversation lasts as long as its page, as it did; the list says why it is empty."""
    turns, message = ask(page, "Which fruit?", None, NOBODY)
    turns, _ = ask(page, "And pears?", turns, NOBODY)
    assert [(turn.number, turn.conversation) for turn in turns] == [(1, 0), (2, 0)] and "alert" not in message
    assert "qa-judge" not in chat_html(page.talks.resume(turns, event(), NOBODY)[1])
    assert strings.CONVERSATIONS_NOT_KEPT in page.talks.show(turns, event(), NOBODY)[1]


def test_answer_that_cannot_be_kept_is_shown_all_the_same(page, monkeypatch):
    """With the reason; when the file can be written again, the conversation goes on, and the answer stays on the page."""
    turns, _ = ask(page, "Which fruit?")

    def fail(*arguments, **options):
        raise StorageError("the disk is full <b>.")

    with monkeypatch.context() as patched:
        patched.setattr(page.store, "keep", fail)
        turns, message = ask(page, "And pears?", turns)
    assert "This answer could not be kept: the disk is full &lt;b&gt;." in message
    turns, message = ask(page, "And figs?", turns)
    assert [(turn.number, bool(turn.conversation)) for turn in turns] == [(1, True), (2, False), (3, True)]
    assert [turn.number for turn in page.talks.resume(None, event(), ANNA)[0]] == [1, 3]


def test_turn_of_another_version_is_left_out(page):
    """What cannot be read any more does not block the rest."""
    turns, _ = ask(page, "Which fruit?")
    record = {**turns[0].answer.to_dict(), "verdict": "perhaps"}
    page.store.keep("a" * 43, "plums", record, conversation=turns[0].conversation)
    assert [turn.number for turn in page.talks.resume(None, event(), ANNA)[0]] == [1]


def test_narrowing_comes_back(page):
    """What was searched is named as before."""
    page.assistant.held = ["fruit.txt", "trees.txt"]
    list(page.asking.answer_question("Which fruit?", None, '["fruit.txt"]', ANNA))
    ((turn,), chat) = page.talks.resume(None, event(), ANNA)
    assert (turn.narrowing.names, turn.narrowing.documents, turn.narrowing.total) == (("fruit.txt",), 1, 2)
    assert "Searched: 1 of 2 documents" in chat_html(chat)
    assert replace(turn, labels={}) == turn


def test_exact_words_move_with_their_quote():
    """Where the document has grown before it; where the quote stands nowhere, so do the words."""
    citation = WHEN.citations[0]
    moved = place_citation(citation, Document("town.txt", "/town.txt", f"Old. {citation.passage}", "1", "1"))
    assert (moved.start, moved.end, moved.answer_span, moved.answer) == (5, 35, (30, 34), "1848")
    gone = place_citation(citation, Document("town.txt", "/town.txt", "Nothing.", "1", "1"))
    assert (gone.start, gone.end, gone.answer_span) == (0, 0, None)


@pytest.mark.parametrize("answer", [BOTH, GREETING, GUIDANCE, CORRECTED])
def test_turns_of_every_kind_are_kept_and_come_back(answer, tmp_path):
    """As they were; one that was kept before there were versions is read as well."""
    with closing(Conversations(tmp_path / "store.sqlite")) as store:
        kept = store.keep("anna", "c", answer.to_dict())
        store.keep("anna", "c", replace(WHEN, version=1).to_dict(), conversation=kept.conversation)
        first, second = map(read_turn, store.turns("anna", kept.conversation))
    assert first.answer == answer
    assert (second.answer.version, second.answer.citations[0].answer_span) == (1, None)
