"""The documents of small collections that several tests make."""

APPLES = "An apple fell. A pear stayed.\n\nThe plum is ripe."
FIGS = "A fig. A plum."
ORCHARD = "\n\n".join(f"A {'plum ' * (n % 7)}and {'fig ' * (n % 5)}of tree {n}." for n in range(40))  # for many vectors


def write_documents(folder, **texts):
    """Make a folder of text files, each named by its key, or add them to it; returns it."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder
