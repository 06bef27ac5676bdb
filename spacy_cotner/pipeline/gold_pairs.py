"""What the annotation says about pairs of spans, and what is odd about it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from spacy.tokens import Span
from spacy.training import Example

from ..inverses import Inverses, turned
from ..types import NO_RELATION, Relation, has_relations, sound_relations
from .candidates import Mention, Pair, Rules, merge_mentions, sentence_numbers, spans_of
from .findings import Findings

OUTSIDE = "dropped: relation that points outside the Doc"
SELF = "dropped: relation of a span with itself"
MISALIGNED = "dropped: relation of a span that is part of a token"
DUPLICATE = "dropped: relation listed twice"
UNCOVERED = "noted: relation of a span that no entity covers, kept as it is"
CONTRADICTORY = "dropped: second label of a pair, the first is kept (multi_label = true keeps all)"
DENIED = f"dropped: {NO_RELATION!r} for a pair that also stands in a relation"
NO_SENTENCES = (
    "noted: Doc without sentence boundaries, max_sentences has no effect on its unrelated pairs (put a "
    "sentencizer among training.annotating_components)"
)
OUTSIDE_SCHEMA = "noted: relation between types that the schema does not allow, it is never predicted"
UNSEEN = "left out: relation whose label the component does not know"


class GoldPairs(NamedTuple):
    """The annotated pairs of an example, on the tokens of its predicted Doc.

    pairs (List[Pair]): Pairs, those that are listed first.
    labels (List[Tuple[str, ...]]): What holds for each; empty for no relation.
    n_listed (int): How many are listed; the others are candidates that stand in no relation.
    mentions (List[Mention]): The gold spans.
    """

    pairs: list[Pair]
    labels: list[tuple[str, ...]]
    n_listed: int
    mentions: list[Mention]

    def take(self, indices: Iterable[int]) -> GoldPairs:
        """RETURNS (GoldPairs): Some of the pairs, in their order."""
        kept = sorted(indices)
        n_listed = sum(i < self.n_listed for i in kept)
        return GoldPairs(
            [self.pairs[i] for i in kept], [self.labels[i] for i in kept], n_listed, self.mentions
        )

    def only(self, known: Container[str]) -> GoldPairs:
        """RETURNS (GoldPairs): Known labels, without the pairs for which nothing else is annotated: to learn
        that those stand in no relation would be wrong."""
        labels = [tuple(label for label in each if label in known) for each in self.labels]
        kept = [i for i, each in enumerate(self.labels) if labels[i] or not each]
        return self._replace(labels=labels).take(kept)

    def typed_labels(self) -> Iterator[tuple[str, str, str]]:
        """YIELDS (Tuple[str, str, str]): Labels with the types of head and tail, "" for a span without."""
        types = {mention[:2]: mention.types or {""} for mention in self.mentions}
        for pair, labels in zip(self.pairs, self.labels, strict=True):
            yield from product(labels, types[pair[:2]], types[pair[2:]])


class GoldReader(NamedTuple):
    """Reads annotated pairs.

    rules (Rules): What makes a pair that is not listed a candidate; listed pairs are kept.
    inverses (Inverses): What holds in the other direction is added.
    multi_label (bool): Whether several labels of one pair are kept, or the first one.
    spans_key (Optional[str]): Where the spans are, None for entities.
    findings (Findings): Counts what is odd.
    """

    rules: Rules
    inverses: Inverses
    multi_label: bool
    spans_key: str | None
    findings: Findings

    def read(self, example: Example) -> GoldPairs:
        """In a complete annotation every pair that is not listed stands in no relation; in an incomplete one
        (`Doc._.relations_complete = False`, as in MNRE) only the listed pairs are known.

        example (Example): Annotation in `reference`; nothing if relations were never annotated.
        RETURNS (GoldPairs): Listed pairs, then unrelated ones.
        """
        listed = self.read_listed(example)
        if not has_relations(example.reference) or not example.reference._.relations_complete:
            return listed
        known = set(listed.pairs)
        candidates = self._with_sentences(example, listed.mentions).select(listed.mentions).pairs
        others = [pair for pair in candidates if pair not in known]
        return listed._replace(pairs=listed.pairs + others, labels=listed.labels + [()] * len(others))

    def read_listed(self, example: Example) -> GoldPairs:
        """RETURNS (GoldPairs): Listed pairs only, also of a complete annotation."""
        relations, outside = sound_relations(example.reference)
        self.findings.note(OUTSIDE, example.reference, len(outside))
        listed = self._complete(self._listed(example, relations))
        labels = [self._settle(example, each) for each in listed.values()]
        return GoldPairs(list(listed), labels, len(listed), self.mentions(example, relations))

    def mentions(self, example: Example, relations: Sequence[Relation]) -> list[Mention]:
        """RETURNS (List[Mention]): Gold spans and ends of other relations, on the predicted tokens."""
        spans = spans_of(example.reference, self.spans_key)
        known = {(span.start, span.end) for span in spans}
        ends = [span for relation in relations for span in (relation.head, relation.tail)]
        spans += [span for span in ends if (span.start, span.end) not in known]
        numbers = sentence_numbers(example.predicted)
        gold_numbers = sentence_numbers(example.reference) if numbers is None else None
        rows = []
        for span, place in zip(spans, project(example, spans), strict=True):
            if place is not None:
                gold_number = None if gold_numbers is None else int(gold_numbers[span.start])
                number = gold_number if numbers is None else int(numbers[place[0]])
                rows.append((*place, span.label_, number))
        return merge_mentions(rows)

    def _listed(self, example: Example, relations: Sequence[Relation]) -> dict[Pair, list[str]]:
        """The labels of each listed pair in their order."""
        doc, listed = example.reference, dict[Pair, list[str]]()
        covered = {(span.start, span.end) for span in spans_of(doc, self.spans_key)}
        is_annotated = self.spans_key is not None or doc.has_annotation("ENT_IOB")
        for relation in relations:
            head, tail = project(example, [relation.head, relation.tail])
            if relation.key[:2] == relation.key[2:4]:
                self.findings.note(SELF, doc)
            elif head is None or tail is None or head == tail:
                self.findings.note(MISALIGNED, doc)
            elif relation.label in listed.get((*head, *tail), ()):
                self.findings.note(DUPLICATE, doc)
            else:
                listed.setdefault((*head, *tail), []).append(relation.label)
                if is_annotated and not covered >= {relation.key[:2], relation.key[2:4]}:
                    self.findings.note(UNCOVERED, doc)
        return listed

    def _complete(self, listed: dict[Pair, list[str]]) -> dict[Pair, list[str]]:
        """Add what holds in the other direction, behind what is listed."""
        completed = {pair: list(labels) for pair, labels in listed.items()}
        for pair, labels in listed.items():
            for other in filter(None, map(self.inverses.of, labels)):
                known = completed.setdefault(turned(pair), [])
                if other not in known:
                    known.append(other)
        return completed

    def _settle(self, example: Example, labels: Sequence[str]) -> tuple[str, ...]:
        positive = tuple(label for label in labels if label != NO_RELATION)
        if positive and len(positive) < len(labels):
            self.findings.note(DENIED, example.reference)
        if len(positive) > 1 and not self.multi_label:
            self.findings.note(CONTRADICTORY, example.reference, len(positive) - 1)
            return positive[:1]
        return positive

    def _with_sentences(self, example: Example, mentions: Sequence[Mention]) -> Rules:
        """`spacy.Corpus` reads texts without sentence boundaries: then they limit nothing in training."""
        if not self.rules.max_sentences or all(mention.sentence is not None for mention in mentions):
            return self.rules
        self.findings.note(NO_SENTENCES, example.reference)
        return replace(self.rules, max_sentences=0)


def project(example: Example, spans: Sequence[Span]) -> list[tuple[int, int] | None]:
    """Token offsets of reference spans in the predicted Doc, None where tokens do not line up."""
    aligned = example.alignment.y2x
    projected: list[tuple[int, int] | None] = []
    for span in spans:
        indices = aligned[span.start : span.end]
        offsets = (int(indices[0]), int(indices[-1]) + 1) if len(indices) else None
        projected.append(offsets if offsets and _same_text(example, span, offsets) else None)
    return projected


def _same_text(example: Example, span: Span, offsets: tuple[int, int]) -> bool:
    text = example.predicted[offsets[0] : offsets[1]].text
    return "".join(text.split()).lower() == "".join(span.text.split()).lower()
