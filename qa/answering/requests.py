"""Recognise greetings and requests that no quote can fulfil, and reply to them.

Greetings and thanks get a friendly line. Requests for summaries, counts and comparisons over documents, translations and
new texts get guidance: what the assistant can do instead, and where the words named occur. Everything else is a question.
The patterns are narrow on purpose: "What is the difference between fission and fusion?" and "How many people were listed?"
are plain questions. Only English is recognised.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qa.text import count

RequestKind = Literal["greeting", "thanks", "guidance", "question"]
Wish = Literal["summary", "count", "list", "comparison", "translation", "writing", "help"]


@dataclass(frozen=True, slots=True)
class Request:
    """The kind of a line typed."""

    kind: RequestKind  # "greeting", "thanks", "guidance" or "question"
    wish: Wish | None = None  # for "guidance", the kind of result requested; else None
    # For "guidance", what the request names, as typed, without an article; empty if it means all documents.
    words: tuple[str, ...] = ()

    @property
    def is_small_talk(self) -> bool:
        """Whether it is a greeting or thanks."""
        return self.kind in ("greeting", "thanks")


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often some words occur together; `more` if counting stopped early."""

    words: str
    passages: int
    documents: int
    more: bool = False

    def describe(self) -> str:
        """Describe the counts in one sentence."""
        if not self.passages:
            return f"\u201c{self.words}\u201d occurs nowhere."
        counts = f"{count(self.passages, 'passage')} of {count(self.documents, 'document')}"
        return f"\u201c{self.words}\u201d occurs in {'at least ' if self.more else ''}{counts}."


