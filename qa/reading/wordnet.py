"""Find synonyms and opposites of English words in a WordNet 3.0 database, for questions in other words.

Only words with one dominant sense are replaced, and only by words that mostly have that sense: the counts that come with
WordNet, of senses in texts marked by hand, tell.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from index import SourceError

_FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_TYPES = {"n": 1, "v": 2, "a": 3, "r": 4, "s": 5}  # numbers of the parts of speech in keys of senses
_LEAST = 2  # occurrences of a sense
_DOMINANT = 0.55  # share of a word's occurrences that its sense has
_USUAL = 0.34  # the same for its replacement
_SAME_START = 4  # letters that two words begin with if they are probably forms of one
# Endings of regular forms, what the base form has instead, and the kind of form.
_ENDINGS = {
    "n": (("ies", "y", "s"), ("ses", "s", "s"), ("xes", "x", "s"), ("ches", "ch", "s"), ("shes", "sh", "s"), ("s", "", "s")),
    "v": (
        ("ies", "y", "s"), ("es", "e", "s"), ("es", "", "s"), ("s", "", "s"), ("ied", "y", "ed"), ("ed", "e", "ed"),
        ("ed", "", "ed"), ("ing", "e", "ing"), ("ing", "", "ing"),
    ),
}  # fmt: skip


@dataclass(slots=True)
class _Sense:
    """A meaning: its words, with their occurrences, and the words of opposite meaning."""

    part: str
    words: list[tuple[str, int]]
    opposed: list[tuple[str, str, int]]  # part of speech, offset and place of each word of opposite meaning
    opposites: list[tuple[str, int]] = field(default_factory=list)


class WordNet:
    """A WordNet database."""

    def __init__(self, folder: Path) -> None:
        """Read a folder with data.noun, data.verb, data.adj, data.adv, cntlist.rev, noun.exc and verb.exc.

        Raises:
            SourceError: A file is missing or is not one of WordNet.
        """
        try:
            counts = dict(_read_counts(folder / "cntlist.rev"))
            senses = {
                (part, offset): sense
                for part, name in _FILES.items()
                for offset, sense in _read_senses(folder / f"data.{name}", part, counts)
            }
            self._irregular_bases = {part: _read_forms(folder / f"{_FILES[part]}.exc") for part in _ENDINGS}
            for sense in senses.values():
                sense.opposites = [senses[part, offset].words[place - 1] for part, offset, place in sense.opposed]
            if not senses:
                raise ValueError("it is empty")
        except (OSError, ValueError, LookupError) as error:
            raise SourceError(
                f"{folder} has no WordNet 3.0 database ({error!r}). Name the folder of data.noun."
            ) from error
        self._irregular: dict[str, dict[str, list[str]]] = {}  # the forms of each base form, by part of speech
        for part, read in self._irregular_bases.items():
            forms: dict[str, list[str]] = defaultdict(list)
            for form, bases in read.items():
                for base in bases:
                    forms[base].append(form)
            self._irregular[part] = dict(forms)
        self._senses: dict[str, list[_Sense]] = defaultdict(list)
        for sense in senses.values():
            for word, _ in sense.words:
                self._senses[word.lower()].append(sense)
        self._found: dict[str, tuple[str, str, _Sense] | None] = {}

    def synonyms(self, word: str) -> tuple[str, ...]:
        """Return words, sorted, that mean the same as one in lower case, in the same form ("films": "movies")."""
        found = self._dominant(word)
        if not found:
            return ()
        base, form, sense = found
        same = [other for other, count in sense.words if count >= _LEAST and self._is_usual(other, sense)]
        return self._inflected(word, base, form, sense, same)

    def opposites(self, word: str) -> tuple[str, ...]:
        """Return words, sorted, of the opposite meaning, in the same form ("starts": "ends")."""
        found = self._dominant(word)
        if not found:
            return ()
        base, form, sense = found
        return self._inflected(word, base, form, sense, [other for other, count in sense.opposites if count >= _LEAST])

    def _dominant(self, word: str) -> tuple[str, str, _Sense] | None:
        """Return the base form of a word, the kind of form, and its dominant sense; None without one."""
        if word not in self._found:
            counted = [
                (count, base, form, sense)
                for part in _FILES
                for base, form in dict.fromkeys(self._bases(word, part))
                for sense in self._senses.get(base, ())
                if sense.part == part and (count := _occurrences(sense, base))
            ]
            best = max(counted, key=lambda each: each[0], default=None)
            total = sum(count for count, *_ in counted)
            self._found[word] = best[1:] if best and best[0] >= max(_LEAST, _DOMINANT * total) else None
        return self._found[word]

    def _bases(self, word: str, part: str) -> Iterator[tuple[str, str]]:
        """Yield the base forms that a word may come from, with the kind of form ("" for the base form itself)."""
        yield word, ""
        for ending, instead, form in _ENDINGS.get(part, ()):
            base = word.removesuffix(ending) + instead
            if word.endswith(ending) and len(base) > 2 and self._form(base, part, form) == word:
                yield base, form
        if part in _ENDINGS:
            form = "s" if part == "n" else next((ending for ending in ("ing", "ed") if word.endswith(ending)), "")
            yield from ((base, form) for base in self._irregular_bases[part].get(word, ()) if form)

    def _is_usual(self, word: str, sense: _Sense) -> bool:
        """Return whether a word often has this sense."""
        return _occurrences(sense, word) >= _USUAL * sum(
            _occurrences(each, word) for each in self._senses[word.lower()]
        )

    def _inflected(self, word: str, base: str, form: str, sense: _Sense, others: list[str]) -> tuple[str, ...]:
        plain = [other for other in others if other.isalpha() and other.islower() and len(other) > 2]
        new = {self._form(other, sense.part, form) for other in plain if other[:_SAME_START] != base[:_SAME_START]}
        return tuple(sorted(new - {"", word}))

    def _form(self, base: str, part: str, form: str) -> str:
        """Return a form of a word; "" if it is irregular and its kind is not known."""
        if not form:
            return base
        irregular = self._irregular[part].get(base, ())
        if irregular and part == "n":
            return irregular[0]
        known = next((each for each in irregular if each.endswith(form)), "")
        if known or (irregular and form == "ed"):
            return known
        if form == "s":
            ending = "es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s"
            return f"{base[:-1]}ies" if _ends_in_y(base) else base + ending
        if form == "ed":
            return f"{base[:-1]}ied" if _ends_in_y(base) else base + ("d" if base.endswith("e") else "ed")
        return (base[:-1] if base.endswith("e") and not base.endswith(("ee", "ye", "oe")) else base) + "ing"


def _ends_in_y(word: str) -> bool:
    return word.endswith("y") and word[-2:-1] not in "aeiou"


def _occurrences(sense: _Sense, word: str) -> int:
    return sum(count for other, count in sense.words if other.lower() == word.lower())


def _read_counts(path: Path) -> Iterator[tuple[tuple[str, int, int, int], int]]:
    """Yield the occurrences of each sense: word, part of speech, file and number, and the count."""
    for line in path.read_text(encoding="latin-1").splitlines():
        key, _, count = line.split()
        word, _, rest = key.partition("%")
        part, file, number = rest.split(":")[:3]
        yield (word, int(part), int(file), int(number)), int(count)


def _read_senses(path: Path, part: str, counts: dict[tuple[str, int, int, int], int]) -> Iterator[tuple[str, _Sense]]:
    """Yield the offset of each sense of a data file, and the sense; see wndb(5) for the format."""
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):  # the licence
            continue
        offset, file, kind, many, *rest = line.partition(" | ")[0].split()
        size = 2 * int(many, 16)
        words = []
        for name, number in zip(rest[:size:2], rest[1:size:2], strict=True):
            word = name.partition("(")[0]
            words.append((word, counts.get((word.lower(), _TYPES[kind], int(file), int(number, 16)), 0)))
        pointed = rest[size + 1 : size + 1 + 4 * int(rest[size])]
        opposed = [
            ("a" if other == "s" else other, target, int(places[2:], 16))
            for sign, target, other, places in zip(*(pointed[at::4] for at in range(4)), strict=True)
            if sign == "!"
        ]
        yield offset, _Sense(part, words, opposed)


def _read_forms(path: Path) -> dict[str, list[str]]:
    """Read the base forms of irregular forms."""
    lines = [line.split() for line in path.read_text(encoding="latin-1").splitlines()]
    return {form: bases for form, *bases in lines}
