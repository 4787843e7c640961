"""The example notebook of the documentation runs as it is, and shows what it says."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from page_parts import Reader

NOTEBOOK = Path(__file__).parents[2] / "qa" / "docs" / "example.ipynb"


@pytest.fixture(scope="module")
def shown(tmp_path_factory, seed_home):
    """What each cell of code shows at its end, by how the cell begins, run in an empty folder: its plain text and its HTML."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_HOME", str(seed_home))
        patch.setenv("PYTHONPATH", str(NOTEBOOK.parents[2]))
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):  # else it writes into the home folder
            patch.setenv(name, str(tmp_path_factory.mktemp("kernel")))
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "execute_result":
                found[cell["source"].splitlines()[-1]] = output["data"]
    return found


def test_notebook_is_stored_without_outputs():
    """And without a path or a name of the computer it was written on."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) >= 8 and all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    assert not re.search(r"/(home|root|tmp|Users)\b|\\\\Users", NOTEBOOK.read_text(encoding="utf-8"))


def test_notebook_shows_the_answers_of_python(shown, assistant):
    """The quotes of `ask`, as HTML and as a line."""
    answer = assistant.ask("Can Israel beat Iran in four days?")
    assert shown["answer"]["text/plain"] == repr(answer) and shown["answer"]["text/html"] == answer._repr_html_()
    assert shown["citation"]["text/html"] == answer.citations[0]._repr_html_()
    assert "document, " in Reader(shown["assistant"]["text/html"]).text
    follow_up = assistant.conversation(["Who is mediating?"]).ask("Why do they?")
    assert shown['conversation.ask("Why do they?")']["text/html"] == follow_up._repr_html_()


def test_notebook_shows_frames(shown, assistant):
    """A row for each quote, for each question, and for each row of the table."""
    answer = assistant.ask("Can Israel beat Iran in four days?")
    assert shown["answer.to_frame()"]["text/html"].count("<tr>") == len(answer.citations)
    assert shown["frame"]["text/html"].count("<tr>") == 2
    assert "<td>not_in_sources</td>" in shown["frame"]["text/html"]
    answered = shown['pandas.read_parquet("answers.parquet")']["text/html"]
    assert "<th>id</th>\n      <th>question</th>\n      <th>answer</th>" in answered and "<td>7</td>" in answered
