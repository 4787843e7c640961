"""Read pictures (.png, .jpg, .tif) by OCR: paragraphs in reading order, each with its page, of which a .tif may have several.

A picture is turned as its camera noted, put on white where it is transparent, and reduced where it is very large.
"""

import io
import math
import warnings
from collections.abc import Iterator
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
_FORMATS = ("PNG", "JPEG", "TIFF")


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
    """The pages of a .tif, or the one picture that another file shows first."""
    suffix = Path(name).suffix.lower()
    image_module = load_library("PIL.Image", "pillow", name=name, suffix=suffix)
    too_large = SourceError(
        f"{name} has more than {LARGEST // 1_000_000} million pixels. Save it smaller, then index it again."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = image_module.open(io.BytesIO(content), formats=_FORMATS)
        except image_module.DecompressionBombError as error:
            raise too_large from error
        except image_module.UnidentifiedImageError:
            refuse_kind(content, name=name, suffix=suffix)
        try:
            for number in range(getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1):
                picture.seek(number)
                if picture.width * picture.height > LARGEST:
                    raise too_large
                yield _draw(picture)
        except image_module.DecompressionBombError as error:
            raise too_large from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise damaged(name, suffix) from error


def _draw(picture: Any) -> Pixels:
    """The pixels of an opened picture, upright, on white, with 8 bits a colour."""
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
    upright = upright.convert("RGB")
    pixels = upright.width * upright.height
    if pixels > MOST_PIXELS:
        shrink = math.sqrt(MOST_PIXELS / pixels)
        size = max(1, int(upright.width * shrink)), max(1, int(upright.height * shrink))
        upright = upright.resize(size, Image.Resampling.BOX)
    return np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
