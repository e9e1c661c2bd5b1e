"""Images."""

import struct
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

from rag_server.core.content import IMAGE_SIDE, Parsed, Pixels
from rag_server.ingestion.parsers.extra import not_installed
from rag_server.ingestion.refusal import over_limit, unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

# Decoders that strangers may reach; Pillow has many more.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# What a large camera makes; 200 MB while it is decoded with transparency.
_MOST_PIXELS = 50_000_000
# What Pillow's decoders raise where a file is not what it says.
_DAMAGE = (
    *(OSError, EOFError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError),
    struct.error,
)
# Modes that can be made smaller before they are made RGB.
_CONTINUOUS = ("L", "RGB", "CMYK", "YCbCr")


class ImageParser:
    """PNG, JPEG, WebP and GIF by Pillow: the first frame, turned upright as EXIF says, over
    white where it is transparent, at most `IMAGE_SIDE` pixels wide and high. There is no text in
    it."""

    def parse(self, content: bytes) -> Parsed:
        """The pixels without text or title. Raises InvalidRequest for what is damaged or has too
        many of them, PreconditionFailed without Pillow."""
        try:
            from PIL import Image
        except ImportError:
            raise not_installed("images") from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(BytesIO(content), formats=_FORMATS) as image:
                    _check_size(image)
                    return Parsed("", pixels=_pixels(image))
        except Image.DecompressionBombError:
            raise _too_large() from None
        except _DAMAGE:
            raise unreadable("is no PNG, JPEG, WebP or GIF, or is damaged") from None


def _check_size(image: "Image") -> None:
    """By what the file says of itself, before anything is decoded."""
    if image.width * image.height > _MOST_PIXELS:
        raise _too_large()


def _too_large() -> Exception:
    return over_limit(f"has over {_MOST_PIXELS:,} pixels", "max_pixels")


def _pixels(image: "Image") -> Pixels:
    from PIL import ImageOps

    if image.mode in _CONTINUOUS:
        image.thumbnail((IMAGE_SIDE, IMAGE_SIDE))
    opaque = _opaque(image)
    opaque.thumbnail((IMAGE_SIDE, IMAGE_SIDE))
    # The conversion may have left out what EXIF says.
    opaque.getexif().update(image.getexif())
    upright = ImageOps.exif_transpose(opaque)
    return Pixels(upright.width, upright.height, upright.tobytes())


def _opaque(image: "Image") -> "Image":
    """As RGB of 8 bits."""
    from PIL import Image

    if image.mode.startswith("I"):
        # 16 bits of grey, which a conversion would cut off at white.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    covered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", covered.size, "white"), covered).convert("RGB")
