"""Reading and writing corpora of Docs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import CotnerError


class Corpus:
    """The Docs of a `.spacy` file.

    path (Path): The file.
    RAISES (CotnerError): If it can't be read or holds no Docs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # User data comes back if it was stored; the argument only matters for writing.
            self._bin = DocBin(store_user_data=True).from_disk(path)
        except OSError as error:
            raise CotnerError(f"{path}: can't be read ({error.strerror or error})") from None
        except Exception as error:  # whatever zlib and msgpack think of a file that is none of theirs
            raise CotnerError(f"{path}: not a .spacy file ({type(error).__name__})") from None
        if not len(self._bin):
            raise CotnerError(f"{path}: no Docs in it")

    def __len__(self) -> int:
        return len(self._bin)

    def docs(self, limit: int | None = None) -> Iterator[Doc]:
        """limit (Optional[int]): Stop after so many.
        YIELDS (Doc): The Docs, made one after the other.
        """
        for number, doc in enumerate(self._bin.get_docs(Vocab())):
            if limit is not None and number >= limit:
                return
            yield doc

    def save(self, docs: Iterable[Doc], path: Path) -> None:
        """Write Docs with the same attributes as the ones that were read.

        docs (Iterable[Doc]): The Docs.
        path (Path): Where to; replaced at once when everything is written, or not at all.
        """
        write_atomically(DocBin(self._bin.attrs, store_user_data=True, docs=docs).to_bytes(), path)


def write_atomically(data: bytes, path: Path) -> None:
    """Replace a file in one step.

    data (bytes): Its new content.
    path (Path): The file; its folder is made if needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
