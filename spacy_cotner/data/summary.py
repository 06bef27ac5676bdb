"""What a conversion produced: numbers to check against what one knows about a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from spacy.tokens import Doc

from ..types import has_relations
from .join import Coverage
from .repairs import Repairs

N_LABELS = 8  # in the table


@dataclass
class Summary:
    """Counts over the Docs of a file, and what was repaired.

    format (str): The format that was read.
    repairs (Repairs): What was repaired, dropped, skipped or noticed.
    """

    format: str
    repairs: Repairs
    n_docs: int = 0
    n_tokens: int = 0
    n_ents_annotated: int = 0
    n_relations_annotated: int = 0
    n_images: int = 0
    n_captions: int = 0
    ents: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    cot: Counter[str] = field(default_factory=Counter)
    captions_used: Coverage | None = None
    cot_used: Coverage | None = None

    def add(self, doc: Doc) -> None:
        """Count a Doc.

        doc (Doc): The Doc.
        """
        self.n_docs += 1
        self.n_tokens += len(doc)
        self.n_ents_annotated += doc.has_annotation("ENT_IOB") or len(doc.spans) > 0
        self.n_relations_annotated += has_relations(doc)
        self.n_images += doc._.image is not None
        self.n_captions += doc._.caption is not None
        groups = [doc.ents, *doc.spans.values()]
        self.ents.update(span.label_ for spans in groups for span in spans)
        self.relations.update(relation.label for relation in doc._.relations)
        self.cot.update(doc._.cot.keys())

    def rows(self) -> Iterator[tuple[str, str]]:
        """YIELDS (Tuple[str, str]): The summary as rows of a table."""
        yield "format", self.format
        yield "texts", f"{self.n_docs:,} ({self.n_tokens:,} tokens)"
        yield "entities", _annotated(self.ents, self.n_ents_annotated, self.n_docs)
        yield "relations", _annotated(self.relations, self.n_relations_annotated, self.n_docs)
        yield "with image", self._share(self.n_images)
        yield "with caption", self._share(self.n_captions) + _unused(self.captions_used)
        for grain, count in sorted(self.cot.items()):
            yield f"with CoT {grain!r}", self._share(count)
        if self.cot_used:
            yield "rows of CoT", f"{self.cot_used.n_rows:,}" + _unused(self.cot_used)

    def _share(self, count: int) -> str:
        return f"{count:,} ({count / max(self.n_docs, 1):.1%})"


def _annotated(counts: Counter[str], n_annotated: int, n_docs: int) -> str:
    if not n_annotated:
        return "not annotated"
    labels = ", ".join(f"{label} {count:,}" for label, count in counts.most_common(N_LABELS))
    labels += f" and {len(counts) - N_LABELS} more" if len(counts) > N_LABELS else ""
    partly = f", annotated in {n_annotated:,} texts" if n_annotated < n_docs else ""
    return f"{counts.total():,}{partly}" + (f": {labels}" if labels else "")


def _unused(used: Coverage | None) -> str:
    if used is None or not used.n_unmatched:
        return ""
    return f"; {used.n_unmatched:,} of {used.n_rows:,} rows belong to no text ({', '.join(used.examples)} …)"
