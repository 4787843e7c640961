"""Documents that questions can be suggested from."""

TEXTS = {
    "tower.txt": (
        "The Eiffel Tower was built in 1889 for a fair in Paris. The tower was to stand for twenty years.\n\n"
        "Gustave Eiffel was a French engineer who owned a workshop. He liked bridges.\n\n"
        "It was painted red in those days."
    ),
    "prices.txt": (
        "People often talk about inflation and what to do against it. They seldom agree.\n\n"
        "Inflation is a rise of all prices over a longer time. It makes money worth less.\n\n"
        "A central bank is a public body that sets the interest rate. The Bundesbank is one of them."
    ),
    "library.txt": (
        "To renew your library card, visit any branch with a passport. The card is free for children.\n\n"
        "The Ystad Library is located in the old harbour house. Many people go there to read in the evening."
    ),
    "preise.txt": (
        "Die Inflation ist ein Anstieg aller Preise über eine längere Zeit. Sie macht das Geld weniger wert.\n\n"
        "Eine Zentralbank ist eine öffentliche Einrichtung, die den Zins festlegt."
    ),
}


ALL = {
    "When was the Eiffel Tower built?",
    "Who was Gustave Eiffel?",
    "What is inflation?",
    "What is a central bank?",
    "How do I renew my library card?",
    "Where is the Ystad Library located?",
}
