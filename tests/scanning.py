"""Scans for the tests of OCR: pages of text drawn, photographed badly, and put into files."""

import io
import re

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter

from index.parsers.ocr import Line, PictureReading

DPI = 200


def picture_of(content, number=1):
    """A page of a PDF as a picture."""
    drawn = pypdfium2.PdfDocument(content)[number - 1].render(scale=DPI / 72, rev_byteorder=True)
    return Image.fromarray(drawn.to_numpy()[:, :, :3])


def tilted(picture, degrees):
    """A picture as it lies on the glass at an angle."""
    return picture.rotate(degrees, fillcolor="white", resample=Image.Resampling.BICUBIC)


def worn(picture):
    """A picture as a poor copier gives it: grey, blurred, with grain and the blocks of JPEG."""
    grey = np.asarray(picture.convert("L").filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32)
    grain = np.random.default_rng(1).normal(0, 14, grey.shape)
    copy = Image.fromarray((235 - (255 - grey) * 0.8 + grain).clip(0, 255).astype(np.uint8))
    return Image.open(io.BytesIO(saved(copy, "jpeg", quality=50))).convert("RGB")


def saved(picture, kind, **options):
    """The bytes of a picture in a format."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def scanned(*pictures):
    """A PDF whose pages are pictures."""
    return saved(pictures[0], "pdf", save_all=True, append_images=pictures[1:], resolution=DPI)


def reading(*lines, confidence=0.97, turns=0):
    """What OCR would read: lines of type 30 pixels high, each (x, y, text), a character 15 pixels wide."""
    found = []
    for x, y, text in lines:
        width = 15 * len(text)
        spans = [word.span() for word in re.finditer(r"\S+", text)]
        words = tuple((start / len(text), end / len(text)) for start, end in spans)
        corners = ((x, y), (x + width, y), (x + width, y + 30), (x, y + 30))
        found.append(Line(" ".join(text.split()), confidence, corners, words))
    return PictureReading(turns, tuple(found))
