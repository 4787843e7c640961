"""What is said on standard error while a command is at work: progress, and lines of news."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qa.terminal import visible_line


@contextmanager
def show_progress(unit: str) -> Iterator[Callable[..., None]]:
    """Show a progress bar on standard error where that is a terminal; yields what is to be told of each step."""
    from tqdm import tqdm

    line = "{desc}: {n_fmt}/{total_fmt} {bar} {elapsed}<{remaining} {postfix}"
    with tqdm(desc=unit, bar_format=line, file=sys.stderr, disable=None, leave=False) as bar:

        def show(done: int, total: int, name: str = "") -> None:
            bar.total = total
            bar.set_postfix_str(visible_line(name), refresh=False)
            bar.update(done - bar.n)

        yield show


def notify(line: str) -> None:
    """Say one line on standard error, above a progress bar where there is one."""
    from tqdm import tqdm

    tqdm.write(visible_line(line), file=sys.stderr)
