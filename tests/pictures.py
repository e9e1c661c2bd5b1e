"""Scenes drawn for tests, and what becomes of pictures on their way."""

from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image, ImageDraw, ImageEnhance

Picture = Image.Image
Point = tuple[float, float]


def _sunset(draw: ImageDraw.ImageDraw, at: Callable[[float, float], Point]) -> None:
    draw.rectangle([at(0, 0), at(1, 0.6)], "#f08030")
    draw.ellipse([at(0.35, 0.3), at(0.65, 0.6)], "#ffe040")
    draw.rectangle([at(0, 0.6), at(1, 1)], "#203060")


def _forest(draw: ImageDraw.ImageDraw, at: Callable[[float, float], Point]) -> None:
    draw.rectangle([at(0, 0), at(1, 1)], "#a0d0f0")
    for n in range(6):
        left = n / 6
        tree = [at(left, 0.8), at(left + 1 / 12, 0.2), at(left + 1 / 6, 0.8)]
        draw.polygon(tree, "#107020")
    draw.rectangle([at(0, 0.8), at(1, 1)], "#705020")


def _street(draw: ImageDraw.ImageDraw, at: Callable[[float, float], Point]) -> None:
    draw.rectangle([at(0, 0), at(1, 1)], "#707070")
    for n in range(4):
        draw.rectangle([at(n / 4 + 0.02, 0.1), at(n / 4 + 0.22, 0.7)], "#a02020")
        draw.rectangle([at(n / 4 + 0.08, 0.2), at(n / 4 + 0.16, 0.35)], "#f0f0c0")


def _snow(draw: ImageDraw.ImageDraw, at: Callable[[float, float], Point]) -> None:
    draw.rectangle([at(0, 0), at(1, 1)], "#e8f0ff")
    draw.polygon([at(0.1, 0.9), at(0.5, 0.2), at(0.9, 0.9)], "#ffffff", "#8090a0")


_SCENES: Mapping[str, Callable[..., None]] = {
    "sunset": _sunset,
    "forest": _forest,
    "street": _street,
    "snow": _snow,
}
SCENES = tuple(_SCENES)


def drawn(scene: str, width: int = 240, height: int = 180) -> Picture:
    """A scene of any size."""
    picture = Image.new("RGB", (width, height))
    _SCENES[scene](ImageDraw.Draw(picture), lambda x, y: (x * (width - 1), y * (height - 1)))
    return picture


def cropped(picture: Picture) -> Picture:
    """Without a tenth at every side."""
    width, height = picture.size
    return picture.crop((width // 10, height // 10, width - width // 10, height - height // 10))


def darker(picture: Picture) -> Picture:
    """With two thirds of the light."""
    return ImageEnhance.Brightness(picture).enhance(0.67)


def saved(picture: Picture, kind: str = "PNG", **options: object) -> bytes:
    """As the bytes of a file."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
