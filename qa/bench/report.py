"""Put a benchmark into words: what was measured on what, and one table a subject."""

from collections.abc import Callable, Sequence

from qa.bench.figures import Benchmark, BuildFigures, EncodingFigures, LoadFigures, SizeFigures, Spread, StartupFigures

NOT_KNOWN = "-"
GAP = 3  # spaces between columns

Row = tuple[str, list[str]]  # a label and its cells


def describe_benchmark(benchmark: Benchmark) -> str:
    """All figures as lines of text, without a line end after the last."""
    parts = [
        benchmark.machine,
        f"Passages made of {benchmark.texts}.",
        "A figure is a median; in brackets the least and the greatest measured.",
        "",
        *_describe_encoding(benchmark.encoding),
        "",
        *_describe_sizes(benchmark.sizes, benchmark.encoding.plain.median),
        "",
        *_describe_startup(benchmark.startup),
    ]
    return "\n".join(parts)


def describe_load(figures: LoadFigures) -> list[str]:
    """What came of people asking at once, as lines."""
    wait, failed = figures.wait, sum(figures.errors.values())
    start, _, end = figures.memory
    grown = NOT_KNOWN if start is None or end is None else f"{(end - start) / 1e6:+,.1f}"
    rows = [
        ("questions answered", [f"{figures.answered:,}"]),
        ("refused, too many waiting", [f"{figures.refused:,}"]),
        ("errors", [f"{failed:,}"]),
        ("questions a second", [f"{figures.rate:,.1f}"]),
        ("seconds to the answer: median", [f"{wait.median:.2f}"]),
        ("  95 %", [f"{wait.p95:.2f}"]),
        ("  longest", [f"{wait.high:.2f}"]),
        ("memory at the start, MB", [_megabytes(start)]),
        ("  in the middle", [_megabytes(figures.memory[1])]),
        ("  at the end", [_megabytes(end)]),
        ("  grown", [grown]),
        ("same answers as alone", [_yes(figures.same)]),
    ]
    return [
        f"{figures.people} people asking for {figures.seconds:.0f} seconds",
        *_table(rows),
        *(f"{count:,} times: {error}" for error, count in figures.errors.items()),
    ]


def plain_build_seconds(figures: SizeFigures, rate: float) -> float:
    """How long the baseline would take to build: passages by its measured rate, and adding its vectors."""
    return figures.search.passages / rate + figures.plain.add_seconds


def _describe_encoding(figures: EncodingFigures) -> list[str]:
    ours, plain = (values.median * figures.flop_a_passage for values in (figures.ours, figures.plain))
    faster = f"{figures.question_plain.median / figures.question_ours.median:.2f}"
    questions = [_range(values, 1e3, digits=1) for values in (figures.question_ours, figures.question_plain)]
    rows = [
        ("", ["ours", "baseline", "ratio"]),
        ("passages a second", [_range(figures.ours), _range(figures.plain), _range(figures.ratio, digits=2)]),
        ("one question, ms", [*questions, faster]),
        (_peak("32", figures.peak_float), [f"{share / figures.peak_float:.0%}" for share in (ours, plain)]),
    ]
    if figures.peak_byte:
        rows.append((_peak("8", figures.peak_byte), [f"{ours / figures.peak_byte:.0%}", NOT_KNOWN]))
    equal = ", ".join(f"{size} {_yes(same)}" for size, same in figures.equal.items())
    return [
        f"Encoding, passages of {figures.tokens:.0f} tokens ({figures.identity})",
        *_table(rows),
        f"Cosine to the baseline's vectors: lowest {figures.lowest_cosine:.4f}, mean {figures.mean_cosine:.4f}.",
        f"A passage takes {figures.flop_a_passage / 1e9:.2f} G operations; peaks by products of matrices "
        f"(32 bits: {figures.peak_float_by}; 8 bits: {'OpenVINO' if figures.peak_byte else 'not measured'}).",
        f"Equal to the last bit to the vector of the text alone, by batch size: {equal}.",
    ]


