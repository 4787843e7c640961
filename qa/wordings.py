"""The words that the patterns of `phrasing` look for, and those that make a sentence unfit for them."""

import re

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
