"""Make a follow-up stand alone: when a turn leans on the ones before, and what is searched then.

A turn is always searched as it was typed. When it cannot stand alone ("What about Oman?", "Why did they?"), the turn, the
previous question and the first one are also searched together as one text, in that order, and the two scores are added.
Replacing the turn by the joined text loses what was just asked (nDCG@10 .44 against .53 for the turn alone, on smaller
collections); adding the scores gains .03 over four sets of conversations, turns with history. When the joined text
finds much worse passages, the subject has changed and `index.fusion.fade_queries` takes its weight away again. A turn
that stands alone is left alone: adding the history to it with half the weight would gain another .010, but it would
answer a question about something else from what was talked of before. Left out: rewriting the question with a language
model; answers as history.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.terms import STOP_WORDS

SEPARATOR = " \u00b7 "
CONTEXT_WEIGHT = 0.6  # .5 loses .002 nDCG@10

_ELLIPSIS = re.compile(
    r"\W*(?:and|but|or|so|also|then|ok|okay|yes|no|really|more|what about|how about|what else|anything else|what if|"
    r"why not|how so|how come\W*$|tell me more|go on|such as|like what|for example|e\.?g|in what way|"
    r"(?:who|where|when) else)\b",
    re.IGNORECASE,
)
_REFERENCES = frozenset(
    """
    he she it they him her them his hers its their theirs this these those itself himself herself themselves he's
    she's it's they're they've there one ones former latter same such other others another
    """.split()
)
_LAST_REFERENCES = frozenset(
    """
    it they them him her this that these those there one ones so then others
    """.split()
)
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_SHORT = 6  # words


@dataclass(frozen=True, slots=True)
class StandAlone:
    """What is searched for a turn.

    Attributes:
        question: The turn as typed.
        context: The text searched along with it; empty when the turn is searched alone.
        weight: The share of the context in the score, 0 to 1, before it fades.
        searched: What is searched, in words, to be shown.
    """

    question: str
    context: str
    weight: float
    searched: str


def stand_alone(question: str, history: Sequence[str]) -> StandAlone:
    """Decide what is searched for a turn.

    Args:
        question: The turn as typed.
        history: The questions before it, oldest first, without the answers.

    Returns:
        The turn and the context to search with it.
    """
    said = [" ".join(turn.split()) for turn in (*history[-1:], *history[:1])]
    earlier = [turn for turn in dict.fromkeys(said) if turn and turn != " ".join(question.split())]
    if not earlier or not is_dependent(question):
        return StandAlone(question, "", 0.0, question)
    searched = f"{question} (asked after: {SEPARATOR.join(reversed(earlier))})"
    return StandAlone(question, " ".join([question, *earlier]), CONTEXT_WEIGHT, searched)


def is_dependent(question: str) -> bool:
    """Tell whether a turn cannot be understood without the ones before.

    It is elliptic ("And Oman?"), is short and names nothing or one thing ("Why?", "side effects"), ends in a word that
    refers back, or has one before any word of its own ("Did they agree?", but not "Did Iran say when it will agree?").
    Three stand-alone questions in a hundred are mistaken for one; that costs them little.

    Args:
        question: The turn as typed.

    Returns:
        Whether it leans on the turns before.
    """
    if _ELLIPSIS.match(question):
        return True
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(question)]
    own = [word for word in words if word.removesuffix("'s") not in STOP_WORDS]
    if not words or (len(words) <= _SHORT and len(own) <= 1) or words[-1] in _LAST_REFERENCES:
        return True
    return any(word in _REFERENCES for word in (words[: words.index(own[0])] if own else words))
