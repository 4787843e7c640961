"""Read the text in a picture with RapidOCR: PP-OCRv6, whose models are in its wheel, run by OpenVINO.

The lines are found in a reduced picture and read, one by one, in the full one. A picture that is sideways or upside down is
turned first. Sums are in 32 bits, so the same picture gives the same text on any number of cores.

Nothing is downloaded, logged or written.
"""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index.encoders.graph import import_openvino
from index.parsers.containers import package_version

PACKAGE = "rapidocr"
INSTALL = "pip install 'qa-verbatim[ocr]'"
DPI = 200  # of a page as it is drawn to be read: 250 and 300 read no better, and take longer
MOST_PIXELS = 25_000_000  # of a picture that is read; a larger one is reduced

Pixels = npt.NDArray[np.uint8]  # of shape (height, width, 3): blue, green, red

_DETECTED = (
    1536  # pixels of the longer side when lines are looked for: 5-point type on A4 is found, with 1280 it is not
)
_LEAST_CONFIDENCE = 0.5  # of a line; others are drawings and stains
_TALL = 1.5  # times as high as wide, a box is one upright character if it is read with confidence, else part of a stamp
_SURE = 0.9  # of lines the right way up; upside down it is 0.6
_SAMPLE = 5  # lines read both ways up
_UPRIGHT = 3.0  # times as high as wide, a box still holds one upright character, such as the digit 1
_LINE_HEIGHT = 48  # pixels of a line when it is read
_WIDTH_STEP = 160  # pixels; a line is made as wide as the next multiple, since each width takes more memory
_GREY = 128  # what the model takes for nothing
_FAR = 7  # columns, of which a line has six for its height: letters of a word are at most 5 apart on 7 pages of manuals
_WIDE_SCRIPTS = "\u2e80"
_MOST_THREADS = 8  # more read little faster, and each takes memory


class Line(NamedTuple):
    """A line of text in a picture.

    Attributes:
        text: Its words, with a space between two.
        confidence: From 0 to 1.
        corners: x and y of its corners in pixels: top left, top right, bottom right, bottom left, as the text runs.
        words: Where each word begins and ends, as fractions of the line from its left edge.
    """

    text: str
    confidence: float
    corners: tuple[tuple[float, float], ...]
    words: tuple[tuple[float, float], ...]


class PictureReading(NamedTuple):
    """What was read in a picture.

    Attributes:
        turns: Quarter turns to the left that put the text upright.
        lines: Its lines in no order, in pixels of the picture so turned.
    """

    turns: int
    lines: tuple[Line, ...]

    @property
    def confidence(self) -> float:
        """The mean over its characters, from 0 to 1; 0 without any."""
        characters = sum(len(line.text) for line in self.lines)
        return sum(line.confidence * len(line.text) for line in self.lines) / max(1, characters)


PictureReader = Callable[[Pixels], PictureReading]


def is_installed() -> bool:
    """Whether pictures can be read."""
    return bool(package_version(PACKAGE))


def read_pixels(pixels: Pixels) -> PictureReading:
    """Read the text in a picture.

    Args:
        pixels: The picture; uint8 of shape (height, width, 3), blue, green, red.
    """
    engine = _load_engine()
    turns, corners = 0, _find_lines(engine, pixels)
    if _runs_sideways(corners):
        turns, pixels = 1, np.ascontiguousarray(np.rot90(pixels))
        corners = _find_lines(engine, pixels)
    found = [(each, _crop(pixels, each)) for each in _leave_out_stamps(corners)]
    if _is_upside_down(engine, [crop for _, crop in found]):
        turns += 2
        height, width = pixels.shape[:2]
        found = [((width, height) - np.roll(each, 2, axis=0), crop[::-1, ::-1]) for each, crop in found]
    lines = []
    for each, crop in found:
        text, confidence, words = _read_line(engine, crop)
        if text and confidence >= (_LEAST_CONFIDENCE if _tallness(each) < _TALL else _SURE):
            lines.append(Line(text, confidence, tuple((x, y) for x, y in each.tolist()), words))
    return PictureReading(turns, tuple(lines))


@lru_cache(maxsize=1)
def _load_engine() -> Any:
    import_openvino()  # before RapidOCR imports it together with its telemetry
    from rapidocr import EngineType, RapidOCR
    from rapidocr.inference_engine.openvino import device_config

    models = Path(device_config.__file__).parents[2] / "models"
    # RapidOCR has no setting for the precision, and bfloat16, which some processors offer, reads otherwise.
    configuration: Any = device_config.CPUConfig
    configuration.get_config = lambda _: openvino_settings()
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_preprocess_img": False,
            "Global.use_cls": False,
            "Det.engine_type": EngineType.OPENVINO,
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTED,
            "Rec.engine_type": EngineType.OPENVINO,
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
        }
    )


