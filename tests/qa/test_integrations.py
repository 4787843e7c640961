"""Retrievers for other frameworks, each in a pipeline of the real library, with the network refused."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["blocking"]
ROOT = Path(__file__).parents[2]
QUESTIONS = ("Can Israel beat Iran in four days?", "Who is mediating?")
PACKAGES = {"langchain": "langchain-core", "llama_index": "llama-index-core", "haystack": "haystack-ai"}
# What follows the example of the documentation: the documents found for each question, as JSON.
MORE = {
    "langchain": """
    from langchain_core.runnables import RunnablePassthrough
    chain = {"question": RunnablePassthrough(), "documents": QARetriever(assistant=assistant, k=2)} | RunnablePassthrough()
    for told in [*chain.batch(QUESTIONS), asyncio.run(chain.ainvoke(QUESTIONS[0]))]:
        show([(each.id, each.page_content, each.metadata, each.metadata["score"]) for each in told["documents"]])
""",
    "llama_index": """
    retriever = QARetriever(assistant, k=2)
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM())
    found = [engine.query(question).source_nodes for question in QUESTIONS]
    for nodes in [*found, asyncio.run(retriever.aretrieve(QUESTIONS[0]))]:
        show([(each.node_id, each.text, each.metadata, each.score) for each in nodes])
        assert [(each.node.start_char_idx, each.node.end_char_idx) for each in nodes] == [
            (each.metadata["start"], each.metadata["end"]) for each in nodes
        ]
    from llama_index.core.schema import MetadataMode
    read = nodes[0].node.get_content(MetadataMode.LLM)
    assert read == f"locator: paragraph 2\\nsource: 000_5ac88f397c9b21b0.txt\\n\\n{nodes[0].text}", read
""",
    "haystack": """
    from haystack.components.joiners import DocumentJoiner
    pipeline = Pipeline()
    pipeline.add_component("retriever", QARetriever(assistant))
    pipeline.add_component("joiner", DocumentJoiner())
    pipeline.connect("retriever.documents", "joiner.documents")
    for question in [*QUESTIONS, QUESTIONS[0]]:
        documents = pipeline.run({"retriever": {"query": question, "k": 2}})["joiner"]["documents"]
        show([(each.id, each.content, each.meta, each.score) for each in documents])
""",
}
FRAME = """
import asyncio, json
QUESTIONS = {questions!r}
def show(found):
    print(json.dumps(found))
with Assistant.open({seeds!r}) as assistant:{more}
"""


def example(name):
    """The example of the documentation for a framework."""
    page = (ROOT / "qa" / "docs" / "programs.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"```python\n((?:(?!```).)*qa\.integrations\.{name} .*?)```", page, re.DOTALL)
    return found


@pytest.mark.parametrize("name", PACKAGES)
def test_pipelines_find_what_python_finds_and_contact_nothing(name, assistant, blocked, tmp_path):
    """The example prints the quoted passage; in order, the documents are the hits of `find`: slices with their places."""
    environment, contacted = blocked
    environment["HOME"] = str(tmp_path)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    program = example(name) + FRAME.format(questions=QUESTIONS, seeds=str(ROOT / "seeds"), more=MORE[name])
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    *shown, first, second, again = ran.stdout.splitlines()
    assert assistant.ask(QUESTIONS[0]).citations[0].quote in "\n".join(shown)
    (info,) = assistant.documents()
    text = assistant.document(info.path).text
    expected = []
    for question in QUESTIONS:
        hits = assistant.find(question, k=2).search.hits
        expected.append(
            [
                [
                    f"{info.text_sha256}-{hit.passage.start}-{hit.passage.end}",
                    text[hit.passage.start : hit.passage.end],
                    {
                        "source": info.source, "locator": f"paragraph {hit.passage.paragraph}",
                        "paragraph": hit.passage.paragraph, "page": None, "heading": None, "row": None, "sheet": None,
                        "slide": None, "date": None, "time": None, "start": hit.passage.start,
                        "end": hit.passage.end, "text_sha256": info.text_sha256, "score": hit.score.fused,
                    },
                    hit.score.fused,
                ]
                for hit in hits
            ]
        )  # fmt: skip
    assert [json.loads(line) for line in (first, second, again)] == [*expected, expected[0]]
    assert contacted.read_text() == ""


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_missing_package_is_named_with_its_install_command(name, package, monkeypatch):
    """Importing a retriever without its framework says what to install."""
    for module in ("langchain_core", "llama_index", "haystack"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"qa.integrations.{name}", raising=False)
    monkeypatch.setenv("HAYSTACK_TELEMETRY_ENABLED", "False")
    extra = name.replace("_", "-")
    with pytest.raises(ImportError, match=rf"^this needs the package {package}. Install it: pip install .*\[{extra}\]"):
        __import__(f"qa.integrations.{name}")
