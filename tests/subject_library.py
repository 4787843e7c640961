"""Eight small documents on subjects that share no word, for tests that fit and measure."""

SUBJECTS = ("harbour", "volcano", "orchestra", "glacier", "parliament", "microscope", "lighthouse", "vineyard")


def write_subjects(folder):
    """Write a document of five paragraphs on each subject into a new folder; returns the folder."""
    folder.mkdir()
    for number, subject in enumerate(SUBJECTS):
        sentences = [
            f"The {subject} of town{number} keeps {subject}thing{count} beside old{subject} wall{count} near gate{number}."
            for count in range(5)
        ]
        (folder / f"{subject}.txt").write_text("\n\n".join(sentences), encoding="utf-8")
    return folder
