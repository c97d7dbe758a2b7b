"""Pictures of customers: decoded, bounded, and encoded anew, so that nothing else travels in them."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from kefu.channels.refusals import Refusal
from kefu.shop.photos import Photo

LARGEST_IMAGE = 5 * 1024 * 1024  # bytes, as sent
MOST_PIXELS = 40_000_000  # a phone's camera has 12 to 50 million; a bomb claims billions in a few bytes
LONGEST_SIDE = 2048  # pixels, as kept
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")


def re_encoded(content: bytes) -> Photo:
    """The picture as a JPEG without metadata, turned upright, at most LONGEST_SIDE on its longer side.

    Blocks for up to a second. Raises Refusal 413 (too many pixels) or 415 (no JPEG, PNG or WebP).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # the header alone is read here: nothing is decoded before the size is known
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                _check_size(opened)
                return _encoded(_plain(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        # Pillow raises all of these for damaged files
        raise Refusal(
            415, "unsupported_media_type", "This is no picture that can be read. Send a JPEG, PNG or WebP."
        ) from error


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> Refusal:
    most = MOST_PIXELS // 1_000_000
    return Refusal(413, "too_large", f"The picture has more than {most} million pixels. Send a smaller one.")


def _plain(image: Image.Image) -> Image.Image:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at a fraction where that is enough
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    rgba = upright.convert("RGBA")
    ground = Image.new("RGB", rgba.size, "white")
    ground.paste(rgba, mask=rgba.getchannel("A"))
    return ground


def _encoded(image: Image.Image) -> Photo:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Photo("image/jpeg", image.width, image.height, out.getvalue())
