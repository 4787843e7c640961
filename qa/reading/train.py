"""Train the reader: `python -m qa.reading.train DATA`.

The reader starts from the bundled encoder and learns from pairs of a question and a passage; with `--teacher`, also from a
larger encoder, which is trained first. With `--weights`, it continues from a trained reader. After an interruption, the
same command resumes from the last checkpoint. Exit code 0: success; 1: a known error, reported in one line on standard
error; 2: wrong usage; 130: interrupted with Ctrl-C.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from index import QAError, SourceError, bundled_model_folder, load_encoder, read_tokenizer
from qa.collections import encoder_folder
from qa.reading.data import Prepared, prepare, read_examples
from qa.reading.model import WEIGHTS
from qa.reading.wordnet import WordNet


def run_training(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments, by default those of the process, and return the exit code."""
    options = _parse(arguments)
    try:
        # Imported here, because torch may be missing.
        from qa.reading.training import default_plan, train_reader

        if not options.out.parent.is_dir():
            raise SourceError(f"{options.out.parent}, the folder for the weights, does not exist. Create it first.")
        if options.weights and not options.weights.is_file():
            raise SourceError(f"{options.weights} does not exist. Name a file of trained weights.")
        plan = default_plan(options.minutes, options.seed)
        if options.teacher and plan.device == "cpu":
            hours = (options.minutes + options.teacher_minutes) / 60
            _notify(
                f"warning: without a GPU, a teacher needs {hours:.1f} hours of training in all, and hours more to label "
                "every pair. Omit --teacher to train only the reader."
            )
        start = bundled_model_folder()
        data = prepare_once(options.data, options.work, start, seed=options.seed, wordnet=options.wordnet)
        train_reader(
            data,
            start,
            options.out,
            plan,
            teacher=options.teacher,
            teacher_minutes=options.teacher_minutes,
            checkpoints=options.work,
            weights=options.weights,
        )
    except ModuleNotFoundError as error:
        return _fail(f"training needs {error.name}. Install it: pip install 'qa-verbatim[train]'")
    except (QAError, OSError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("stopped; the same command resumes from the last checkpoint", code=130)
    return 0


def prepare_once(folder: Path, work: Path, model: Path, *, seed: int, wordnet: Path | None = None) -> Prepared:
    """Prepare the data of a folder for the tokens of a model, or load it from `work` if it was prepared before.

    `wordnet` is the folder of a WordNet database, for synonyms and opposites.

    Raises:
        SourceError: The data or the database cannot be read.
    """
    from qa.reading.batches import make_negatives

    kept = work / "prepared.npz"
    if kept.exists():
        _notify(f"using the data prepared in {kept}; delete {work} when the data has changed")
        return Prepared.load(kept)
    words = WordNet(wordnet) if wordnet else None
    opposites, synonyms = (words.opposites, words.synonyms) if words else (None, None)
    examples = read_examples(folder)
    encoder = load_encoder(cache_folder=encoder_folder())
    examples += make_negatives(examples, encoder, seed=seed, opposites=opposites)
    tokenizer = read_tokenizer(model)
    tokenizer.no_truncation()
    prepared = prepare(examples, tokenizer, seed=seed, synonyms=synonyms)
    work.mkdir(parents=True, exist_ok=True)
    prepared.save(kept)
    return prepared


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m qa.reading.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of .jsonl or .jsonl.gz files")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the weights")
    parser.add_argument("--work", type=Path, default=Path(".training"), help="folder of checkpoints and prepared data")
    parser.add_argument("--minutes", type=_minutes, default=100.0, help="time for the reader (default: 100)")
    parser.add_argument("--teacher", type=Path, help="folder of a larger BERT or MPNet encoder to learn from")
    parser.add_argument("--teacher-minutes", type=_minutes, default=300.0, help="time for the teacher (default: 300)")
    parser.add_argument(
        "--weights", type=Path, help="a trained reader to continue from; the result is averaged with it"
    )
    parser.add_argument("--wordnet", type=Path, help="folder of a WordNet 3.0 database, for questions in other words")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices (default: 0)")
    return parser.parse_args(arguments)


def _minutes(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _notify(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(message: str, *, code: int = 1) -> int:
    _notify(f"error: {' '.join(message.split())}")
    return code


if __name__ == "__main__":
    sys.exit(run_training())