def _describe_sizes(sizes: Sequence[SizeFigures], rate: float) -> list[str]:
    def each(say: Callable[[SizeFigures], str]) -> list[str]:
        return [say(figures) for figures in sizes]

    def built(say: Callable[[BuildFigures, int], str]) -> list[str]:
        return [say(figures.build, figures.size) if figures.build else "reused" for figures in sizes]

    rows = [
        ("Passages", each(lambda f: f"{f.size:,}{'*' if f.synthetic else ''}")),
        ("vectors", each(lambda f: f"{f.search.vectors:,}")),
        ("build, s", built(lambda build, size: f"{build.seconds:,.1f}")),
        ("  encoding alone, s", built(lambda build, size: f"{build.encoding_seconds:,.1f}")),
        ("  baseline, computed, s", each(lambda f: f"{plain_build_seconds(f, rate):,.1f}")),
        ("  passages a second", built(lambda build, size: f"{size / build.seconds:,.0f}")),
        ("  greatest memory above start, MB", built(lambda build, size: _megabytes(build.peak_bytes))),
        ("size on disk, MB", each(lambda f: _megabytes(f.search.disk_bytes))),
        ("memory when asked, MB", each(lambda f: _megabytes(f.search.resident_bytes))),
        ("  not backed by files, MB", each(lambda f: _megabytes(f.search.anonymous_bytes))),
        ("  baseline, MB", each(lambda f: _megabytes(f.plain.bytes))),
        ("open, s", each(lambda f: f"{f.search.open_seconds:.2f}")),
        ("question, ms (median; 95 %)", each(lambda f: _tail(f.search.ask))),
        ("  baseline", each(lambda f: _tail(f.plain.ask))),
        ("nearest vectors alone, ms", each(lambda f: _tail(f.search.nearest))),
        ("  baseline", each(lambda f: _tail(f.plain.nearest))),
        ("questions a second, in a batch", each(lambda f: f"{f.search.batch_rate:,.1f}")),
        ("recall@10 against exact search", each(lambda f: f"{f.search.recall:.4f}")),
        ("add a small file, ms", each(lambda f: _range(f.search.add, 1e3))),
        ("remove it, ms", each(lambda f: _range(f.search.remove, 1e3))),
        ("same answers in a batch", each(lambda f: _yes(f.search.same_in_batch))),
        ("same answers in another process", each(lambda f: _yes(f.search.same_again))),
    ]
    searched = each(lambda f: f"{'all' if f.plain.all_vectors else 'one a passage'} ({f.plain.vectors:,})")
    lines = [
        *_table(rows),
        f"Baseline: SentenceTransformer.encode as it comes, and IndexFlatIP over vectors: {', '.join(searched)}.",
        "It embeds paragraphs alone and gives no quotes; ours embeds every sentence too. Adding a file is counted beyond",
        "encoding its texts; memory is what the collection adds to a process that has loaded all else.",
    ]
    if any(f.synthetic for f in sizes):
        lines.append("* All is real but the vectors of passages, which are synthesised: building does not encode.")
    return lines


def _describe_startup(figures: StartupFigures) -> list[str]:
    named = {
        "qa ask, to its end": figures.ask,
        "qa chat, page served": figures.page,
        "qa chat, can be asked": figures.ready,
        "baseline, to its end": figures.plain,
    }
    return [
        f"Start-up of whole processes over {figures.passages:,} passages, seconds",
        *_table([(name, [_range(values, digits=2)]) for name, values in named.items()]),
    ]


def _table(rows: Sequence[Row]) -> list[str]:
    """Rows as lines: labels to the left, cells to the right of their columns."""
    label = max(len(label) for label, _ in rows)
    columns = max(len(cells) for _, cells in rows)
    widths = [max(len(cells[column]) for _, cells in rows if column < len(cells)) for column in range(columns)]
    return [
        name.ljust(label) + "".join(cell.rjust(GAP + width) for cell, width in zip(cells, widths, strict=False))
        for name, cells in rows
    ]


def _peak(bits: str, rate: float) -> str:
    return f"share of the peak in {bits} bits, {rate / 1e9:,.0f} G/s"


def _range(values: Spread, scale: float = 1, *, digits: int = 0) -> str:
    middle, low, high = (f"{scale * value:,.{digits}f}" for value in (values.median, values.low, values.high))
    return f"{middle} ({low}-{high})" if values.count > 1 else middle


def _tail(values: Spread) -> str:
    return f"{1e3 * values.median:,.1f}; {1e3 * values.p95:,.1f}"


def _megabytes(size: int | None) -> str:
    return NOT_KNOWN if size is None else f"{size / 1e6:,.1f}"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"
