"""A DocBin whose user data costs little.

spaCy packs the user data of each Doc through a new packer, and each new packer looks for plugins among the
entry points of all installed packages: more than half the time of a corpus that needs no request. One packer
for all Docs of a file does the same; the bytes are the same, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab
from srsly import msgpack


class QuickDocBin(DocBin):
    """A DocBin that can be read by any other, and reads any other; always stores user data.

    attrs (Optional[Iterable[str]]): What it holds of tokens, spaCy's choice if not given.
    """

    def __init__(self, attrs: Iterable[str] | None = None) -> None:
        if attrs is None:
            super().__init__(store_user_data=True)
        else:
            super().__init__(attrs, store_user_data=True)
        self._packer = msgpack.Packer(use_bin_type=True)

    def add(self, doc: Doc) -> None:
        """doc (Doc): Added to the file."""
        self.store_user_data = False
        try:
            super().add(doc)
        finally:
            self.store_user_data = True
        self.user_data.append(self._packer.pack(doc.user_data))

    def get_docs(self, vocab: Vocab) -> Iterator[Doc]:
        """vocab (Vocab): The vocabulary of the Docs.
        YIELDS (Doc): The Docs, made one after the other.
        """
        packed, self.user_data = self.user_data, []
        unpacker = msgpack.Unpacker(raw=False, use_list=False)
        try:
            for number, doc in enumerate(super().get_docs(vocab)):
                if number < len(packed) and packed[number] is not None:
                    unpacker.feed(packed[number])
                    doc.user_data.update(unpacker.unpack())
                yield doc
        finally:
            self.user_data = packed
