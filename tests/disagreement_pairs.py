"""Pairs of sentences: those that give different values for the same thing, and those that do not, with a question."""

WORKERS = "How many workers does the plant in Hamburg employ?"
BRIDGE = "When did the Alder bridge open to traffic?"
BUDGET = "What did the new library cost?"
SHARE = "How many households in Lund own a bicycle?"

# id: question, one sentence, the other, and the words that differ.
DIFFERENT = {
    "count": (
        WORKERS,
        "The plant in Hamburg employs 320 workers.",
        "The Hamburg plant employs 300 workers.",
        ("320", "300"),
    ),
    "thousands": (
        WORKERS,
        "The plant in Hamburg employs 1,200 workers.",
        "The Hamburg plant employs 1340 workers.",
        ("1,200", "1340"),
    ),
    "words": (
        WORKERS,
        "The Hamburg plant employs twelve workers.",
        "The plant in Hamburg employs 15 workers.",
        ("twelve", "15"),
    ),
    "compound words": (
        WORKERS,
        "The Hamburg plant employs twenty-five workers.",
        "The plant in Hamburg employs thirty workers.",
        ("twenty-five", "thirty"),
    ),
    "longer": (
        WORKERS,
        "The plant in Hamburg, the largest of its kind, employs 320 workers.",
        "The Hamburg plant employs 300 workers.",
        ("320", "300"),
    ),
    "who says": (
        WORKERS,
        "The union says that the Hamburg plant employs 320 workers.",
        "The Hamburg plant employs 300 workers.",
        ("320", "300"),
    ),
    "about": (
        WORKERS,
        "The Hamburg plant employs about 500 workers.",
        "The Hamburg plant employs 320 workers.",
        ("500", "320"),
    ),
    "more than": (
        WORKERS,
        "The Hamburg plant employs more than 500 workers.",
        "The Hamburg plant employs 320 workers.",
        ("500", "320"),
    ),
    "fewer than": (
        WORKERS,
        "The Hamburg plant employs fewer than 300 workers.",
        "The Hamburg plant employs 320 workers.",
        ("300", "320"),
    ),
    "same year": (
        WORKERS,
        "In 2019 the Hamburg plant employed 320 workers.",
        "The Hamburg plant employed 300 workers in 2019.",
        ("320", "300"),
    ),
    "in other words": (
        WORKERS,
        "According to the works council the plant in Hamburg employs 320 workers.",
        "The Hamburg plant employs 300 workers, most of whom live in the city.",
        ("320", "300"),
    ),
    "one of two numbers": (
        WORKERS,
        "The Hamburg plant employs 320 workers by day and 80 workers by night.",
        "The Hamburg plant employs 300 workers by day and 80 workers by night.",
        ("320", "300"),
    ),
    "money": (
        BUDGET,
        "The new library cost $3 million.",
        "The new library cost $4.5 million.",
        ("$3 million", "$4.5 million"),
    ),
    "money in words": (
        BUDGET,
        "The new library cost 3 million dollars.",
        "The new library cost $4,500,000.",
        ("3 million dollars", "$4,500,000"),
    ),
    "percentages": (
        SHARE,
        "In Lund 62 % of households own a bicycle.",
        "Some 48 percent of households in Lund own a bicycle.",
        ("62 %", "48 percent"),
    ),
    "decimals": (
        "How high is the tower?",
        "The tower is 81.5 metres high.",
        "The tower is 84.2 metres high.",
        ("81.5", "84.2"),
    ),
    "no noun": (
        "What is the population of Lund?",
        "The population of Lund is 94,703.",
        "Lund has a population of 91,940.",
        ("94,703", "91,940"),
    ),
    "year": (
        BRIDGE,
        "The Alder bridge opened in 1932.",
        "The Alder bridge was opened to traffic in 1934.",
        ("1932", "1934"),
    ),
    "day": (
        BRIDGE,
        "The Alder bridge opened on 12 March 2021.",
        "The Alder bridge opened on March 14, 2021.",
        ("12 March 2021", "March 14, 2021"),
    ),
    "iso day": (
        BRIDGE,
        "The Alder bridge opened on 2021-03-12.",
        "The Alder bridge opened on 14 March 2021.",
        ("2021-03-12", "14 March 2021"),
    ),
    "month": (
        BRIDGE,
        "The Alder bridge opened in April 2021.",
        "The Alder bridge opened on 12 March 2021.",
        ("April 2021", "12 March 2021"),
    ),
    "day without a year": (
        BRIDGE,
        "The Alder bridge opens on 12 March.",
        "The Alder bridge opens on March 14th.",
        ("12 March", "March 14th"),
    ),
}

