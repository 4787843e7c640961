"""Make training examples from documentation and tables, by rules: `python -m qa.reading.documents DOCUMENTS DATA`.

The sets of questions that people wrote are about articles. People also ask manuals how something is done, what an option
does, or for a value of a table. Each subfolder of DOCUMENTS is one collection, of whose other passages some serve as
negatives; DATA gets a file of examples for each kind (`qa/reading/data.py` lists the fields):

- howto: "To restore a dump, run pg_restore." answers "How do I restore a dump?"
- faq: headings that are questions or name a task, with the passage below them
- option: "--all  show hidden entries" answers "What does --all do?" and "Which option is used to show hidden entries?"
- row: values of the rows of tables, asked for by the names of rows and columns; also of made-up tables
- yesno: statements turned into questions

Files named `no_` and a kind have questions of that kind with passages that do not answer them. Exit code 0: success; 1: a
known error, reported in one line on standard error; 2: wrong usage.
"""

import argparse
import gzip
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import QAError, SourceError, is_read, read_document, split_sentences
from qa.reading.data import Example, answering_sentences, unanswered, with_some, without
from qa.reading.tables import ask_rows, make_table
from qa.reading.twins import change_words

_SHORTEST = 60  # characters of a passage
_NEGATIVES = 2  # passages of the same collection per question
_CONSIDERED = 14
_ALIKE = 0.62  # cosine of TF-IDF vectors from which a passage may answer as well
_MADE_TABLES = 700
_HOW = (
    "How do I {}?", "How do I {}?", "How can I {}?", "How to {}?", "how to {}", "How does one {}?", "How do you {}?",
    "What should I do to {}?", "What is the way to {}?", "How would I {}?",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A passage of a document.

    Attributes:
        document: Its document, as a path in the folder.
        heading: Its headings, joined by " > "; may be empty.
        text: Its text.
        is_row: Whether it is a row of a table.
    """

    document: str
    heading: str
    text: str
    is_row: bool


def run_documents(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments, by default those of the process, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m qa.reading.documents", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("documents", type=Path, help="folder with a subfolder of documents for each subject")
    parser.add_argument("data", type=Path, help="folder for the examples")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices (default: 0)")
    options = parser.parse_args(arguments)
    try:
        collections = read_collections(options.documents)
        rng = random.Random(options.seed)
        found: dict[str, list[Example]] = defaultdict(list)
        for example in make_examples(collections, rng):
            found[example.source].append(example)
        options.data.mkdir(parents=True, exist_ok=True)
        for kind, examples in sorted(found.items()):
            _write(examples, options.data / f"{kind}.jsonl.gz")
            print(f"{kind}: {len(examples)}")
    except (QAError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def read_collections(folder: Path) -> list[list[Text]]:
    """Read the documents of each subfolder, without passages that occurred before; files that cannot be read are named.

    Raises:
        SourceError: There are no documents.
    """
    seen: set[str] = set()
    collections = []
    for subfolder in sorted(path for path in folder.glob("*") if path.is_dir()):
        texts = []
        for path in sorted(path for path in subfolder.rglob("*") if path.is_file() and is_read(path.name)):
            name = path.relative_to(folder).as_posix()
            try:
                document = read_document(path, name=name)
            except SourceError as error:
                print(f"skipped: {error}", file=sys.stderr)
                continue
            for locator in document.locators:
                text = document.text[locator.start : locator.end]
                if len(text) < _SHORTEST or text in seen:
                    continue
                seen.add(text)
                texts.append(Text(name, locator.place.heading or "", text, locator.place.row is not None))
        collections.append(texts)
    if not any(collections):
        raise SourceError(f"{folder} has no subfolder with documents. Put the documents of each subject into one.")
    return collections


def make_examples(collections: Sequence[Sequence[Text]], rng: random.Random) -> Iterator[Example]:
    """Yield the examples of each kind from collections of passages, and those of made-up tables."""
    words = Counter(
        word for texts in collections for each in texts for word in re.findall(r"[a-z]+", each.text.lower())
    )
    for texts in collections:
        prose = [each for each in texts if not each.is_row]
        yield from _statements(prose, rng)
        yield from _instructions(prose, words, rng)
        yield from _tasks(prose, words, rng)
        yield from _options(prose, words, rng)
        tables: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in texts:
            if each.is_row:
                tables[each.document, each.heading].append(each.text)
        for (document, heading), rows in tables.items():
            yield from ask_rows(rows, heading or Path(document).stem, rng)
    for _ in range(_MADE_TABLES):
        title, rows = make_table(rng)
        yield from ask_rows(rows, title, rng)


def _write(examples: Sequence[Example], path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for each in examples:
            marked = [{"text": each.passage[each.start : each.end], "start": each.start}] if each.start >= 0 else []
            record = {"question": each.question, "passage": each.passage, "answers": marked}
            print(json.dumps({**record, "answerable": each.answerable, "title": each.heading}), file=file)


# Statements: a subject of up to six words, a verb, and up to 14 more words.
_STATEMENT = re.compile(
    r"^((?=[A-Z])(?:[\w'\u2019()-]+ ){1,6}?)(is|are|was|were|can|must|should|may|will|could|has been|have been) "
    r"(?!that |also |however )((?:[\w'\u2019$%/-]+ ){2,13}[\w'\u2019$%/-]+)(?=[,.;:]|$)"
)
_NO_SUBJECT = re.compile(
    r"(?:It|This|These|There|They|He|She|That|Which|What|When|If|While|As|In|On|At|For|But|And|Also|However|You|We|I)\b"
    r"|.*\b(?:who|which|that|when|is|are|was|were|has|had|have)\b"
)
_CUT_OFF = re.compile(r".*\b(?:and|or|but|the|a|of|to|in|by|with|for|that|which)$")
_LOWERED = re.compile(r"(?:The|A|An|His|Her|Its|Their|Some|Many|Most|Both|All|Each)\b")
_ADVERB = re.compile(r"^(?:often|usually|now|then|still|generally|typically) ")


def as_question(sentence: str) -> str:
    """Turn a plain statement into a question for yes or no; "" if it is no plain one."""
    match = _STATEMENT.match(sentence)
    if not match:
        return ""
    subject, (verb, *more), rest = match[1].strip(), match[2].split(), match[3]
    if _NO_SUBJECT.match(subject) or _CUT_OFF.match(rest):
        return ""
    subject = subject[0].lower() + subject[1:] if _LOWERED.match(subject) else subject
    return " ".join([verb.capitalize(), subject, *more, _ADVERB.sub("", rest)]) + "?"


def _statements(texts: Sequence[Text], rng: random.Random) -> Iterator[Example]:
    for each in texts:
        spans = split_sentences(each.text)
        asked = [
            (start, end, question) for start, end in spans if (question := as_question(each.text[start:end].strip()))
        ]
        if not asked:
            continue
        start, end, question = rng.choice(asked)
        example = Example(question, each.heading, each.text, start, end, True, "yesno")
        yield example
        if len(spans) > 2:
            yield unanswered(example, without(each.text, start, end))
        changed = change_words(example, rng)
        if changed:
            yield Example(changed, each.heading, each.text, -1, -1, False, "no_yesno")


_DONE = re.compile(r"(?:To|In order to|If you (?:want|wish|need) to) ([a-z]+ [^,.:;]{4,80}), (.{8,})", re.DOTALL)
_POSSIBLE = re.compile(
    r"(?:You can|You may|One can) ([a-z]+ [^,.:;]{4,70}?) ((?:by [a-z]+ing|with|using|via|through) .{4,})", re.DOTALL
)
_TOOL = re.compile(r"(Use [^,.:;]{3,60}?|.{4,60}? (?:is|are|can be) used) to ([a-z]+ [^.:;]{4,80})[.:]", re.DOTALL)
_NO_TASK = frozenset("be this that begin summarize some do".split())
_POINTING = re.compile(r"\b(?:this|these|it|them|that|those|above|following)\b")


def _instructions(texts: Sequence[Text], words: Counter[str], rng: random.Random) -> Iterator[Example]:
    found: list[Example] = []
    for each in texts:
        for start, end in split_sentences(each.text):
            sentence = each.text[start:end].rstrip()
            if match := _DONE.match(sentence) or _POSSIBLE.match(sentence):
                task, first, last = match[1], match.start(2), len(sentence)
            elif match := _TOOL.match(sentence):
                task, first, last = match[2], 0, match.end(1)
            else:
                continue
            verb = task.split()[0]
            if words[verb] <= 5 or verb in _NO_TASK or _POINTING.search(task):
                continue
            question = rng.choice(_HOW).format(_as_asker(task))
            found.append(Example(question, each.heading, each.text, start + first, start + last, True, "howto"))
    yield from found
    yield from _elsewhere(found, texts)
    for example in found:
        spans = split_sentences(example.passage)
        inside = answering_sentences(spans, example)
        if len(spans) > 2:
            rest = without(example.passage, inside[0][0], inside[-1][1])
            yield unanswered(example, rest, heading="")


_TASK = re.compile(r"([A-Z][a-z]+ing) ([^>]{4,60})")
_HOW_TO = re.compile(r"How to ([^>]{6,70})")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*[.:]?\s+")


def _tasks(texts: Sequence[Text], words: Counter[str], rng: random.Random) -> Iterator[Example]:
    found: list[Example] = []
    below: dict[tuple[str, str], Text] = {}
    for each in texts:
        below.setdefault((each.document, each.heading), each)
    for each in below.values():
        title = _NUMBERED.sub("", each.heading.rpartition(" > ")[2].strip(), count=1)
        if title.endswith("?") and len(title.split()) > 3:
            question = title
        elif match := _HOW_TO.fullmatch(title):
            question = rng.choice(_HOW).format(match[1])
        elif (match := _TASK.fullmatch(title)) and (verb := infinitive(match[1].lower(), words)):
            question = rng.choice(_HOW).format(f"{verb} {match[2]}")
        else:
            continue
        found.append(Example(question, each.heading, each.text, -1, -1, True, "faq"))
    yield from found
    yield from _elsewhere(found, texts)


def infinitive(gerund: str, words: Counter[str]) -> str:
    """Return the most frequent word that a form with "ing" may come from: "creating" from "create"; "" without one."""
    stem = gerund.removesuffix("ing")
    forms = [stem, f"{stem}e", *([stem[:-1]] if stem[-2:-1] == stem[-1:] else [])]
    best = max(forms, key=lambda form: words[form])
    return best if words[best] > 2 else ""


def _elsewhere(examples: Sequence[Example], texts: Sequence[Text]) -> Iterator[Example]:
    """Yield questions with the nearest other passages, but not with the nearly equal, nor those with all words asked for."""
    # scikit-learn comes with sentence-transformers.
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not examples:
        return
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", token_pattern=r"(?u)[\w-]{2,}")
    rows = words.fit_transform([f"{each.heading} {each.text}" for each in texts])
    asked = words.transform([example.question for example in examples])
    for number, example in enumerate(examples):
        scores = (rows @ asked[number].T).toarray()[:, 0]
        starts = {word[:5] for word in re.findall(r"[a-z]{4,}", example.question.lower())}
        wanted = _NEGATIVES
        for place in np.argsort(-scores, kind="stable")[:_CONSIDERED].tolist():
            other = texts[place]
            said = sum(start in other.text.lower() for start in starts)
            if other.text == example.passage or scores[place] > _ALIKE or said >= max(2, len(starts)):
                continue
            yield unanswered(example, other.text, heading=other.heading)
            wanted -= 1
            if not wanted:
                break


_OPTION = re.compile(r"((?:-{1,2}[\w?#-]+[^\n]*\n)+)  (.+)", re.DOTALL)
_OPTION_NAME = re.compile(r"(?<![\w-])-{1,2}[\w?#-]+")
_FIRST_SENTENCE = re.compile(r"[^.\n]+")
_NO_COMMAND = re.compile(
    r"(?:The|A|An|This|These|If|When|In|For|With|By|Same|As|On|It|All|Number|Name|Path|File|Only|No|Not)\b"
)
_IN_BRACKETS = re.compile(r"\s*\([^)]*\)")
_MEANING = (
    "What does {} do?", "What does the option {} do?", "what is {} for", "What is the meaning of {}?", "{} option",
    "Explain {}", "What happens with {}?", "what does the {} flag do",
)  # fmt: skip
_WHICH = (
    "Which option is used to {}?", "Which option should I use to {}?", "option to {}", "How do I {}?",
    "Which flag do I need to {}?", "What option lets me {}?", "How can I {}?",
)  # fmt: skip
_LONGEST_DESCRIPTION = 18  # words
_NEAR = 4  # options in the same list


def _options(texts: Sequence[Text], words: Counter[str], rng: random.Random) -> Iterator[Example]:
    listed: dict[str, list[tuple[Text, str, int]]] = defaultdict(list)
    for each in texts:
        match = _OPTION.match(each.text)
        if match and (names := _OPTION_NAME.findall(match[1])):
            listed[each.document].append((each, names[-1], match.start(2)))
    for entries in listed.values():
        for place, (each, name, begin) in enumerate(entries):
            described = _FIRST_SENTENCE.match(each.text, begin)
            if not described or len(entries) < 3:
                continue
            passage, heading, offset = each.text, each.heading, 0
            if rng.random() < 0.5:  # in a list with its neighbours
                first, last = max(0, place - rng.randrange(_NEAR)), place + rng.randrange(1, _NEAR)
                before = [entry.text for entry, _, _ in entries[first:place]]
                passage = "\n".join([*before, *(entry.text for entry, _, _ in entries[place : last + 1])])
                offset, heading = sum(len(text) + 1 for text in before), each.heading.rpartition(" > ")[0]
            others = [entry.text for at, (entry, _, _) in enumerate(entries) if abs(at - place) > _NEAR]
            span = (offset + described.start(), offset + described.end())
            example = Example(rng.choice(_MEANING).format(name), heading, passage, *span, True, "option")
            yield from with_some(example, others, 1, rng)
            said = _IN_BRACKETS.sub("", described[0]).strip()
            if (
                len(said.split()) >= _LONGEST_DESCRIPTION
                or _NO_COMMAND.match(said)
                or words[said.split()[0].lower()] <= 20
            ):
                continue
            question = rng.choice(_WHICH).format(said[0].lower() + said[1:])
            start = passage.index(name, offset)
            example = Example(question, heading, passage, start, start + len(name), True, "option")
            yield from with_some(example, others, 2, rng)


def _as_asker(task: str) -> str:
    return re.sub(r"\byour\b", "my", re.sub(r"\byou\b", "I", task.strip()))


if __name__ == "__main__":
    sys.exit(run_documents())