def openvino_settings() -> dict[str, str]:
    """How OpenVINO runs the models: on the cores, with sums in 32 bits."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "INFERENCE_NUM_THREADS": str(min(cores, _MOST_THREADS)),
        "NUM_STREAMS": "1",
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": "NO",
        "CPU_RUNTIME_CACHE_CAPACITY": "0",  # else each new size of picture takes memory for good
    }


Corners = npt.NDArray[np.float64]  # of shape (4, 2), as in `Line`


def _find_lines(engine: Any, pixels: Pixels) -> list[Corners]:
    """Find the corners of the lines of a picture, from top to bottom."""
    found = engine(pixels, use_det=True, use_rec=False, use_cls=False)
    return [] if found.boxes is None else list(np.asarray(found.boxes, dtype=np.float64))


def _size(corners: Corners) -> tuple[float, float]:
    """The width and the height of a line, in pixels."""
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))


def _tallness(corners: Corners) -> float:
    """How many times a box is as high as wide."""
    width, height = _size(corners)
    return height / max(1.0, width)


def _runs_sideways(boxes: Sequence[Corners]) -> bool:
    """Whether most of the text runs up or down; boxes that are nearly square do not count."""
    up = sum(_size(each)[1] for each in boxes if _tallness(each) >= _UPRIGHT)
    return up > sum(_size(each)[0] for each in boxes if _tallness(each) <= 1 / _UPRIGHT)


def _leave_out_stamps(boxes: Sequence[Corners]) -> list[Corners]:
    """The lines that are level, less text that runs up or down, as in the margin, and the square pieces of it."""
    stamps = [each for each in boxes if _tallness(each) >= _UPRIGHT]

    def is_piece(corners: Corners) -> bool:
        left, right = corners[:, 0].min(), corners[:, 0].max()
        middles = [stamp[:, 0].mean() for stamp in stamps]
        return any(left < middle < right for middle in middles) and _size(corners)[0] < 2 * _size(corners)[1]

    return [each for each in boxes if _tallness(each) < _UPRIGHT and not is_piece(each)]


def _is_upside_down(engine: Any, crops: Sequence[Pixels]) -> bool:
    """Whether the longest lines are read with more confidence when they are turned around."""
    sample = sorted(crops, key=lambda crop: crop.shape[1], reverse=True)[:_SAMPLE]
    upright = [_read_line(engine, crop)[1] for crop in sample]
    if not upright or np.mean(upright) >= _SURE:
        return False
    return sum(upright) < sum(_read_line(engine, crop[::-1, ::-1])[1] for crop in sample)


def _crop(pixels: Pixels, corners: Corners) -> Pixels:
    """Cut a line out of a picture, made straight."""
    import cv2

    width, height = (max(1, round(side)) for side in _size(corners))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    cut = cv2.warpPerspective(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.asarray(cut)


def _read_line(engine: Any, crop: Pixels) -> tuple[str, float, tuple[tuple[float, float], ...]]:
    """Read the text of a line: the text, the confidence, and where the words are, as in `Line`."""
    import cv2

    width = max(1, round(crop.shape[1] * _LINE_HEIGHT / crop.shape[0]))
    line = np.full((_LINE_HEIGHT, -(-width // _WIDTH_STEP) * _WIDTH_STEP, 3), _GREY, dtype=np.uint8)
    line[:, :width] = cv2.resize(np.ascontiguousarray(crop), (width, _LINE_HEIGHT))
    read = engine(line, use_det=False, use_rec=True, use_cls=False, return_word_box=True)
    text = " ".join(read.txts[0].split()) if read.txts else ""
    if not text:
        return "", 0.0, ()
    info = read.word_results[0]
    columns = [column for word in info.word_cols for column in word]  # of each character that is no space
    text = _space_out(text, columns)
    return text, float(read.scores[0]), _word_edges(text, columns, info.line_txt_len * width / line.shape[1])


def _space_out(text: str, columns: Sequence[int]) -> str:
    """Put a space between characters that are far apart, where none was read; not in scripts with wide characters."""
    found, position = "", 0
    for character in text:
        if character != " ":
            far = position and columns[position] - columns[position - 1] >= _FAR
            if far and found[-1] != " " and max(found[-1], character) < _WIDE_SCRIPTS:
                found += " "
            position += 1
        found += character
    return found


def _word_edges(text: str, columns: Sequence[int], width: float) -> tuple[tuple[float, float], ...]:
    """Where words begin and end, from the columns in which their characters were read, of so many in the line."""
    steps = [after - before for before, after in zip(columns, columns[1:], strict=False)]
    half = (sum(steps) / len(steps) if steps else width) / 2
    edges = []
    position = 0
    for word in text.split(" "):
        first, last = columns[position], columns[position + len(word) - 1]
        position += len(word)
        edges.append((max(0.0, (first + 0.5 - half) / width), min(1.0, (last + 0.5 + half) / width)))
    return tuple(edges)
