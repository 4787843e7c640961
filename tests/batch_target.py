"""What is killed in `qa/test_kill.py`: a batch, in a process that is forked with all it needs."""

from toy_assistant import ToyAssistant

from qa.batch import answer_batch


def answer_questions(folder, questions, answers, tell):
    """Say that work begins; then each notice, and the number of rows done after each row."""
    assistant = ToyAssistant(folder)
    tell.send(None)
    answer_batch(
        assistant,
        questions,
        answers,
        on_progress=lambda done, _: tell.send(done),
        on_notice=lambda line: tell.send(line),
    )