_END = r"[\s.!?\u2026,;:)]*"
_HELLO = (
    r"(?:hi+|hello+|hey+|hiya|howdy|greetings|good (?:morning|afternoon|evening|day|night))"
    r"(?: there| all| everyone| everybody| again| assistant| team| folks)?"
)
_HOW_ARE_YOU = r"(?:how are you(?: doing)?(?: today)?|how(?:'s| is) it going|how do you do|what'?s up|nice to meet you)"
_THANKS = (
    r"(?:thanks|thank you|many thanks|thx|ty|cheers)"
    r"(?: (?:a lot|a million|so much|very much|again|you|for (?:your|the|all your|all the) (?:help|answer|answers|information)))*"
)
_BEFORE_THANKS = (
    r"(?:(?:ok|okay|great|good|perfect|nice|cool|awesome|excellent|super|wonderful|got it|alright|that helps|"
    r"that(?:'s| is) (?:great|helpful|all|it))[\s,.!]+)*"
)
_GREETING = re.compile(rf"\W*(?:{_HELLO}|{_HOW_ARE_YOU})(?:[\s,.!]+(?:{_HELLO}|{_HOW_ARE_YOU}))*{_END}", re.IGNORECASE)
_THANKING = re.compile(
    rf"\W*{_BEFORE_THANKS}(?:{_THANKS}|bye|goodbye|good bye|see you|that(?:'s| is) (?:great|helpful|all|it))"
    rf"(?:[\s,.!]+(?:{_THANKS}|bye|goodbye|good bye|see you|(?:have a )?(?:nice|good|great) day|"
    rf"that (?:helps|was (?:helpful|great)|helped(?: a lot)?)))*{_END}",
    re.IGNORECASE,
)
_ASKED = r"(?:(?:can|could|would|will) you )?(?:please )?"
_PLEASE = rf"{_ASKED}(?:(?:give|show|get|make|tell|write)(?: me| us)? )?"
_DOCUMENT = r"(?:passage|document|text|report|article|paragraph|source|file|page|material|doc|pdf)s?"
_FILES = r"(?:documents?|files?|sources?|docs?|pdfs?|passages?|pages?|paragraphs?)"
_THE = r"(?:the |these |those |my |our )?"
_THESE = (
    r"(?:(?:the |this |these |those |all |all the |my |your |our |any |each |every |of )*"
    rf"(?:{_DOCUMENT}|contents?|library|collection))"
)
_ITS = rf"(?:it|this|that|them|these|everything|all|all this|{_THESE})"
_IN_THEM = (
    rf"(?:\s+(?:mentioned|named|used|given|found|listed|contained))?(?:\s+(?:in|from|within|across|over|of) {_ITS})?"
)
_X = r"(?P<words>.+?)"
_SUMMARY = (
    r"(?:(?:a|an|the) )?(?:(?:short|brief|quick|general|concise|detailed|one-sentence) )*"
    r"(?:summary|overview|outline|synopsis|gist)"
)
_POINTS = (
    r"(?:the )?(?:main|key|most important|central) (?:points|ideas|topics|themes|takeaways|findings|facts)"
    rf"(?: (?:of|in|from) {_ITS})?"
)
_THINGS = (
    r"(?:names?|people|persons?|dates?|places?|locations?|companies|organi[sz]ations|numbers|figures|amounts|countries|"
    r"cities|topics|terms|keywords|key ?words|events|documents|files|sources|sections|chapters|headings|tables|questions)"
)
_UNITS = rf"(?:words|sentences|paragraphs|passages|characters|lines|sections|chapters|tables|{_DOCUMENT})"
_SPOTS = rf"(?:passages?|sentences?|paragraphs?|mentions?|occurrences?|places?|{_DOCUMENT})"
_MANY = r"(?:the |these |those |my |our |both |all )+(?:(?:two|three|four|five|\d+) )?"
_KINDRED = rf"(?:{_DOCUMENT}|contracts?|versions|papers|agreements|books|leases|letters|studies|drafts)"
_USED = r"(?:used|cited|named|occur|appear|come up|show up)"
_NAMED = (
    r"(?:mention(?:s|ed)?|contain(?:s|ed)?|talk(?:s|ed)? about|discuss(?:es|ed)?|refer(?:s|red)? to|cover(?:s|ed)?|"
    r"deals? with|holds?|name[sd]?)"
)
_BEING = r"(?:is|are|was|were|do|does|did)"
_HOW_OFTEN = r"how (?:many times|often)"
_WORK = (
    r"(?:e-?mail|letter|poem|essay|story|article|report|blog post|post|speech|song|reply|answer|presentation|list|table|"
    r"quiz|questions|code|script|program|press release|cover letter|review)s?"
)
# The first pattern that matches the whole request decides.
_FORMS: dict[Wish, tuple[str, ...]] = {
    "help": (
        r"(?:(?:please )?help(?: me)?|(?:can|could) you help(?: me)?|(?:who|what) are you)",
        r"what can (?:you do(?: for me)?|i ask(?: you)?)",
    ),
    "summary": (
        rf"(?:tl;?\s?dr)(?:\W+{_X})?",
        rf"{_PLEASE}(?:summari[sz]e|sum up|outline|recap)(?:\s+{_X})?",
        rf"{_PLEASE}{_SUMMARY}(?:\s+(?:about|of|on|for|regarding) {_X})?",
        rf"what(?:'s| is| are| was) {_ITS} (?:all )?about",
        rf"what (?:do|does) {_ITS} (?:say|contain|cover|deal with|talk about|describe)",
        rf"what(?:'s| is| are)? ?(?:there )?in {_ITS}",
        rf"(?:what are |{_PLEASE}){_POINTS}",
    ),
    "count": (
        rf"{_HOW_OFTEN} (?:is|are|was|were) {_X} (?:mentioned|referred to){_IN_THEM}",
        rf"{_HOW_OFTEN} {_BEING} the (?P<words>(?:words?|name|term|phrase) .+?) {_USED}{_IN_THEM}",
        rf"{_HOW_OFTEN} {_BEING} {_X} {_USED} (?:in|across|within) {_ITS}",
        rf"{_PLEASE}(?:count )?(?:the )?(?:number of )?(?:occurrences|mentions) of {_X}",
        rf"how many (?:of )?{_THE}{_FILES} {_NAMED} {_X}",
        rf"how many {_UNITS} (?:are there|are in {_ITS}|do (?:you|i|we) have)(?: in {_ITS})?",
        rf"how many {_UNITS} (?:do|does) {_ITS} (?:have|contain)",
    ),
    "list": (
        rf"(?:which|what) (?:of )?{_THE}{_FILES} (?:do |does )?{_NAMED} {_X}",
        rf"in (?:which|what) (?:of the )?{_FILES} {_BEING} {_X} (?:occur|appear|come up|mentioned|named|discussed)",
        rf"where (?:is|are|was|were) {_X} mentioned{_IN_THEM}",
        rf"(?:which|what) {_FILES} (?:are there|do you have|(?:do|can) you (?:know|search|read))",
        rf"{_PLEASE}(?:list|name|find|show)(?: me| us)? (?:all|every|each)(?: of)?(?: the| these)? "
        rf"(?P<words>{_THINGS}){_IN_THEM}",
        rf"{_PLEASE}(?:list|a list of|the list of)(?: me| us)? (?:the )?(?P<words>{_THINGS}){_IN_THEM}",
        rf"{_PLEASE}(?:list |find )?(?:all|every|each)(?: of)?(?: the)? {_SPOTS} (?:that |which |where )?"
        rf"(?:{_NAMED}|about|of|on|with) {_X}",
    ),
    "comparison": (
        rf"{_PLEASE}(?:compare|contrast|compare and contrast|(?:a|the) comparison of)(?: between)? {_X}",
        r"(?:what(?:'s| is| are) )?(?:the )?(?:main |key )?(?:differences?|similarit(?:y|ies)) (?:between|among|of) "
        rf"{_MANY}{_KINDRED}",
        rf"how (?:do|does) {_MANY}{_KINDRED} (?:differ|compare)(?: from each other)?",
    ),
    "translation": (rf"{_ASKED}translate(?:\s+{_X})?(?:\s+(?:in)?to [\w-]+)?",),
    "writing": (
        rf"{_ASKED}(?:rewrite|rephrase|paraphrase|reword|proofread|shorten)(?:\s+{_X})?",
        rf"{_ASKED}(?:help me (?:to )?)?(?:write|draft|compose|prepare|create|generate|make)(?: me| us)? (?:up )?"
        rf"(?:an?|the|some|my|\d+) (?:[\w-]+ ){{0,2}}?{_WORK}(?:\W.*?)?(?:(?:about|on|regarding|for) {_X})?",
    ),
}
_WISHES = [(wish, re.compile(rf"\W*{form}{_END}", re.IGNORECASE)) for wish, forms in _FORMS.items() for form in forms]
_NO_SUBJECT = re.compile(rf"(?:{_ITS}|above|the above|following|the following|below|for me|me)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+(?:and|with|to|versus|vs\.?|against|or)\s+|\s*,\s*(?:and\s+)?", re.IGNORECASE)
_ARTICLE = re.compile(
    r"(?:(?:what |everything |all )?(?:the |this |that |these |those |a |an |my |our |your |both |all )|"
    r"(?:word|words|name|term|phrase) )+",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:section|chapter|part|paragraph|passage|text|article|points?) (?:on|about|of) ", re.IGNORECASE
)


