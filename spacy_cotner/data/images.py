"""Names of pictures: ids to files, and files to keys that join tables."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

from .repairs import Repairs

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def image_key(name: str | None) -> str:
    """What stays of a picture's name when folder and suffix are taken off: data sets disagree about both.

    name (Optional[str]): An id, file name, path or URL.
    RETURNS (str): The key; empty for no name.
    """
    base = PurePosixPath((name or "").strip().replace("\\", "/").split("?")[0]).name
    return base[: -len(_suffix(base))] if _suffix(base) else base


def _suffix(name: str) -> str:
    suffix = os.path.splitext(name)[1]
    return suffix if suffix.lower() in SUFFIXES else ""


class Images:
    """Finds the files of pictures.

    folder (Optional[Path]): Where the pictures are; None if they are not at hand.
    repairs (Repairs): Counts what is not found there.
    """

    def __init__(self, folder: Path | None, repairs: Repairs) -> None:
        self.folder = folder
        self.repairs = repairs

    def resolve(self, name: Any, place: str, *, is_id: bool = True) -> str | None:
        """Turn the name in a data file into what `Doc._.image` holds.

        name (Any): The name as written; numbers are accepted as ids.
        place (str): Where it stands.
        is_id (bool): Whether a name without suffix stands for a JPEG file.
        RETURNS (Optional[str]): The path in the folder if the file is there, else the file's name or URL.
        """
        name = "" if name is None else str(name).strip()
        if not name or "://" in name or name.startswith("data:"):
            return name or None
        file_name = f"{name}.jpg" if is_id and not _suffix(name) else name
        return self._find(name, place) or file_name

    def _find(self, name: str, place: str) -> str | None:
        if self.folder is None:
            return None
        for suffix in ("",) if _suffix(name) else (*SUFFIXES, ""):
            path = self.folder / f"{name}{suffix}"
            if os.path.isfile(path):  # unlike Path.is_file, it takes any string
                return path.as_posix()
        self.repairs.add("noted: image not found in the folder of images", place)
        return None
