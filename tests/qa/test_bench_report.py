"""What a benchmark prints, writes as JSON and plots, from figures made by hand."""

import json

import pytest
from bench_figures import BENCHMARK, ENCODING, SEARCH

from qa.bench.apart import BenchmarkError
from qa.bench.figures import (
    EncodingFigures,
    SearchFigures,
    Spread,
    revive,
    spread,
)
from qa.bench.plot import check_plot, plot_benchmark
from qa.bench.report import describe_benchmark, plain_build_seconds


def test_the_report_tells_every_figure():
    """Each subject has its lines; a size whose collection was there says so; synthesised vectors are marked."""
    assert describe_benchmark(BENCHMARK).splitlines() == [
        "A processor, 2 cores; Linux; Python 3.11.7",
        "Passages made of 13 sentences and 127 words to exchange in them.",
        "A figure is a median; in brackets the least and the greatest measured.",
        "",
        "Encoding, passages of 124 tokens (int8/1/abc)",
        "                                                  ours           baseline              ratio",
        "passages a second                        200 (190-210)         50 (49-52)   4.00 (3.75-4.25)",
        "one question, ms                         5.0 (4.0-9.0)   20.0 (18.0-30.0)               4.00",
        "share of the peak in 32 bits, 250 G/s             200%                50%",
        "share of the peak in 8 bits, 1,000 G/s             50%                  -",
        "Cosine to the baseline's vectors: lowest 0.9961, mean 0.9988.",
        "A passage takes 2.50 G operations; peaks by products of matrices (32 bits: torch; 8 bits: OpenVINO).",
        "Equal to the last bit to the vector of the text alone, by batch size: 1 yes, 7 yes, 32 yes, 512 NO.",
        "",
        "Passages                                 1,000     100,000*",
        "vectors                                  5,100        5,100",
        "build, s                                  10.0       reused",
        "  encoding alone, s                        8.0       reused",
        "  baseline, computed, s                   20.5         20.5",
        "  passages a second                        100       reused",
        "  greatest memory above start, MB         45.6       reused",
        "size on disk, MB                          12.3         12.3",
        "memory when asked, MB                      9.0          9.0",
        "  not backed by files, MB                    -            -",
        "  baseline, MB                             7.8          7.8",
        "open, s                                   0.25         0.25",
        "question, ms (median; 95 %)         12.3; 34.5   12.3; 34.5",
        "  baseline                          21.0; 30.0   21.0; 30.0",
        "nearest vectors alone, ms             1.0; 2.0     1.0; 2.0",
        "  baseline                            0.4; 0.9     0.4; 0.9",
        "questions a second, in a batch            81.2         81.2",
        "recall@10 against exact search          0.9975       0.9975",
        "add a small file, ms                30 (20-50)   30 (20-50)",
        "remove it, ms                       11 (10-12)   11 (10-12)",
        "same answers in a batch                    yes          yes",
        "same answers in another process             NO           NO",
        "Baseline: SentenceTransformer.encode as it comes, and IndexFlatIP over vectors: all (5,100), all (5,100).",
        "It embeds paragraphs alone and gives no quotes; ours embeds every sentence too. Adding a file is counted beyond",
        "encoding its texts; memory is what the collection adds to a process that has loaded all else.",
        "* All is real but the vectors of passages, which are synthesised: building does not encode.",
        "",
        "Start-up of whole processes over 1,000 passages, seconds",
        "qa ask, to its end      0.85 (0.60-1.85)",
        "qa chat, page served    2.50 (2.25-3.50)",
        "qa chat, can be asked   3.25 (3.00-4.25)",
        "baseline, to its end    6.00 (5.75-7.00)",
    ]


def test_the_json_holds_every_figure():
    """The figures are there under their names, and a record made of them is the one they came from."""
    record = json.loads(json.dumps(BENCHMARK.to_dict()))
    assert record["encoding"]["ratio"] == {"median": 4, "low": 3.75, "high": 4.25, "p95": 4.25, "count": 5}
    assert record["sizes"][0]["build"] == {
        "seconds": 10, "encoding_seconds": 8, "start_bytes": 100_000_000, "peak_bytes": 45_600_000,
    }  # fmt: skip
    assert record["sizes"][1]["build"] is None
    assert record["startup"]["ready"]["median"] == 3.25
    assert revive(EncodingFigures, record["encoding"]) == ENCODING
    assert revive(SearchFigures, record["sizes"][0]["search"]) == SEARCH


def test_a_spread_sums_up_what_was_measured():
    """The median of four lies between the middle two; of a hundred, the 95th is the p95; one is all of these."""
    assert spread([4, 1, 2, 10]) == Spread(3.0, 1.0, 10.0, 10.0, 4)
    assert spread(range(1, 101)).p95 == 95
    assert spread([0.5]) == Spread(0.5, 0.5, 0.5, 0.5, 1)


def test_the_baseline_builds_as_fast_as_it_encodes():
    """A thousand passages at fifty a second, and half a second to add them."""
    assert plain_build_seconds(BENCHMARK.sizes[0], 50) == 20.5


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_plot_is_written(tmp_path, suffix):
    """The file begins as its kind does."""
    check_plot(tmp_path / f"plot{suffix}")
    plot_benchmark(BENCHMARK, tmp_path / f"plot{suffix}")
    begins = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert (tmp_path / f"plot{suffix}").read_bytes().startswith(begins)


def test_a_plot_that_cannot_be_written_is_refused_at_once(tmp_path):
    """Another suffix and a folder that is not there are known before anything is measured."""
    for name in ("plot.xyz", "plot", "absent/plot.png"):
        with pytest.raises(BenchmarkError):
            check_plot(tmp_path / name)
