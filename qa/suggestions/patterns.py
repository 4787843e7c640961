"""Make questions of a sentence with fixed patterns: "The tower was built in 1889." gives "When was the tower built?".

A question takes over words of the sentence and puts question words before them. Only plain English sentences with a short
subject fit a pattern. Most sentences give no question, because a clumsy question is worse than none: pronouns and other words
that point to another sentence, tables, and other languages are left out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LONGEST_QUESTION = 68  # characters
Lowered = Callable[[str], bool | None]

_LONGEST_SENTENCE = 260  # characters
_SUBJECT_WORDS = 6
_PERSON = re.compile(
    r"\b(?:person|man|woman|actor|actress|singer|songwriter|writer|author|poet|novelist|playwright|politician|president|king|"
    "queen|emperor|prince|princess|duke|general|scientist|physicist|chemist|biologist|mathematician|engineer|inventor|"
    "philosopher|painter|artist|architect|composer|musician|rapper|guitarist|director|producer|player|footballer|coach|"
    "athlete|boxer|wrestler|driver|lawyer|judge|physician|economist|historian|theologian|missionary|"
    "bishop|pope|saint|explorer|businessman|businesswoman|entrepreneur|investor|activist|journalist|comedian|model|chef|"
    "leader|statesman|statistician|linguist|astronomer|geologist|psychologist|sculptor|photographer|dancer|pioneer|character"
    r")\b"
)
# A subject with one of these words depends on another sentence, or its sentence is not a plain statement.
_POINTING = frozenset(
    """
    it its he she they them their his her him this that these those there here such same former latter other others
    another some many most several few all both each every any no none one ones someone everyone who which what when
    where why how while although though if because since as but or so yet however therefore thus then also not only
    i we you my our your me us who's it's that's there's today yesterday now according despite during after before
    following first second third next last final above below previous new current i'm we're don't much more less
    either neither part reason reasons result way ways thing things example examples case cases problem goal idea
    is are was were be been being has have had do does did can could may might must shall should will would to by
    with from into onto about between against without within through than per via upon please half lot lots
    largest smallest biggest highest lowest best worst greatest oldest only main primary major important good great
    bad big little own different various certain common famous secondary themselves itself himself herself simplest
    """.split()
)
_PARTICLES = frozenset("of the and for in a an de la von van du le el al di da & on at".split())
_DETERMINERS = frozenset(("the", "a", "an"))
_NAMING_ONLY = frozenset(("for", "in", "on", "at"))  # part of a subject only inside a name: "Panel on Climate Change"
# "Profit is a great thing" does not explain profit.
_JUDGING = frozenset(
    """
    good great bad big huge little lot bit whole different complicated way example member safer same ones only most
    largest best least better worse major key important necessary popular common very more less real nice poor slap
    problem issue concern factor source useful unique inaccurate challenge question
    """.split()
)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = (
    rf"(?:in|on|around|about|during) (?:early |late )?(?:the )?(?:\d{{1,2}} )?(?:{_MONTH} )?(?:\d{{1,2}}, )?\d{{4}}s?\b"
)
_PAST = (
    r"founded|established|created|introduced|published|released|opened|completed|built|constructed|discovered|invented|"
    r"signed|adopted|launched|destroyed|abolished|dissolved|incorporated|designed|composed|written|awarded|"
    r"formed|named|renamed|elected|appointed|crowned|married|killed|assassinated|executed|ordained|admitted|ratified|"
    r"passed|enacted|approved|closed|demolished|rebuilt|restored|expanded|moved|sold|acquired|produced|"
    r"developed|organized|organised|held|born|inaugurated|unveiled|commissioned|patented|proposed|started"
)
_MADE = (
    r"written|built|founded|created|invented|discovered|designed|directed|produced|composed|developed|established|"
    r"introduced|published|painted|proposed|sung|recorded|owned|led|won"
)
_ACTIVE = {"written": "wrote", "sung": "sang", "owned": "owns"}  # the others of _MADE are the same in the active voice
_DID = {
    "died": "die", "began": "begin", "ended": "end", "opened": "open", "started": "start", "moved": "move",
    "became": "become", "joined": "join", "won": "win", "signed": "sign", "published": "publish", "released": "release",
    "married": "marry", "resigned": "resign", "retired": "retire", "graduated": "graduate", "closed": "close",
    "received": "receive", "adopted": "adopt", "introduced": "introduce", "invaded": "invade", "conquered": "conquer",
    "founded": "found", "established": "establish", "discovered": "discover",
    "launched": "launch", "premiered": "premiere", "debuted": "debut", "surrendered": "surrender", "arrived": "arrive",
    "returned": "return", "declared": "declare", "abolished": "abolish", "merged": "merge", "acquired": "acquire",
}  # fmt: skip
_DOES = {
    "means": "mean", "refers to": "refer to", "stands for": "stand for", "consists of": "consist of",
    "includes": "include", "contains": "contain", "causes": "cause", "provides": "provide", "offers": "offer",
    "supports": "support", "requires": "require", "depends on": "depend on",
}  # fmt: skip
_INVENTED = (
    r"invented|discovered|founded|wrote|designed|created|composed|directed|developed|painted|proposed|introduced|"
    r"established|built"
)
_STATES = (
    "used for|used to|made from|made up of|composed of|based on|known for|famous for|named after|derived from|"
    "responsible for|divided into|caused by|connected to|named for"
)
_MEASURES = (
    r"capital|population|currency|purpose|aim|function|size|length|height|area|cost|price|deadline|fee|rate|limit|"
    r"boiling point|melting point|atomic number|symbol|official language|motto|diameter|mass|speed|depth|width|"
    r"(?:maximum|minimum|default|average|total|normal|recommended)(?: [a-z-]+){1,2}"
)
_COUNT = r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty)"
_PLURAL = "|".join(_DOES.values())
# These words may follow "To …," in a sentence that gives instructions.
_ORDER = (
    r"you (?:must|need|should)|click|select|use|run|go|open|enter|complete|specify|set|call|add|choose|see|"
    r"create|follow|visit|contact|send|submit|log|sign|type|press|provide|configure|install|download|fill|check|mail|"
    r"navigate|review|make sure"
)
_INSTRUCTION = rf"{_ORDER}|you can|first"
_NO_TASK = frozenset(
    """
    be have date this that these those some it the what which do get say answer summarize conclude illustrate
    put sum begin start my your our learn ensure avoid find help understand make see achieve address dive
    """.split()
)
_IN_CONDITION = frozenset("you are your have to from not no with by has been new before after".split())
_IN_TASK = frozenset("to from with by into new your on about first another".split())


@dataclass(frozen=True, slots=True)
class Phrased:
    """A question made of a sentence."""

    question: str  # as a person would type it
    kind: str  # the kind of its pattern, so that questions of different kinds can be offered together


def phrase_questions(sentence: str, lowered: Lowered) -> Iterator[Phrased]:
    """Make questions that a sentence answers.

    Args:
        sentence: A whole sentence of English prose.
        lowered: Returns whether a word that begins a sentence is mostly lower case elsewhere, or None if that is unknown.

    Yields:
        Questions of at most `LONGEST_QUESTION` characters, not counting the question mark; most sentences give none.
    """
    plain = _read_statement(sentence)
    if not plain:
        return
    for kind, pattern, make in _PATTERNS:
        match = pattern.search(plain)
        question = make(match, lowered) if match else ""
        if question and len(question) <= LONGEST_QUESTION:
            yield Phrased(question[0].upper() + question[1:] + "?", kind)


def _definition(match: re.Match[str], lowered: Lowered) -> str:
    subject = _read_subject(match["subject"], lowered)
    if not subject or (match["article"] == "the" and match["verb"] in ("was", "were")):
        return ""
    if not _agrees(subject, match["verb"]) or _first_word(match) in _JUDGING:
        return ""
    plain = " " not in subject and subject[0].isupper() and not subject.isupper()
    if match["article"] == "the" and (plain or subject.islower()):
        return ""
    kind = re.split(r"\b(?:of|in|that|which|who|for|from|by|with|and|or|on|at)\b|,", match["rest"])[0]
    person = bool(_PERSON.search(kind))
    if _is_name(subject):
        return f"who {match['verb']} {subject}" if person else ""  # never "What is Marie Curie?"
    if person or (match["verb"] == "was" and subject[0].isupper()):
        return ""
    return f"what {match['verb']} {subject}"


def _when(match: re.Match[str], lowered: Lowered) -> str:
    subject, more = _read_dated_subject(match, lowered), _complement(match["more"])
    if _is_vague(subject) or more is None or not _agrees(subject, match["verb"]):
        return ""
    if (subject + more).islower():
        return ""  # "When did construction begin?": only the sentences before say of what
    return f"when {match['verb']} {subject} {match['done']}{more}"


def _when_did(match: re.Match[str], lowered: Lowered) -> str:
    subject, more = _read_dated_subject(match, lowered), _complement(match["more"])
    if _is_vague(subject) or more is None or (subject + more).islower():
        return ""
    return f"when did {subject} {_DID[match['done']]}{more}"


def _where(match: re.Match[str], lowered: Lowered) -> str:
    subject = _read_subject(match["subject"], lowered)
    if _is_vague(subject) or not _agrees(subject, match["verb"]):
        return ""
    return f"where {match['verb']} {subject} {match['done']}"


def _who(match: re.Match[str], lowered: Lowered) -> str:
    subject = _read_subject(match["subject"], lowered)
    return f"who {_ACTIVE.get(match['done'], match['done'])} {subject}" if not _is_vague(subject) else ""


def _what_does(match: re.Match[str], lowered: Lowered) -> str:
    subject, verb = _read_subject(match["subject"], lowered), match["verb"]
    if not subject or _is_name(subject) or not _agrees(subject, "does" if verb in _DOES else "do"):
        return ""
    if (subject.islower() and " " not in subject and "mean" not in verb) or _first_word(match) in _POINTING:
        return ""
    return f"what does {subject} {_DOES[verb]}" if verb in _DOES else f"what do {subject} {verb}"


def _what_state(match: re.Match[str], lowered: Lowered) -> str:
    subject = _read_subject(match["subject"], lowered)
    if not subject or _is_common(subject) or not _agrees(subject, match["verb"]) or _first_word(match) in _POINTING:
        return ""
    return f"what {match['verb']} {subject} {match['state'].replace('used to', 'used for')}"


def _who_did(match: re.Match[str], lowered: Lowered) -> str:
    subject, made = match["subject"], re.split(r" (?:in|by|at|with|on|as|while|after|during)\b", match["rest"])[0]
    if not _is_name(subject) or _POINTING & set(subject.lower().split()) or len(made) > 45:
        return ""
    thing = _read_subject(made[0].upper() + made[1:], lambda word: made[0].islower()) if made else ""
    return "" if _is_vague(thing) else f"who {match['done']} {thing}"


def _what_measure(match: re.Match[str], lowered: Lowered) -> str:
    of = match["of"]
    plain = _read_subject(of[0].upper() + of[1:], lambda word: of[0].islower())
    if not plain or _is_common(plain) or _first_word(match) in _JUDGING | _POINTING - {"to"}:
        return ""
    return f"what {match['verb']} the {match['measure']} {match['link']} {plain}"


def _how_many(match: re.Match[str], lowered: Lowered) -> str:
    subject = _read_subject(match["subject"], lowered)
    verb = "does" if match["verb"] in ("has", "contains") else "do"
    if _is_vague(subject) or _is_name(subject) or not _agrees(subject, verb):
        return ""
    return f"how many {match['things']} {verb} {subject} {'have' if match['verb'] in ('has', 'have') else 'contain'}"


def _how_can(match: re.Match[str], lowered: Lowered) -> str:
    task = _read_task(match["task"], _NO_TASK - {"find"} | {"use", "still", "now", "even", "just", "always"}, 8)
    if task.lower().startswith("find "):
        return f"where can I {task}" if match["means"] in ("at", "in", "on", "under") else ""
    return f"how can I {task}" if task and match["means"] in ("by", "using", "through") else ""


def _how_to(match: re.Match[str], lowered: Lowered) -> str:
    task = _read_task(match["task"], _NO_TASK, 9)
    return f"how do I {task}" if task else ""


def _read_task(task: str, excluded: frozenset[str], longest: int) -> str:
    """Write a task in the first person; return "" if it begins with an excluded word or is not plain."""
    words = task.lower().split()
    if words[0] in excluded or words[0].endswith(("ing", "ly")) or not 2 <= len(words) <= longest:
        return ""
    return "" if set(words) & (_POINTING - _IN_TASK | {"yourself"}) else _as_mine(task)


def _if_you(match: re.Match[str], lowered: Lowered) -> str:
    words = match["condition"].lower().split()
    if len(words) > 8 or set(words) & (_POINTING - _IN_CONDITION | {"yourself"}):
        return ""
    return f"what should I do if I {_as_mine(match['condition'])}"


def _why(match: re.Match[str], lowered: Lowered) -> str:
    subject, state = _read_subject(match["subject"], lowered), match["state"].split()
    if len(state) > 4 or {word.lower() for word in state} & (_POINTING - {"not", "more", "less", "to"}):
        return ""
    if _is_vague(subject) or not _agrees(subject, match["verb"]):
        return ""
    return f"why {match['verb']} {subject} {match['state'].rstrip(',')}"


def _complement(text: str) -> str | None:
    """Check the words between verb and date: None if they are long or complicated."""
    words = text.split()
    pointing = _POINTING - {"as", "to", "by", "into", "with", "from"}
    if len(words) > 5 or re.search(r"[,;:]|\d", text) or pointing & {word.lower() for word in words}:
        return None
    return None if {"and", "or"} & set(words) else text.rstrip()


def _first_word(match: re.Match[str]) -> str:
    return next(iter(match["rest"].lower().split()), "")


def _is_common(subject: str) -> bool:
    return subject.islower() and subject.startswith("the ")  # one of many, such as "the score"


def _as_mine(text: str) -> str:
    mine = re.sub(r"^are\b|\byou are\b", lambda match: "I am" if match.start() else "am", text)
    return re.sub(r"\byou\b", "I", re.sub(r"\byour\b", "my", mine))


def _read_statement(sentence: str) -> str:
    """Put the sentence on one line, without words in brackets; return "" unless it is a plain statement."""
    if len(sentence) > 2 * _LONGEST_SENTENCE:
        return ""
    if re.search(r"^.{0,60}\n\s*[^\Wa-z_]", sentence.strip()) or re.search(r"[)\]]\w", sentence):
        return ""  # a heading before the sentence may have become part of it
    line = " ".join(sentence.split())
    line = re.sub(r" ?\[[^\]]*\]| ?\([^()]*\)", "", line)
    line = re.sub(r" ([.,;])", r"\1", line).replace("\u2019", "'")
    line = re.sub(
        r",? (?:also|formerly|commonly|sometimes|often|previously) (?:known as|called|spelled) [^,]{2,50},", "", line
    )
    if len(line) > _LONGEST_SENTENCE or not re.match(r"[A-Z]", line) or not line.endswith("."):
        return ""
    if re.search(r"[^\w\s.,;:'\"\u201c\u201d%$&/\u2013\u2014()+-]|``|''|__|https?|\d\.\d\.|\. [A-Z]| '|' ", line):
        return ""
    return line


def _read_subject(text: str, lowered: Lowered) -> str:
    """Write a subject as inside a question; return "" unless it is short, plain and clear without other sentences."""
    words = text.split()
    if not 1 <= len(words) <= _SUBJECT_WORDS or not re.fullmatch(r"[\w'&. -]+", text) or re.search(r"\.$|- | -", text):
        return ""
    small = [word.lower() for word in words]
    if any(word in _POINTING for word in small) or re.search(r"\d{3}|ly$|ing$|ed$", small[0]):
        return ""
    if small[-1] in _PARTICLES or any(re.search(r"\w{3}(?:ed|ing|ly)$|'(?!s?$)", word) for word in words):
        return ""
    first, others = words[0], words[1:]
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if word in _NAMING_ONLY and not (before[0].isupper() and after[0].isupper()):
            return ""
    if any(a.islower() and a not in _PARTICLES and b[0].isupper() for a, b in zip(words, others, strict=False)):
        return ""  # "the benefits Apple offers"
    capitals = [word for word in others if word[0].isupper()]
    if not capitals and "the" in small[1:]:
        return ""  # "the length of the wall"
    if small[0] in _DETERMINERS:
        if not others or (not capitals and len([word for word in others if word not in _PARTICLES]) < 2):
            return ""  # "the company": only the sentences before say which
        return " ".join([small[0], *others])
    if small[0] in _PARTICLES:
        return ""
    if first.isupper() or (others and others[0][0].isupper()):
        return text
    known = lowered(first)
    if known is None:
        return ""
    return " ".join([small[0], *others]) if known else text


def _read_dated_subject(match: re.Match[str], lowered: Lowered) -> str:
    """Read a subject that may follow a date; after a date its first word keeps its case."""
    text = match["subject"]
    return _read_subject(
        text[0].upper() + text[1:], lambda word: text[0].islower() if match.start("subject") else lowered(word)
    )


def _is_name(subject: str) -> bool:
    """Return whether a subject looks like a person's name: two or three capitalised words."""
    return bool(re.fullmatch(r"(?:[A-Z][\w'.-]+ ){1,2}(?:(?:de|von|van|la|le) )?[A-Z][\w'-]+", subject))


