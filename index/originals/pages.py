"""Draw the pages of a PDF, and the frames of a picture, as they are displayed."""

import io
from typing import Any, Protocol

import numpy as np

from index.errors import SourceError
from index.parsers import PICTURES
from index.parsers.containers import load_library
from index.parsers.pdf import open_pdf
from index.parsers.picture import Picture

WIDEST = 3_000  # pixels
MOST_PIXELS = 50_000_000  # of a page that is drawn; a longer strip is drawn less wide
_USUAL_SIZE = (595.0, 842.0)  # points; given for a page that cannot be opened
_BANDS = 4  # stretches of rows that tell whether a page is a photograph
_BAND_ROWS = 16
_MUCH_SMALLER = 2  # times, that a JPEG is smaller than a PNG where it is used


class Pages(Protocol):
    """An opened document that has pages.

    Attributes:
        sizes: Width and height of each page as it is displayed: points of a PDF, pixels of a picture.
    """

    sizes: tuple[tuple[float, float], ...]

    def draw(self, page: int, width: int) -> Any:
        """Draw a page, numbered from 1, as a `PIL.Image.Image` that is so many pixels wide."""


def open_pages(content: bytes, *, suffix: str, name: str) -> Pages:
    """Open a PDF or a picture.

    Args:
        content: The file's bytes.
        suffix: That of its format.
        name: The name shown, for messages.

    Raises:
        SourceError: It is damaged, too large, protected with a password, or not what its suffix says.
    """
    load_library("PIL.Image", "pillow", name=name, suffix=suffix)
    return PicturePages(content, name=name) if suffix in PICTURES else PdfPages(content, name=name)


class PdfPages:
    """The pages of a PDF, with annotations and filled-in forms, turned and cropped as they are displayed."""

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a PDF; errors as for `open_pages`."""
        import pypdfium2

        self._error, self._name = pypdfium2.PdfiumError, name
        self._document = open_pdf(content, name=name)
        self.sizes = tuple(map(self._size, range(len(self._document))))

    def _size(self, position: int) -> tuple[float, float]:
        try:
            width, height = self._document.get_page_size(position)
        except self._error:
            return _USUAL_SIZE
        return (width, height) if width > 0 < height else _USUAL_SIZE

    def draw(self, page: int, width: int) -> Any:
        """Draw a page, numbered from 1, so many pixels wide.

        Raises:
            SourceError: The page is damaged.
        """
        across, down = self.sizes[page - 1]
        width = _limit_width(width, down / across)
        try:
            opened = self._document[page - 1]
            try:
                # PDFium rounds up: a hundredth of a pixel less gives exactly the width.
                return opened.render(scale=(width - 0.01) / across, rev_byteorder=True).to_pil().convert("RGB")
            finally:
                opened.close()
        except self._error as error:
            raise SourceError(f"page {page} of {self._name} is damaged and cannot be shown.") from error


class PicturePages:
    """The frames of a picture, upright and on white."""

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a picture; errors as for `open_pages`."""
        self._picture = Picture(content, name=name)
        self.sizes = tuple(map(self._size, range(len(self._picture))))

    def _size(self, frame: int) -> tuple[float, float]:
        width, height = self._picture.size(frame)
        return float(width), float(height)

    def draw(self, page: int, width: int) -> Any:
        """Draw a frame, numbered from 1, so many pixels wide.

        Raises:
            SourceError: The frame is damaged.
        """
        from PIL.Image import Resampling

        drawn = self._picture.draw(page - 1)
        width = _limit_width(width, drawn.height / drawn.width)
        height = max(1, round(drawn.height * width / drawn.width))
        return drawn.resize((width, height), Resampling.BICUBIC, reducing_gap=2.0)


def _limit_width(width: int, ratio: float) -> int:
    """Reduce the width of a page, `ratio` times as high, to what has not too many pixels."""
    return width if width * width * ratio <= MOST_PIXELS else max(1, int((MOST_PIXELS / ratio) ** 0.5))


def encode_picture(picture: Any) -> bytes:
    """Write a drawn page as PNG; as JPEG where that is much smaller, as for a scan or a photograph.

    Args:
        picture: A `PIL.Image.Image` with the colours RGB.
    """
    from PIL import Image

    pixels = np.asarray(picture)
    bands = min(_BANDS, max(1, picture.height // _BAND_ROWS))
    starts = [picture.height * band // bands for band in range(bands)]
    sample = Image.fromarray(np.concatenate([pixels[start : start + _BAND_ROWS] for start in starts]))
    if len(_write_jpeg(sample)) * _MUCH_SMALLER < len(_write_png(sample)):
        return _write_jpeg(picture)
    return _write_png(picture.convert("L") if _is_grey(pixels) else picture)


def _is_grey(pixels: Any) -> bool:
    """Whether all pixels, of shape (height, width, 3), are grey."""
    red, green, blue = (pixels[..., colour] for colour in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)


def _write_png(picture: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=2)
    return stream.getvalue()


def _write_jpeg(picture: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()
