"""The figures of a benchmark."""

from qa.bench.figures import (
    Benchmark,
    BuildFigures,
    EncodingFigures,
    PlainFigures,
    SearchFigures,
    SizeFigures,
    Spread,
    StartupFigures,
)

ENCODING = EncodingFigures(
    identity="int8/1/abc",
    texts=256,
    tokens=124.5,
    ours=Spread(200, 190, 210, 210, 5),
    plain=Spread(50, 49, 52, 52, 5),
    ratio=Spread(4, 3.75, 4.25, 4.25, 5),
    question_ours=Spread(0.005, 0.004, 0.009, 0.008, 60),
    question_plain=Spread(0.02, 0.018, 0.03, 0.029, 60),
    lowest_cosine=0.9961,
    mean_cosine=0.9988,
    flop_a_passage=2.5e9,
    peak_float=250e9,
    peak_float_by="torch",
    peak_byte=1e12,
    equal={"1": True, "7": True, "32": True, "512": False},
)
SEARCH = SearchFigures(
    passages=1_000,
    vectors=5_100,
    disk_bytes=12_340_000,
    open_seconds=0.25,
    resident_bytes=9_000_000,
    anonymous_bytes=None,
    ask=Spread(0.0123, 0.01, 0.04, 0.0345, 100),
    batch_rate=81.25,
    nearest=Spread(0.001, 0.0005, 0.003, 0.002, 100),
    recall=0.9975,
    add=Spread(0.03, 0.02, 0.05, 0.05, 3),
    remove=Spread(0.011, 0.01, 0.012, 0.012, 3),
    same_in_batch=True,
    same_again=False,
)
PLAIN = PlainFigures(
    5_100, True, 7_833_600, Spread(0.021, 0.019, 0.04, 0.03, 50), Spread(4e-4, 3e-4, 1e-3, 9e-4, 50), 0.5
)

BENCHMARK = Benchmark(
    machine="A processor, 2 cores; Linux; Python 3.11.7",
    texts="13 sentences and 127 words to exchange in them",
    repeats=5,
    encoding=ENCODING,
    sizes=(
        SizeFigures(1_000, False, BuildFigures(10, 8, 100_000_000, 45_600_000), SEARCH, PLAIN),
        SizeFigures(100_000, True, None, SEARCH, PLAIN),
    ),
    startup=StartupFigures(1_000, *(Spread(x, x - 0.25, x + 1, x + 1, 5) for x in (0.85, 2.5, 3.25, 6))),
)
