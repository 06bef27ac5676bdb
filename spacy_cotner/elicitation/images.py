"""Pictures: untrusted files become small JPEGs in data URLs.

A picture is identified by the bytes of its file, not by the JPEG made from it: a new version of Pillow
encodes differently, and must not make anybody pay a second time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps

from .fetch import NotFetched, fetch
from .settings import ImageSettings

# Decoders for anything else stay closed: the fewer formats, the fewer surprises.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")


class BadPicture(Exception):
    """This picture can't be used; costs one grain of one Doc, never the run."""


class Picture(NamedTuple):
    """A picture before it is opened.

    where (str): Path, http(s) address or data URL.
    digest (str): What identifies its content.
    """

    where: str
    digest: str


def find_picture(where: str, settings: ImageSettings) -> Picture:
    """Look a picture up and identify it, without decoding it.

    where (str): `Doc._.image`.
    settings (ImageSettings): The folder, the limits.
    RETURNS (Picture): The picture.
    RAISES (BadPicture): If it is missing, too large, or may not be fetched.
    """
    if where.startswith(("http://", "https://")):
        if not settings.allow_urls:
            raise BadPicture("is an address; set elicit.images.allow_urls = true to fetch pictures")
        # The address stands for the content: a warm store must not need the network.
        return Picture(where, _digest(where.encode("utf8")))
    if where.startswith("data:"):
        return Picture(where, _digest(_decode_data_url(where, settings)))
    path = Path(settings.root or ".") / where
    try:
        stat = path.stat()
    except (OSError, ValueError):
        raise BadPicture(f"not found: {path}") from None
    if stat.st_size > settings.max_bytes:
        raise BadPicture(f"{stat.st_size} bytes, over elicit.images.max_bytes = {settings.max_bytes}")
    return Picture(str(path), _file_digest(str(path), stat.st_mtime_ns, stat.st_size))


def encode_picture(picture: Picture, settings: ImageSettings) -> str:
    """Open a picture, turn it upright, scale it down, encode it again.

    picture (Picture): The picture.
    settings (ImageSettings): The limits.
    RETURNS (str): A data URL with a JPEG that holds nothing but pixels.
    RAISES (BadPicture): If it can't be read as a picture.
    """
    raw = _read(picture.where, settings)
    try:
        image = _open(raw, settings)
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", quality=settings.quality)
    except BadPicture:
        raise
    except Exception as error:  # decoders of hostile files raise anything
        raise BadPicture(f"not a readable picture ({type(error).__name__})") from None
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _open(raw: bytes, settings: ImageSettings) -> Image.Image:
    if not raw:
        raise BadPicture("0 bytes")
    image: Image.Image = Image.open(io.BytesIO(raw), formats=FORMATS)
    width, height = image.size
    if width * height > settings.max_pixels:
        # Only the header has been read so far: a bomb stays closed.
        raise BadPicture(f"{width}x{height} pixels, over elicit.images.max_pixels = {settings.max_pixels}")
    size = (settings.max_side, settings.max_side)
    image.draft("RGB", size)  # lets the JPEG decoder skip detail that would be scaled away
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    image = image.convert("RGB")
    image.thumbnail(size)
    return image


def _read(where: str, settings: ImageSettings) -> bytes:
    if where.startswith("data:"):
        return _decode_data_url(where, settings)
    try:
        if where.startswith(("http://", "https://")):
            return fetch(
                where,
                max_bytes=settings.max_bytes,
                timeout=settings.url_timeout,
                private=settings.private_urls,
            )
        raw = Path(where).read_bytes()
    except NotFetched as error:
        raise BadPicture(f"can't be fetched: {error}") from None
    except (OSError, ValueError) as error:
        raise BadPicture(f"can't be read ({error})") from None
    if len(raw) > settings.max_bytes:
        raise BadPicture(f"over elicit.images.max_bytes = {settings.max_bytes}")
    return raw


def _decode_data_url(where: str, settings: ImageSettings) -> bytes:
    head, _, body = where.partition(",")
    if not head.endswith(";base64") or len(body) > settings.max_bytes * 4 // 3 + 4:
        raise BadPicture("a data URL must be base64 and within elicit.images.max_bytes")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise BadPicture("a data URL with broken base64") from None


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@lru_cache(maxsize=4096)
def _file_digest(path: str, mtime_ns: int, size: int) -> str:
    """The time and the size only tell the cache when a file has changed."""
    try:
        return _digest(Path(path).read_bytes())
    except OSError as error:
        raise BadPicture(f"can't be read ({error.strerror})") from None
