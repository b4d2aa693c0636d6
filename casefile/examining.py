"""What a file is, told by what it holds and never by its name; and photographs without what the camera wrote into them.

A photograph is drawn anew from its dots, so that neither the place where it was taken (a family's home) nor anything
hidden in it travels on. What stands inside PDFs and Word documents is left as it came."""

import asyncio
import io
import struct
import unicodedata
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath, PureWindowsPath
from typing import NamedTuple

import structlog
from PIL import Image, ImageOps

from domain.papers import MOST_BYTES, MOST_PIXELS, NotTaken
from domain.text import without_controls

log = structlog.get_logger(__name__)

PICTURES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with a second picture in it, as telephones make them
    "PNG": "image/png",
    "WEBP": "image/webp",
}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heif", b"mif1", b"msf1")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
QUALITY = 90  # of a JPEG that is drawn anew: print stays sharp
ENOUGH = (3000, 3000)  # dots: a photograph of twice as many each way is read at half the size, and is still sharp
_READERS = ThreadPoolExecutor(2, "examining")  # so many pictures are open in memory at once, up to 400 MB each


class Refused(Exception):
    """This file is not taken in."""

    def __init__(self, why: NotTaken) -> None:
        super().__init__(why)
        self.why = why


class Examined(NamedTuple):
    """A file that may be taken in, as it will be kept."""

    media_type: str
    content: bytes


async def examine(content: bytes) -> Examined:
    """Refused, with the reason."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, _examine, content)


def plain_name(name: str) -> str:
    """A file's name as it may be shown and kept: no path, no control characters, no more than 120 of them."""
    last = PureWindowsPath(PurePath(name).name).name
    tidy = unicodedata.normalize("NFC", " ".join(without_controls(last).split())).replace("=?", "= ?")
    return tidy[:120].strip() or "file"


def _examine(content: bytes) -> Examined:
    if not content:
        raise Refused(NotTaken.EMPTY)
    if len(content) > MOST_BYTES:
        raise Refused(NotTaken.TOO_LARGE)
    if b"%PDF-" in content[:1024]:
        return Examined("application/pdf", content)
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise Refused(NotTaken.HEIC)
    if content.startswith(OLD_OFFICE):
        raise Refused(NotTaken.OLD_WORD)
    if content.startswith(b"PK\x03\x04"):
        return _word(content)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or content[8:12] == b"WEBP":
        return _picture(content)
    return _text(content)


def _word(content: bytes) -> Examined:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:  # its directory only: nothing is unpacked
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error):
        raise Refused(NotTaken.DAMAGED) from None
    if not {"[Content_Types].xml", "word/document.xml"} <= names:
        raise Refused(NotTaken.OTHER_KIND)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused(NotTaken.MACROS)
    return Examined(WORD, content)


def _text(content: bytes) -> Examined:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(NotTaken.OTHER_KIND) from None
    if any(unicodedata.category(character) == "Cc" and character not in "\r\n\t\f" for character in text):
        raise Refused(NotTaken.OTHER_KIND)
    return Examined("text/plain", content)


def _picture(content: bytes) -> Examined:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we have a limit of our own
        try:
            with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Refused(NotTaken.TOO_MANY_PIXELS)
                return _drawn_anew(picture)
        except Image.DecompressionBombError:
            raise Refused(NotTaken.TOO_MANY_PIXELS) from None
        except Refused:
            raise
        except Exception as error:  # whatever a broken file does to its reader, its sender gets a sentence
            log.info("a picture cannot be read", error=type(error).__name__)
            raise Refused(NotTaken.DAMAGED) from None


def _drawn_anew(picture: Image.Image) -> Examined:
    """Upright, its dots and nothing else: neither EXIF, comments nor a preview."""
    media_type = PICTURES[picture.format or ""]
    picture.draft(None, ENOUGH)
    ImageOps.exif_transpose(picture, in_place=True)
    transparent = picture.has_transparency_data and media_type != "image/jpeg"
    mode = "RGBA" if transparent else "L" if picture.mode in ("1", "L") else "RGB"
    bare = picture if picture.mode == mode else picture.convert(mode)
    bare.info = {}
    kept = io.BytesIO()
    match media_type:
        case "image/png":
            bare.save(kept, "PNG")
        case "image/webp":
            bare.save(kept, "WEBP", quality=QUALITY)
        case _:
            bare.save(kept, "JPEG", quality=QUALITY)
    return Examined(media_type, kept.getvalue())
