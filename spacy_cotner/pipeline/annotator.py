"""`cot_annotator`: asks an LLM and writes `Doc._.cot`, in a live pipeline."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import raise_error

from ..elicitation import Elicitor, Outcome, default_config
from ..elicitation.settings import check_settings

ErrorHandler = Callable[[str, Callable[[Doc], Doc], list[Doc], Exception], None]

DEFAULT_CONFIG = default_config()


@Language.factory("cot_annotator", assigns=["doc._.cot"], default_config=DEFAULT_CONFIG)
def make_cot_annotator(
    nlp: Language,
    name: str,
    store: str | None,
    use: list[str] | None,
    overwrite: bool,
    max_text_chars: int,
    system: str | None,
    max_cost: float | None,
    prices: str | None,
    send: bool,
    source: dict[str, Any],
    images: dict[str, Any],
    captioner: dict[str, Any],
    grains: dict[str, dict[str, Any]],
) -> CotAnnotator:
    """Construct a `cot_annotator`. The blocks are those of `[elicit]` in the config of `cotner elicit`.

    nlp (Language): The pipeline.
    name (str): The component's name.
    store (Optional[str]): SQLite file that answers are kept in.
    use (Optional[List[str]]): The grains to ask for, None for all blocks.
    overwrite (bool): Ask again for grains that a Doc already carries.
    max_text_chars (int): Longer texts are not sent.
    system (Optional[str]): The system prompt: a template's name or file.
    max_cost (Optional[float]): Stop asking before it costs more.
    prices (Optional[str]): A price list of one's own.
    send (bool): Ask the server for what is not in the store.
    source (Dict[str, Any]): Who answers. Names the variable that holds the key, never the key.
    images (Dict[str, Any]): How pictures are sent.
    captioner (Dict[str, Any]): Who puts pictures in words, if anybody.
    grains (Dict[str, Dict[str, Any]]): Grain -> template and how to ask it.
    RETURNS (CotAnnotator): The component. It opens nothing before the first Doc.
    """
    section = {
        "store": store,
        "use": use,
        "overwrite": overwrite,
        "max_text_chars": max_text_chars,
        "system": system,
        "max_cost": max_cost,
        "prices": prices,
        "send": send,
        "source": source,
        "images": images,
        "captioner": captioner,
        "grains": grains,
    }
    return CotAnnotator(section, name)


class CotAnnotator:
    """Writes `Doc._.cot`, which makes the components behind it use the teacher view.

    section (Dict[str, Any]): The section `[elicit]`.
    name (str): The component's name.
    batch_size (int): Docs that are asked about together.
    RAISES (CotnerError): If a setting is unknown or has a wrong value.
    """

    def __init__(self, section: dict[str, Any], name: str = "cot_annotator", *, batch_size: int = 64) -> None:
        self.name = name
        self.settings = check_settings(section)
        self.batch_size = batch_size
        self._templates: dict[str, str] = {}
        self._elicitor: Elicitor | None = None
        self._inherited: Elicitor | None = None
        self._process = os.getpid()
        self._error_handler: ErrorHandler = raise_error

    @property
    def elicitor(self) -> Elicitor:
        """RETURNS (Elicitor): Made at first use, and in every process: connections do not survive a fork."""
        if self._elicitor is None or self._process != os.getpid():
            # What was inherited is left alone: SQLite does not even want it closed here.
            self._inherited = self._elicitor
            self._elicitor = Elicitor(self.settings, self._templates)
            self._process = os.getpid()
        return self._elicitor

    def __call__(self, doc: Doc) -> Doc:
        """doc (Doc): The Doc.
        RETURNS (Doc): The same Doc with its explanations.
        """
        try:
            self._annotate([doc])
        except Exception as error:
            self.get_error_handler()(self.name, self, [doc], error)
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int | None = None) -> Iterator[Doc]:
        """Ask about many Docs at once, as many as `source.concurrency` allows.

        stream (Iterable[Doc]): The Docs.
        batch_size (Optional[int]): Docs that are asked about together.
        YIELDS (Doc): The same Docs in their order.
        """
        docs = iter(stream)
        while batch := list(islice(docs, max(batch_size or 0, self.batch_size))):
            try:
                self._annotate(batch)
            except Exception as error:
                self.get_error_handler()(self.name, self, batch, error)
            else:
                yield from batch

    def _annotate(self, docs: list[Doc]) -> None:
        for doc, outcomes in self.elicitor.pipe(docs):
            for grain, outcome in outcomes.items():
                if outcome.status == "failed":
                    warnings.warn(_failure(self.name, doc, grain, outcome), stacklevel=2)

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """error_handler (Callable): Called with the component's name, itself, the Docs and the error."""
        self._error_handler = error_handler

    def get_error_handler(self) -> ErrorHandler:
        """RETURNS (Callable): What is called when asking fails."""
        return self._error_handler

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """RETURNS (bytes): The templates, so that the pipeline asks the same questions elsewhere."""
        data: bytes = srsly.msgpack_dumps(self._sources())
        return data

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> CotAnnotator:
        """data (bytes): The templates.
        RETURNS (CotAnnotator): The component.
        """
        return self._load(srsly.msgpack_loads(data))

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """path (Path): Folder that the templates go to."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        srsly.write_json(folder / "templates.json", self._sources())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> CotAnnotator:
        """path (Path): Folder with the templates.
        RETURNS (CotAnnotator): The component.
        """
        return self._load(srsly.read_json(Path(path) / "templates.json"))

    def _sources(self) -> dict[str, str]:
        return {name: grain.source for name, grain in self.elicitor.grains.items()}

    def _load(self, templates: dict[str, str]) -> CotAnnotator:
        self._templates, self._elicitor = templates, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        # Threads, connections and file handles stay where they are.
        return {**self.__dict__, "_elicitor": None, "_inherited": None}

    def close(self) -> None:
        """Close connections and store; the next Doc opens them again."""
        if self._elicitor is not None:
            self._elicitor.close()


def _failure(name: str, doc: Doc, grain: str, outcome: Outcome) -> str:
    start = " ".join(doc.text[:40].split())
    return f"[{name}] no {grain!r} for {start!r}: {outcome.reason} {outcome.detail}".rstrip()