# A value of two things, each of which a sentence may state.
COMPARED = re.compile(
    r"\W*(?:please )?(?:compare|contrast) (?:the )?(?P<value>[^\s,]+(?: [^\s,]+){0,2}?) (?:of|for) (?P<one>[^,]+?)"
    r" (?:and|with|to|against|vs\.?|versus)(?: (?:that|those) of)? (?P<other>[^,]+?)[\s.?!]*",
    re.IGNORECASE,
)


def read_request(core: str) -> Request:
    """Classify the core of a question, or the question as typed."""
    text = " ".join(core.replace("\u2019", "'").split())
    if _GREETING.fullmatch(text):
        return Request("greeting")
    if _THANKING.fullmatch(text):
        return Request("thanks")
    if COMPARED.fullmatch(text):
        return Request("question")
    for wish, pattern in _WISHES:
        match = pattern.fullmatch(text)
        if match:
            return Request("guidance", wish, _subjects(match.groupdict().get("words") or "", wish))
    return Request("question")


def is_small_talk(text: str) -> bool:
    """Return whether a text is only a greeting or thanks."""
    return read_request(text).is_small_talk


def _subjects(words: str, wish: Wish) -> tuple[str, ...]:
    """List what a request names, each part without its article; empty if it names only the documents."""
    parts = _BETWEEN.split(words) if wish == "comparison" else [words]
    if wish == "list" and re.fullmatch(_THINGS, words, re.IGNORECASE):
        return ()
    found = []
    for part in parts:
        part = part.strip(" \"'\u201c\u201d.,;:!?")
        if _NO_SUBJECT.fullmatch(part):
            continue
        part = re.sub(rf"\s+(?:in|from|within|across|of) {_ITS}$", "", part, flags=re.IGNORECASE)
        for opening in (_ARTICLE, _SECTION, _ARTICLE):
            if match := opening.match(part):
                part = part[match.end() :]
        if part:
            found.append(part)
    return tuple(dict.fromkeys(found))


GREETING_REPLY = "Hello! Ask a question about your documents, and the sentences that answer it are quoted here."
THANKS_REPLY = "You are welcome. Ask another question whenever you like."
_INSTEAD = "Ask about one point, and the sentences that answer are quoted."
_GUIDANCE = {
    "summary": f"The assistant quotes documents; it does not summarise them. {_INSTEAD}",
    "count": "The assistant does not count across documents, but it can tell where words occur.",
    "list": "The assistant does not make lists across documents, but it can tell where words occur.",
    "comparison": f"The assistant does not compare documents. {_INSTEAD}",
    "translation": f"The assistant quotes documents as they are; it does not translate. {_INSTEAD}",
    "writing": f"The assistant quotes documents; it does not write texts. {_INSTEAD}",
    "help": "Ask a question in plain words about your documents. The sentences that answer are quoted, each with its place; "
    "if the documents do not answer, the assistant says so.",
}


def describe_request(request: Request, occurrences: Sequence[Occurrences] = ()) -> str:
    """Word the reply to a greeting, thanks or guidance, with the counts of the words it names."""
    if request.kind == "greeting":
        return GREETING_REPLY
    if request.kind == "thanks":
        return THANKS_REPLY
    return " ".join([_GUIDANCE[request.wish or "help"], *(each.describe() for each in occurrences)])