def _agrees(subject: str, verb: str) -> bool:
    """Return whether subject and verb are both singular or both plural."""
    head = re.split(r" (?:of|in|for|on|at) ", subject)[0]
    plural = " and " in head or bool(re.search(r"[^\Wsui]s$|ies$", head))
    return plural == (verb in ("are", "were", "do"))


def _is_vague(subject: str) -> bool:
    return not subject or _is_common(subject) or subject.split()[0] in ("a", "an")


_BEGIN = r"^(?P<subject>[^,;:()\"\u201c\u201d?!]{2,60}?)"
_REST = r"(?P<rest>[^?!]*)[.]$"
_DATED = rf"^(?i:{_DATE}),? (?P<subject>[^,;:()\"]{{2,60}}?)"
_ENOUGH = r"(?:about |around |approximately |over |more than )?"
_OFTEN = r"(?:mainly |often |usually |also |primarily )?"
_PATTERNS = tuple(
    (kind, re.compile(pattern), make)
    for kind, pattern, make in (
        ("who", rf"{_BEGIN} (?P<verb>was|were|is|are) (?:\w+ly )?(?P<done>{_MADE}) by [A-Z]{_REST}", _who),
        ("who", rf"{_BEGIN} (?P<done>{_INVENTED}) {_REST}", _who_did),
        ("when", rf"{_BEGIN} (?P<verb>was|were) (?P<done>{_PAST})(?P<more>[^.]*?) {_DATE}{_REST}", _when),
        ("when", rf"{_BEGIN} (?P<done>{'|'.join(_DID)})(?P<more>[^.]*?) {_DATE}{_REST}", _when_did),
        ("when", rf"{_DATED} (?P<verb>was|were) (?P<done>{_PAST})(?P<more>[^.,;]*)[.,]", _when),
        ("when", rf"{_DATED} (?P<done>{'|'.join(_DID)})(?P<more>[^.,;]*)[.,]", _when_did),
        ("where", rf"{_BEGIN} (?P<verb>is|are) (?P<done>located|situated|based) (?:in|on|at|near){_REST}", _where),
        ("where", rf"{_BEGIN} (?P<verb>was) (?P<done>born) (?:on [\w ,]+ )?in [A-Z][a-z]{_REST}", _where),
        ("definition", rf"{_BEGIN} (?P<verb>is|are|was) (?P<article>an?|the) {_REST}", _definition),
        ("verb", rf"{_BEGIN} (?P<verb>{'|'.join(_DOES)}) (?!that\b){_REST}", _what_does),
        ("verb", rf"{_BEGIN} (?P<verb>{_PLURAL}) (?!that\b){_REST}", _what_does),
        ("state", rf"{_BEGIN} (?P<verb>is|are) {_OFTEN}(?P<state>{_STATES}) {_REST}", _what_state),
        (
            "number",
            rf"^The (?P<measure>{_MEASURES}) (?P<link>of|for) (?P<of>[^,;:()\"]{{2,50}}?) (?P<verb>is|was) {_REST}",
            _what_measure,
        ),
        (
            "number",
            rf"{_BEGIN} (?P<verb>has|have|contains?) {_ENOUGH}{_COUNT} (?P<things>[a-z]+s)"
            rf"(?=[.,]| in\b| and\b| with\b| of\b){_REST}",
            _how_many,
        ),
        ("how", r"^You can (?P<task>[a-z][^,;:()]{5,55}?) (?P<means>by|using|through|at|in|on|under) .*[.]$", _how_can),
        ("how", rf"^(?:In order to|To) (?P<task>[a-z][^,;:()]{{5,60}}), (?:{_INSTRUCTION})\b{_REST}", _how_to),
        ("if", rf"^If you (?P<condition>[a-z][^,;:()]{{5,60}}), (?:{_ORDER})\b{_REST}", _if_you),
        ("why", rf"{_BEGIN} (?P<verb>is|are|was|were) (?P<state>[a-z][^.;:()\"]{{2,40}}?),? because {_REST}", _why),
    )
)
