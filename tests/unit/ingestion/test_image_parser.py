"""Images of every kind become upright RGB of bounded size, or are refused."""

import numpy as np
import pytest
from PIL import Image

from rag_server.core.content import IMAGE_SIDE, Pixels
from rag_server.core.errors import InvalidRequest, Reason
from rag_server.ingestion.parsers.image import ImageParser
from tests.hostile import animated, bomb_png
from tests.pictures import Picture, drawn, saved

RED, WHITE = (255, 0, 0), (255, 255, 255)


def read(content: bytes) -> Pixels:
    found = ImageParser().parse(content)
    assert (found.text, found.title) == ("", "")
    assert found.pixels is not None
    return found.pixels


def corner(pixels: Pixels) -> tuple[int, ...]:
    return tuple(pixels.data[:3])


def near(one: Pixels, other: Picture) -> bool:
    a = np.frombuffer(one.data, np.uint8).astype(int)
    b = np.frombuffer(other.tobytes(), np.uint8).astype(int)
    return bool(np.abs(a - b).mean() < 4)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_format_gives_the_picture(kind: str) -> None:
    scene = drawn("sunset", 200, 150)
    pixels = read(saved(scene, kind))
    assert (pixels.width, pixels.height) == (200, 150)
    assert near(pixels, scene)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_large_picture_is_made_smaller_in_proportion(kind: str) -> None:
    pixels = read(saved(drawn("forest", 2_000, 1_000), kind))
    assert (pixels.width, pixels.height) == (IMAGE_SIDE, IMAGE_SIDE // 2)
    assert near(pixels, drawn("forest", 2_000, 1_000).resize((IMAGE_SIDE, IMAGE_SIDE // 2)))


def test_a_line_of_pixels_stays_one() -> None:
    pixels = read(saved(Image.new("RGB", (5_000, 1), RED)))
    assert (pixels.width, pixels.height, corner(pixels)) == (IMAGE_SIDE, 1, RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_exif_turns_it_upright(kind: str, mode: str) -> None:
    scene = drawn("sunset", 120, 80).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = scene.transpose(Image.Transpose.ROTATE_90)
    pixels = read(saved(turned, kind, exif=exif))
    assert (pixels.width, pixels.height) == (120, 80)
    assert near(pixels, scene.convert("RGB"))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    scene = drawn("forest", 64, 48)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    pixels = read(saved(scene.convert(mode), kind, quality=95))
    assert near(pixels, scene.convert(mode).convert("RGB"))


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    values = np.array([[0, 0x4000], [0x8000, 0xFFFF]], np.uint16)
    pixels = read(saved(Image.fromarray(values)))
    assert [*pixels.data[::3]] == [0, 0x40, 0x80, 0xFF]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_is_white(kind: str) -> None:
    clear = Image.new("RGBA", (8, 8), (*RED, 0))
    assert corner(read(saved(clear, kind, lossless=True))) == WHITE


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    palette = Image.new("P", (8, 8), 3)
    assert corner(read(saved(palette, "GIF", transparency=3))) == WHITE


def test_of_an_animation_the_first_frame_counts() -> None:
    pixels = read(animated([RED, WHITE], 40))
    assert (pixels.width, pixels.height, corner(pixels)) == (40, 40, RED)


def test_too_many_pixels_are_refused_by_what_the_file_says() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(bomb_png(60_000, 60_000))
    assert caught.value.reason is Reason.PARSING_LIMIT
    assert caught.value.metadata == {"limit": "max_pixels"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_that_ends_early_is_refused(kind: str) -> None:
    whole = saved(drawn("street"), kind)
    for part in (10, 2, 1.2):
        with pytest.raises(InvalidRequest, match="damaged"):
            read(whole[: int(len(whole) / part)])


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", saved(drawn("snow"), "BMP")])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(content)
    assert caught.value.reason is Reason.UNREADABLE_DOCUMENT