# id: question, one sentence, the other.
AGREEING = {
    "equal": (WORKERS, "The plant in Hamburg employs 1,200 workers.", "The Hamburg plant employs 1200 workers."),
    "word and digit": ("How many cats live here?", "The house has three old cats.", "The house has 3 old cats."),
    "percent signs": (
        SHARE,
        "In Lund 5 % of households own a bicycle.",
        "Some 5 percent of households in Lund own a bicycle.",
    ),
    "per cent": (
        SHARE,
        "In Lund 5 per cent of households own a bicycle.",
        "In Lund 5 percent of households own a bicycle.",
    ),
    "day and month": (
        BRIDGE,
        "The Alder bridge opened on 12 March 2021.",
        "The Alder bridge opened on March 12, 2021.",
    ),
    "iso": (BRIDGE, "The Alder bridge opened on 2021-03-12.", "The Alder bridge opened on March 12, 2021."),
    "year of the day": (BRIDGE, "The Alder bridge opened in 2021.", "The Alder bridge opened on March 12, 2021."),
    "month of the day": (
        BRIDGE,
        "The Alder bridge opened in March 2021.",
        "The Alder bridge opened on March 12, 2021.",
    ),
    "day of the year unsaid": (
        BRIDGE,
        "The Alder bridge opened on 12 March.",
        "The Alder bridge opened on March 12, 2021.",
    ),
    "money": (BUDGET, "The new library cost $3 million.", "The new library cost 3,000,000 dollars."),
    "rounded": (
        "What is the population of the city?",
        "The city has about 1.2 million inhabitants.",
        "The city has 1,203,400 inhabitants.",
    ),
    "rounded zeros": (
        "How many people live in the city?",
        "The city has 95,000 inhabitants.",
        "The city has 94,703 inhabitants.",
    ),
    "rounded decimals": ("How high is the tower?", "The tower is 81.5 metres high.", "The tower is 81.46 metres high."),
    "about": (WORKERS, "The Hamburg plant employs about 300 workers.", "The Hamburg plant employs 320 workers."),
    "more than": (
        WORKERS,
        "The Hamburg plant employs more than 300 workers.",
        "The Hamburg plant employs 320 workers.",
    ),
    "plus": (WORKERS, "The Hamburg plant employs 300+ workers.", "The Hamburg plant employs 320 workers."),
    "at most": (
        WORKERS,
        "The Hamburg plant employs no more than 400 workers.",
        "The Hamburg plant employs 320 workers.",
    ),
    "span": (WORKERS, "The Hamburg plant employs 300 to 400 workers.", "The Hamburg plant employs 280 workers."),
    "before": (BRIDGE, "The Alder bridge opened before 1934.", "The Alder bridge opened in 1932."),
    "decade": (BRIDGE, "The Alder bridge opened in the 1920s.", "The Alder bridge opened in 1932."),
    "another place": (WORKERS, "The plant in Hamburg employs 320 workers.", "The plant in Munich employs 300 workers."),
    "another noun": (WORKERS, "The plant in Hamburg employs 320 workers.", "The plant in Hamburg employs 12 doctors."),
    "a part of them": (
        WORKERS,
        "The plant in Hamburg employs 320 workers.",
        "The plant in Hamburg employs 12 injured workers.",
    ),
    "another unit": (
        "How far is Lund?",
        "From the coast Lund is 12 miles away.",
        "From the coast Lund is 19 kilometres away.",
    ),
    "another currency": (BUDGET, "The new library cost 3 million dollars.", "The new library cost 2 million euros."),
    "number and percentage": (
        SHARE,
        "In Lund 62 % of households own a bicycle.",
        "In Lund 400 households own a bicycle.",
    ),
    "another year": (
        WORKERS,
        "In 2019 the Hamburg plant employed 320 workers.",
        "In 2020 the Hamburg plant employed 300 workers.",
    ),
    "one with a year": (
        WORKERS,
        "In 2019 the Hamburg plant employed 320 workers.",
        "The Hamburg plant employs 300 workers.",
    ),
    "denied": (WORKERS, "The Hamburg plant does not employ 320 workers.", "The Hamburg plant employs 300 workers."),
    "another verb": (WORKERS, "The Hamburg plant hired 320 workers.", "The Hamburg plant dismissed 300 workers."),
    "another event": (BRIDGE, "The Alder bridge opened in 1932.", "The Alder bridge was flooded in 1934."),
    "two dates": (BRIDGE, "The Alder bridge opened in 1932 and again in 1950.", "The Alder bridge opened in 1934."),
    "two numbers": (
        WORKERS,
        "The Hamburg plant employs 320 workers by day and 80 workers by night.",
        "The Hamburg plant employs 300 workers.",
    ),
    "in other words, and not asked for": (
        "Who are the workers?",
        "According to the works council the plant in Hamburg employs 320 workers.",
        "The Hamburg plant employs 300 workers, most of whom live in the city.",
    ),
    "one of several": (
        "How many workers does the plant employ?",
        "The northern plant employs 320 workers.",
        "The southern plant employs 300 workers.",
    ),
    "one of them and all": (
        WORKERS,
        "The new Hamburg plant employs 320 workers.",
        "The Hamburg plant employs 900 workers.",
    ),
    "months": (
        WORKERS,
        "In March the Hamburg plant employed 320 workers.",
        "In May the Hamburg plant employed 300 workers.",
    ),
    "then and now": (
        WORKERS,
        "Initially the Hamburg plant employed 320 workers.",
        "The Hamburg plant now employs 900 workers.",
    ),
    "rows of a table": (WORKERS, "Plant Hamburg: workers 320; halls 12.", "Plant Hamburg: workers 300; halls 14."),
    "a year before a noun": (
        BRIDGE,
        "The 1932 Alder bridge opened with music.",
        "The 1934 Alder bridge opened with music.",
    ),
    "more of them": (
        WORKERS,
        "The Hamburg plant employs another 20 workers.",
        "The Hamburg plant employs 300 workers.",
    ),
    "name of a thing": (
        "What did Apollo 11 bring back?",
        "The crew of Apollo 11 brought back rocks.",
        "The crew of Apollo 12 brought back rocks.",
    ),
    "page": (
        "Where are the rules?",
        "The rules of the game stand on page 12.",
        "The rules of the game stand on page 14.",
    ),
    "ordinal": ("Who won the race?", "She won the 3rd race of the summer.", "She won the 4th race of the summer."),
    "time": ("When does the ferry leave?", "The ferry to Lund leaves at 10:30.", "The ferry to Lund leaves at 11:45."),
    "version": (
        "Which version is current?",
        "The current version of the program is 2.1.0.",
        "The current version of the program is 2.2.4.",
    ),
    "not asked for": (
        "Who painted the ceiling?",
        "The hall has room for 300 guests.",
        "The hall has room for 320 guests.",
    ),
    "little in common": (
        WORKERS,
        "With 320 workers Hamburg is our largest plant.",
        "Rain fell on 300 workers marching through Hamburg.",
    ),
}
