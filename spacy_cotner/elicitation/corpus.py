"""Reading and writing corpora of Docs: a `.spacy` file, or a folder of them for large ones.

One file is in memory at a time, with a vocabulary of its own: memory does not grow with the number of files.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import CotnerError
from .doc_bin import QuickDocBin


class Shard(NamedTuple):
    """One file of a corpus.

    name (str): Path below the folder.
    docs (int): How many Docs will come from it.
    attrs (Iterable[str]): What it holds of tokens.
    """

    name: str
    docs: int
    attrs: Iterable[str]


class Corpus:
    """The Docs of a `.spacy` file or of a folder of them.

    path (Path): The file or folder.
    RAISES (CotnerError): If it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            files = (file for file in path.rglob("*.spacy") if not file.name.startswith("."))
            self.files = sorted(files)
        else:
            self.files = [path]
        if not self.files:
            raise CotnerError(f"{path}: no .spacy files in it")
        # The shards that Docs have come from and that were not written yet.
        self.opened: deque[Shard] = deque()
        self.total: int | None = None
        self._count = self._bytes = 0

    def docs(self, limit: int | None = None) -> Iterator[Doc]:
        """Read the corpus.

        limit (Optional[int]): Stop after so many.
        YIELDS (Doc): The Docs, made one after the other.
        RAISES (CotnerError): If a file can't be read, or there are no Docs.
        """
        left = limit
        for file in self.files:
            doc_bin = _read(file)
            docs = len(doc_bin) if left is None else min(len(doc_bin), left)
            left = None if left is None else left - docs
            self._estimate_total(file, len(doc_bin), limit)
            name = file.name if file == self.path else str(file.relative_to(self.path))
            self.opened.append(Shard(name, docs, doc_bin.attrs))
            for _, doc in zip(range(docs), doc_bin.get_docs(Vocab()), strict=False):
                yield doc
            if left == 0:
                break
        if not self._count:
            raise CotnerError(f"{self.path}: no Docs in it")

    def _estimate_total(self, file: Path, docs: int, limit: int | None) -> None:
        """From the sizes of the files; exact once the last one is open."""
        self._count += docs
        self._bytes += file.stat().st_size
        size = sum(each.stat().st_size for each in self.files)
        total = round(self._count * size / max(self._bytes, 1))
        self.total = total if limit is None else min(total, limit)


class CorpusWriter:
    """Writes Docs as they come; what was there before is replaced when all is written, or not at all.

    corpus (Corpus): Where the Docs were read: attributes are kept, and files too if the output is a folder.
    path (Path): A `.spacy` file, or a folder.
    """

    def __init__(self, corpus: Corpus, path: Path) -> None:
        self.path = path
        self._corpus = corpus
        self._folder: Path | None = None
        self._bin: QuickDocBin | None = None
        self._left = 0
        self._shard = Shard("", 0, [])

    @property
    def is_folder(self) -> bool:
        """RETURNS (bool): Whether the output is a folder of files."""
        return self.path.suffix != ".spacy"

    def __enter__(self) -> CorpusWriter:
        if self.path.is_dir() != self.is_folder and self.path.exists():
            kind = "a folder" if self.path.is_dir() else "a file"
            raise CotnerError(f"{self.path}: is {kind}; name a .spacy file, or a folder without suffix")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.is_folder:
            self._folder = Path(tempfile.mkdtemp(dir=self.path.parent, prefix=f".{self.path.name}."))
        return self

    def add(self, doc: Doc) -> None:
        """doc (Doc): The next Doc of the corpus."""
        if self._left == 0:
            self._next_shard()
        assert self._bin is not None
        self._bin.add(doc)
        self._left -= 1

    def _next_shard(self) -> None:
        if self.is_folder:
            self._flush()
        self._shard = self._corpus.opened.popleft()
        while not self._shard.docs:
            self._shard = self._corpus.opened.popleft()
        self._left = self._shard.docs
        if self._bin is None:
            self._bin = QuickDocBin(self._shard.attrs)

    def _flush(self) -> None:
        if self._bin is not None and self._folder is not None:
            write_atomically(self._bin.to_bytes(), self._folder / self._shard.name)
            self._bin = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._folder is None and self._bin is not None:
            write_atomically(self._bin.to_bytes(), self.path)
        elif kind is None and self._folder is not None:
            self._flush()
            _replace_folder(self._folder, self.path)
        elif self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _read(path: Path) -> QuickDocBin:
    doc_bin = QuickDocBin()
    try:
        doc_bin.from_disk(path)
    except OSError as error:
        raise CotnerError(f"{path}: can't be read ({error.strerror or error})") from None
    except Exception as error:  # whatever zlib and msgpack think of a file that is none of theirs
        raise CotnerError(f"{path}: not a .spacy file ({type(error).__name__})") from None
    return doc_bin


def _replace_folder(new: Path, path: Path) -> None:
    os.chmod(new, 0o777 & ~_umask())
    if path.exists():
        old = path.with_name(f".{path.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(path, old)
        os.replace(new, path)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(new, path)


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
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
