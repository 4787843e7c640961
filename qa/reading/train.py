"""Train the reader: `python -m qa.reading.train DATA`.

The reader starts from the bundled encoder and learns from pairs of a question and a passage; with `--teacher`, from a
larger encoder too, which is trained first. Stopped, the same command goes on from the last checkpoint. Exit code 0:
done; 1: a known error, in one line on standard error; 2: wrong usage; 130: interrupted with Ctrl-C.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from index import QAError, SourceError, bundled_model_folder, load_encoder, read_tokenizer
from qa.collections import encoder_folder
from qa.reading.batches import make_negatives
from qa.reading.data import Prepared, prepare, read_examples
from qa.reading.model import WEIGHTS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What stands behind the command; taken from there when omitted.

    Returns:
        The exit code.
    """
    options = _parse(arguments)
    try:
        from qa.reading.training import default_plan, run

        if not options.out.parent.is_dir():
            raise SourceError(f"{options.out.parent}, where the weights should go, is no folder. Make it first.")
        plan = default_plan(options.minutes, options.seed)
        if options.teacher and plan.device == "cpu":
            hours = (options.minutes + options.teacher_minutes) / 60
            _tell(
                f"warning: without a GPU a teacher takes {hours:.1f} hours of training in all, and hours more to judge "
                "every pair. Leave --teacher out to train the reader alone."
            )
        start = bundled_model_folder()
        data = prepare_once(options.data, options.work, start, seed=options.seed)
        run(
            data,
            start,
            options.out,
            plan,
            teacher=options.teacher,
            teacher_minutes=options.teacher_minutes,
            checkpoints=options.work,
        )
    except ModuleNotFoundError as error:
        return _fail(f"training needs {error.name}. Install it: pip install 'qa-verbatim[train]'")
    except (QAError, OSError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("stopped; the same command goes on from the last checkpoint", code=130)
    return 0


def prepare_once(folder: Path, work: Path, model: Path, *, seed: int) -> Prepared:
    """Prepare the data of a folder, or load what was prepared before.

    Args:
        folder: Holds the data files.
        work: Where the prepared data is kept; made when missing.
        model: Folder of the encoder whose tokens the reader takes.
        seed: Of everything drawn.

    Raises:
        SourceError: The data cannot be read.
    """
    kept = work / "prepared.npz"
    if kept.exists():
        _tell(f"using the data prepared in {kept}; delete {work} when the data has changed")
        return Prepared.load(kept)
    examples = read_examples(folder)
    examples += make_negatives(examples, load_encoder(cache_folder=encoder_folder()), seed=seed)
    tokenizer = read_tokenizer(model)
    tokenizer.no_truncation()
    prepared = prepare(examples, tokenizer, seed=seed)
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
    parser.add_argument("--seed", type=int, default=0, help="of everything drawn (default: 0)")
    return parser.parse_args(arguments)


def _minutes(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(message: str, *, code: int = 1) -> int:
    _tell(f"error: {' '.join(message.split())}")
    return code


if __name__ == "__main__":
    sys.exit(main())
