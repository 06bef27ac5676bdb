"""`cotner export`: relations for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from spacy.tokens import Doc
from tqdm import tqdm
from wasabi import msg

from ..data.convert import write_atomically
from ..errors import CotnerError
from ..export.files import FORMATS, format_of, to_text
from ..export.rdf import NAMESPACE
from ..predictions import predict
from ..report import load_pipeline
from ..types import has_relations
from .app import command
from .documents import INPUT_HELP, read_docs

FORMAT_HELP = f"{', '.join(FORMATS)} (default: as OUTPUT ends)"
MODEL_HELP = "Trained pipeline: export what it predicts for the texts instead of their annotation"
NAMESPACE_HELP = "RDF: IRI that all names begin with"
MENTIONS_HELP = "graphml, ttl: keep mentions apart, even if text and label are the same"


class Counter:
    """Counts what passes by. texts (int), annotated (int), relations (int): So far."""

    def __init__(self) -> None:
        self.texts = self.annotated = self.relations = 0

    def watch(self, docs: Iterator[Doc]) -> Iterator[Doc]:
        """YIELDS (Doc): The same Docs."""
        for doc in docs:
            self.texts += 1
            self.annotated += has_relations(doc)
            self.relations += len(doc._.relations)
            yield doc


@command("export")
def export_cli(
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help=INPUT_HELP)],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT", help="File to write")],
    format: Annotated[str | None, typer.Option("--format", "-f", help=FORMAT_HELP)] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help=MODEL_HELP)] = None,
    namespace: Annotated[str, typer.Option("--namespace", help=NAMESPACE_HELP)] = NAMESPACE,
    mentions: Annotated[bool, typer.Option("--mentions", help=MENTIONS_HELP)] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", help="Only the first N texts", min=1)] = None,
) -> None:
    """Export entities and relations: jsonl (which `cotner convert` reads back), csv (one relation a row),
    graphml (a graph of entities), ttl (RDF as Turtle)."""
    chosen = format_of(output_path, format)
    docs = read_docs(input_path, limit)
    if model is not None:
        docs = (predicted for _, predicted in predict(load_pipeline(model), docs))
    counter = Counter()
    watched = tqdm(counter.watch(docs), desc="Exporting", unit=" texts", disable=None)
    content = to_text(watched, chosen, namespace=namespace, merge=not mentions)
    if not counter.annotated and chosen != "jsonl":
        raise CotnerError(f"{input_path}: none of {counter.texts:,} texts has relations: give --model")
    write_atomically(output_path, content.encode("utf8"))
    msg.good(f"Exported {counter.relations:,} relations of {counter.texts:,} texts to {output_path}")
