"""What is killed in `web/test_kill.py`: questions in the page, in a process that is forked with all it needs."""

from contextlib import closing
from itertools import count
from pathlib import Path
from types import SimpleNamespace

from plum_assistant import open_plums

from qa.conversations import Conversations
from qa.web.chat.events import Handlers
from qa.web.conversations.events import ConversationHandlers
from qa.web.conversations.keeping import Keeping
from qa.web.security.guard import COOKIE

VISITOR = "a" * 43
BROWSER = SimpleNamespace(headers={"cookie": f"{COOKIE}={VISITOR}"})


def converse(home, tell):
    """Say that work begins; begin a conversation and ask on and on; say where each answer is that the page has shown."""
    with open_plums(Path(home)) as (_, handlers), closing(Conversations(Path(home, "conversations.sqlite"))) as store:
        keeping = Keeping(handlers.host, store)
        asking = Handlers(handlers.host, keeping)
        tell.send(None)
        turns, _, _ = ConversationHandlers(keeping).begin(BROWSER)
        for number in count(1):
            *_, (turns, *_) = asking.answer_question(f"Which fruit {number}?", turns, None, BROWSER)
            tell.send((turns[-1].conversation, number))
