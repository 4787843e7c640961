"""The words that the patterns of `phrasing` look for, and those that make a sentence unfit for them.

Read a sentence that may become a question: whether it is a plain statement, and what stands before its verb.
"""

import re
from collections.abc import Callable

PERSONS = (
    "person|man|woman|actor|actress|singer|songwriter|writer|author|poet|novelist|playwright|politician|president|king|"
    "queen|emperor|prince|princess|duke|general|scientist|physicist|chemist|biologist|mathematician|engineer|inventor|"
    "philosopher|painter|artist|architect|composer|musician|rapper|guitarist|director|producer|player|footballer|coach|"
    "athlete|boxer|wrestler|driver|lawyer|judge|physician|economist|historian|theologian|missionary|"
    "bishop|pope|saint|explorer|businessman|businesswoman|entrepreneur|investor|activist|journalist|comedian|model|chef|"
    "leader|statesman|statistician|linguist|astronomer|geologist|psychologist|sculptor|photographer|dancer|pioneer|character"
)
PERSON = re.compile(rf"\b(?:{PERSONS})\b")
# A sentence that begins so, or has one of these in what would become the subject, leans on another or is no statement.
POINTING = frozenset(
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
PARTICLES = frozenset("of the and for in a an de la von van du le el al di da & on at".split())
DETERMINERS = frozenset(("the", "a", "an"))
NAMING_ONLY = frozenset(("for", "in", "on", "at"))  # part of a subject only inside a name: "Panel on Climate Change"
# "Profit is a great thing" tells nothing of what profit is.
JUDGING = frozenset(
    """
    good great bad big huge little lot bit whole different complicated way example member safer same ones only most
    largest best least better worse major key important necessary popular common very more less real nice poor slap
    problem issue concern factor source useful unique inaccurate challenge question
    """.split()
)
MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DATE = (
    rf"(?:in|on|around|about|during) (?:early |late )?(?:the )?(?:\d{{1,2}} )?(?:{MONTH} )?(?:\d{{1,2}}, )?\d{{4}}s?\b"
)
PAST = (
    r"founded|established|created|introduced|published|released|opened|completed|built|constructed|discovered|invented|"
    r"signed|adopted|launched|destroyed|abolished|dissolved|incorporated|designed|composed|written|awarded|"
    r"formed|named|renamed|elected|appointed|crowned|married|killed|assassinated|executed|ordained|admitted|ratified|"
    r"passed|enacted|approved|closed|demolished|rebuilt|restored|expanded|moved|sold|acquired|produced|"
    r"developed|organized|organised|held|born|inaugurated|unveiled|commissioned|patented|proposed|started"
)
MAKERS = {
    "written": "wrote", "built": "built", "founded": "founded", "created": "created", "invented": "invented",
    "discovered": "discovered", "designed": "designed", "directed": "directed", "produced": "produced",
    "composed": "composed", "developed": "developed", "established": "established", "introduced": "introduced",
    "published": "published", "painted": "painted", "proposed": "proposed", "sung": "sang", "recorded": "recorded",
    "owned": "owns", "led": "led", "won": "won",
}  # fmt: skip
DID = {
    "died": "die", "began": "begin", "ended": "end", "opened": "open", "started": "start", "moved": "move",
    "became": "become", "joined": "join", "won": "win", "signed": "sign", "published": "publish", "released": "release",
    "married": "marry", "resigned": "resign", "retired": "retire", "graduated": "graduate", "closed": "close",
    "received": "receive", "adopted": "adopt", "introduced": "introduce", "invaded": "invade", "conquered": "conquer",
    "founded": "found", "established": "establish", "discovered": "discover",
    "launched": "launch", "premiered": "premiere", "debuted": "debut", "surrendered": "surrender", "arrived": "arrive",
    "returned": "return", "declared": "declare", "abolished": "abolish", "merged": "merge", "acquired": "acquire",
}  # fmt: skip
DOES = {
    "means": "mean", "refers to": "refer to", "stands for": "stand for", "consists of": "consist of",
    "includes": "include", "contains": "contain", "causes": "cause", "provides": "provide", "offers": "offer",
    "supports": "support", "requires": "require", "depends on": "depend on",
}  # fmt: skip
INVENTED = {
    "invented": "invent", "discovered": "discover", "founded": "found", "wrote": "write", "designed": "design",
    "created": "create", "composed": "compose", "directed": "direct", "developed": "develop", "painted": "paint",
    "proposed": "propose", "introduced": "introduce", "established": "establish", "built": "build",
}  # fmt: skip
STATES = (
    "used for|used to|made from|made up of|composed of|based on|known for|famous for|named after|derived from|"
    "responsible for|divided into|caused by|connected to|named for"
)
MEASURES = (
    r"capital|population|currency|purpose|aim|function|size|length|height|area|cost|price|deadline|fee|rate|limit|"
    r"boiling point|melting point|atomic number|symbol|official language|motto|diameter|mass|speed|depth|width|"
    r"(?:maximum|minimum|default|average|total|normal|recommended)(?: [a-z-]+){1,2}"
)
COUNT = r"(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty)"
PLURAL = "|".join(DOES.values())
# What may follow "To …," where the sentence tells how to do it.
ORDERING = (
    r"you (?:must|need|should)|click|select|use|run|go|open|enter|complete|specify|set|call|add|choose|see|"
    r"create|follow|visit|contact|send|submit|log|sign|type|press|provide|configure|install|download|fill|check|mail|"
    r"navigate|review|make sure"
)
TELLING = rf"{ORDERING}|you can|first"
NO_TASK = frozenset(
    """
    be have date this that these those some it the what which do get say answer summarize conclude illustrate
    put sum begin start my your our learn ensure avoid find help understand make see achieve address dive
    """.split()
)


IN_CONDITION = frozenset("you are your have to from not no with by has been new before after".split())
IN_TASK = frozenset("to from with by into new your on about first another".split())


LONGEST_SENTENCE = 260  # characters
SUBJECT_WORDS = 6
Lowered = Callable[[str], bool | None]


def read_statement(sentence: str) -> str:
    """The sentence as one line, without what stands in brackets; empty where it is no plain statement."""
    if len(sentence) > 2 * LONGEST_SENTENCE:
        return ""
    if re.search(r"^.{0,60}\n\s*[^\Wa-z_]", sentence.strip()) or re.search(r"[)\]]\w", sentence):
        return ""  # a heading that stands before the sentence may have become a part of it
    line = " ".join(sentence.split())
    line = re.sub(r" ?\[[^\]]*\]| ?\([^()]*\)", "", line)
    line = re.sub(r" ([.,;])", r"\1", line).replace("\u2019", "'")
    line = re.sub(
        r",? (?:also|formerly|commonly|sometimes|often|previously) (?:known as|called|spelled) [^,]{2,50},", "", line
    )
    if len(line) > LONGEST_SENTENCE or not re.match(r"[A-Z]", line) or not line.endswith("."):
        return ""
    if re.search(r"[^\w\s.,;:'\"\u201c\u201d%$&/\u2013\u2014()+-]|``|''|__|https?|\d\.\d\.|\. [A-Z]| '|' ", line):
        return ""
    return line


def read_subject(text: str, lowered: Lowered) -> str:
    """A subject as it stands inside a question; empty where it is no short and plain one that stands alone."""
    words = text.split()
    if not 1 <= len(words) <= SUBJECT_WORDS or not re.fullmatch(r"[\w'&. -]+", text) or re.search(r"\.$|- | -", text):
        return ""
    small = [word.lower() for word in words]
    if any(word in POINTING for word in small) or re.search(r"\d{3}|ly$|ing$|ed$", small[0]):
        return ""
    if small[-1] in PARTICLES or any(re.search(r"\w{3}(?:ed|ing|ly)$|'(?!s?$)", word) for word in words):
        return ""
    first, others = words[0], words[1:]
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if word in NAMING_ONLY and not (before[0].isupper() and after[0].isupper()):
            return ""
    if any(a.islower() and a not in PARTICLES and b[0].isupper() for a, b in zip(words, others, strict=False)):
        return ""  # "the benefits Apple offers"
    capitals = [word for word in others if word[0].isupper()]
    if not capitals and "the" in small[1:]:
        return ""  # "the length of the wall"
    if small[0] in DETERMINERS:
        if not others or (not capitals and len([word for word in others if word not in PARTICLES]) < 2):
            return ""  # "the company": which one, only the sentences before tell
        return " ".join([small[0], *others])
    if small[0] in PARTICLES:
        return ""
    if first.isupper() or (others and others[0][0].isupper()):
        return text
    known = lowered(first)
    if known is None:
        return ""
    return " ".join([small[0], *others]) if known else text


def read_dated_subject(match: re.Match[str], lowered: Lowered) -> str:
    """A subject that may stand behind a date, where its first word is written as it is."""
    text = match["subject"]
    return read_subject(
        text[0].upper() + text[1:], lambda word: text[0].islower() if match.start("subject") else lowered(word)
    )


def is_name(subject: str) -> bool:
    """Whether a subject is written like a person's name: two or three capitalised words."""
    return bool(re.fullmatch(r"(?:[A-Z][\w'.-]+ ){1,2}(?:(?:de|von|van|la|le) )?[A-Z][\w'-]+", subject))


def agrees(subject: str, verb: str) -> bool:
    """Whether a subject and a form of a verb are both singular, or both plural."""
    head = re.split(r" (?:of|in|for|on|at) ", subject)[0]
    plural = " and " in head or bool(re.search(r"[^\Wsui]s$|ies$", head))
    return plural == (verb in ("are", "were", "do"))


def is_vague(subject: str) -> bool:
    """Whether a subject is one of many that could be meant: "the game"."""
    return (subject.startswith("the ") and subject.islower()) or subject.split()[0] in ("a", "an")
