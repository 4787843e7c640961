"""Other libraries beside ours, for `qa bench --peers`: the same passages and weights, without a network."""

from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from index import Collection
from qa.assistant import Assistant
from qa.bench import measure
from qa.bench.corpus import Corpus
from qa.bench.measure import BenchmarkError, Floats, Measured, Task, load_plain, memory, spread, timed

PACKAGES = ("chromadb", "langchain_community", "langchain_core", "txtai")
SILENCED = {"ANONYMIZED_TELEMETRY": "False", "ORT_DISABLE_TELEMETRY": "1", "LANGSMITH_TRACING": "false"}
_BATCH = 1_000  # passages handed to Chroma at once, which refuses more than some thousands
Find = Callable[[str], Any]


def check_peers() -> None:
    """Raise BenchmarkError if a package is missing."""
    if missing := ", ".join(name for name in PACKAGES if find_spec(name) is None):
        raise BenchmarkError(f"--peers needs {missing}. Install them: pip install 'qa-verbatim[peers]'")


def measure_ours(task: Task) -> Measured:
    """Index the documents, and find passages without reading them, as the peers do."""
    encoder = task.load_encoder()
    with closing(Collection(f"{task.place}/ours", encoder)) as collection:

        def build(texts: Sequence[str], folder: str) -> Find:
            report = collection.update([f"{task.place}/documents"])
            assistant = Assistant(collection, "benchmark", report, reader=None)
            return lambda question: assistant.find(question, k=measure.NEAREST, read=False)

        return _measure(task, "ours", build, encoder.encode_passages)


def measure_chroma(task: Task) -> Measured:
    """Do the same with Chroma."""
    import chromadb

    encode = load_plain()

    def build(texts: Sequence[str], folder: str) -> Find:
        client = chromadb.PersistentClient(folder, chromadb.Settings(anonymized_telemetry=False))
        table = client.create_collection("passages", metadata={"hnsw:space": "cosine"}, embedding_function=None)
        for first in range(0, len(texts), _BATCH):
            part = list(texts[first : first + _BATCH])
            ids = [str(number) for number in range(first, first + len(part))]
            table.add(ids=ids, documents=part, embeddings=encode(part))
        return lambda question: table.query(query_embeddings=encode([question]), n_results=measure.NEAREST)

    return _measure(task, "chroma", build, encode)


def measure_langchain(task: Task) -> Measured:
    """Do the same with LangChain and its FAISS store."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import Embeddings

    encode = load_plain()

    class Plain(Embeddings):  # type: ignore[misc, unused-ignore]
        def embed_documents(self, texts: list[str]) -> Any:
            return encode(texts).tolist()

        def embed_query(self, text: str) -> Any:
            return encode([text])[0].tolist()

    def build(texts: Sequence[str], folder: str) -> Find:
        store = FAISS.from_texts(list(texts), Plain())
        store.save_local(folder)
        return lambda question: store.similarity_search_with_score(question, k=measure.NEAREST)

    return _measure(task, "langchain", build, encode)


def measure_txtai(task: Task) -> Measured:
    """Do the same with txtai, which keeps the texts."""
    from txtai import Embeddings

    encode = load_plain()

    def build(texts: Sequence[str], folder: str) -> Find:
        index = Embeddings(method="external", transform=encode, content=True)
        index.index(list(texts))
        index.save(folder)
        return lambda question: index.search(question, measure.NEAREST)

    return _measure(task, "txtai", build, encode)


PEERS = (measure_ours, measure_chroma, measure_langchain, measure_txtai)


def _measure(
    task: Task, name: str, build: Callable[[Sequence[str], str], Find], encode: Callable[[list[str]], Floats]
) -> Measured:
    """Time a build and questions asked one after the other; all of them load their model before."""
    corpus, folder = Corpus(task.sentences), Path(task.place, name)
    texts = [corpus.passage(number) for number in range(task.size)]
    encode(texts[:32])
    before = memory("VmRSS")
    seconds, find = timed(build, texts, str(folder))
    questions = corpus.questions(task.size, measure.ASKED + measure.WARM_UP)
    asked = [timed(find, question)[0] for question in questions][measure.WARM_UP :]
    disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    figures = {"library": name, "passages": task.size, "build_seconds": seconds, "find": spread(asked)}
    used = {"resident_bytes": memory("VmRSS", above=before), "peak_bytes": memory("VmHWM", above=before)}
    return {**figures, "disk_a_passage": disk / task.size, **used}
