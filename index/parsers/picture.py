"""Read pictures (.png, .jpg, .tif …) by OCR: paragraphs in reading order, each with its page, of which a .tif may have several.

A picture is turned as its camera noted, put on white where it is transparent, and reduced where it is very large.
"""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder
from index.parsers.containers import damaged, load_library, refuse_kind
from index.parsers.ocr import INSTALL, MOST_PIXELS, PictureReader, Pixels
from index.parsers.pdf import PdfPage, add_pages
from index.parsers.pdf.scans import Scans

LARGEST = 120_000_000  # pixels that are unpacked
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")


def read_picture(content: bytes, *, name: str, ocr: PictureReader | None) -> Extraction:
    """Read a picture.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        ocr: Reads the text in pixels; None where OCR is not installed.

    Raises:
        SourceError: OCR is not installed, or failed; the file is no picture, damaged, too large, or has no text in it.
    """
    if ocr is None:
        suffix = Path(name).suffix.lower()
        raise SourceError(f"{name} cannot be read: reading {suffix} files needs OCR. Install it: {INSTALL}")
    scans = Scans(ocr)
    pages = []
    for number, pixels in enumerate(_draw_frames(content, name), start=1):
        segments, frame = scans.read(number, lambda pixels=pixels: pixels)
        pages.append(PdfPage(segments=segments, frame=frame))
    if not any(page.segments for page in pages):
        raise SourceError(scans.reason(name))
    builder = TextBuilder(name)
    add_pages(builder, pages)
    builder.notes += scans.notes()
    return builder.finish()


def _draw_frames(content: bytes, name: str) -> Iterator[Pixels]:
    """The pages of a .tif, or the one picture that another file shows first, reduced to what OCR reads."""
    picture = Picture(content, name=name)
    for frame in range(len(picture)):
        drawn = picture.draw(frame)
        pixels = drawn.width * drawn.height
        if pixels > MOST_PIXELS:
            shrink = math.sqrt(MOST_PIXELS / pixels)
            drawn = drawn.resize((max(1, int(drawn.width * shrink)), max(1, int(drawn.height * shrink))), _BOX)
        yield np.ascontiguousarray(np.asarray(drawn)[:, :, ::-1])


_BOX = 4  # PIL.Image.Resampling.BOX
_ORIENTATION = 0x0112  # the tag in which a camera says how the picture is turned
_SIDEWAYS = (5, 6, 7, 8)


class Picture:
    """An opened picture, whose frames are drawn one at a time: the pages of a .tif, or the one that another file shows first."""

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a picture.

        Args:
            content: The file's bytes.
            name: The file's name, for messages.

        Raises:
            SourceError: It is no picture, damaged or too large.
        """
        self._name, self._suffix = name, Path(name).suffix.lower()
        self._module = load_library("PIL.Image", "pillow", name=name, suffix=self._suffix)
        with self._translated():
            try:
                self._picture = self._module.open(io.BytesIO(content), formats=_FORMATS)
            except self._module.UnidentifiedImageError:
                refuse_kind(content, name=name, suffix=self._suffix)
            self._frames: int = getattr(self._picture, "n_frames", 1) if self._picture.format == "TIFF" else 1

    def __len__(self) -> int:
        """The number of frames."""
        return self._frames

    def size(self, frame: int) -> tuple[int, int]:
        """The width and height of a frame when it is upright, in pixels.

        Args:
            frame: Its number, from 0.

        Raises:
            SourceError: It is damaged or too large.
        """
        with self._translated():
            self._seek(frame)
            width, height = self._picture.size
            turned = self._picture.format != "TIFF" and self._picture.getexif().get(_ORIENTATION) in _SIDEWAYS
            return (height, width) if turned else (width, height)  # Pillow turns the pages of a .tif itself

    def draw(self, frame: int) -> Any:
        """Draw a frame as a `PIL.Image.Image`: upright, on white, with 8 bits for each of three colours.

        Args:
            frame: Its number, from 0.

        Raises:
            SourceError: It is damaged or too large.
        """
        with self._translated():
            self._seek(frame)
            return _draw(self._picture)

    def _seek(self, frame: int) -> None:
        self._picture.seek(frame)
        if self._picture.width * self._picture.height > LARGEST:
            raise self._too_large()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate what the library raises over a picture."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield
            except self._module.DecompressionBombError as error:
                raise self._too_large() from error
            except (OSError, SyntaxError, ValueError, EOFError) as error:
                raise damaged(self._name, self._suffix) from error

    def _too_large(self) -> SourceError:
        return SourceError(
            f"{self._name} has more than {LARGEST // 1_000_000} million pixels. Save it smaller, then index it again."
        )


def _draw(picture: Any) -> Any:
    """An opened picture, upright, on white, with 8 bits a colour."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith(("I", "F")):  # 16 bits a pixel, or more: shown from the darkest to the brightest
        values = np.asarray(upright, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        upright = Image.fromarray(((values - low) * (255 / max(high - low, 1e-9))).astype(np.uint8))
    if "A" in upright.getbands() or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        upright = Image.new("RGB", clear.size, "white")
        upright.paste(clear, mask=clear.getchannel("A"))
    return upright.convert("RGB")
