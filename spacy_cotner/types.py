"""What lives on a Doc: the extension attributes, and the types that they hold.

Importing this module registers the extensions. Values are stored as strings, numbers and offsets, so they
survive `DocBin(store_user_data=True)`, `Doc.to_bytes`, pickling and multiprocessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc, Span

# The grains of the paper (arXiv 2306.14122); users may add their own names.
GRAINS = ("noun", "sentence", "multimodality")

# The label of an annotated pair that stands in no relation. It is a class like the others, never a positive.
NO_RELATION = "None"

RELATIONS_KEY = ("spacy_cotner", "relations")
CONFIDENCE_KEY = ("spacy_cotner", "confidence")
SOFT_LABELS_KEY = ("spacy_cotner", "soft_labels")
# On Docs of `cotner augment`: {"method": "style", "source": 17, …}, strings and numbers only.
PROVENANCE_KEY = ("spacy_cotner", "provenance")
# On a predicted Doc: training reads it in the teacher view alone.
TEACHER_ONLY_KEY = ("spacy_cotner", "teacher_only")


class Relation(NamedTuple):
    """A directed relation between two spans of one Doc.

    head (Span): The span that the relation starts from.
    tail (Span): The span that it points to.
    label (str): The type of the relation.
    score (float): The model's probability, 1.0 for gold annotation.
    """

    head: Span
    tail: Span
    label: str
    score: float = 1.0

    @property
    def key(self) -> tuple[int, int, int, int, str]:
        """RETURNS (Tuple[int, int, int, int, str]): Token offsets and label, to compare across Docs."""
        return (self.head.start, self.head.end, self.tail.start, self.tail.end, self.label)


class SoftLabels(NamedTuple):
    """What a trained teacher thinks of a text, kept on the Doc so that a student can learn from it later.

    labels (Tuple[str, ...]): The classes: tags of a recognizer, or relation labels with "None" first.
    probabilities (ndarray): (rows, classes), one row a token or one a pair.
    pairs (ndarray): (rows, 4), token offsets of head and tail; (0, 4) for a recognizer.
    """

    labels: tuple[str, ...]
    probabilities: numpy.ndarray
    pairs: numpy.ndarray = numpy.zeros((0, 4), dtype="int32")


class Mark(NamedTuple):
    """A span that is marked in the encoder's input.

    start (int): First token.
    end (int): Token after the last.
    before (str): What stands in front of it, e.g. "@".
    after (str): What stands behind it.
    """

    start: int
    end: int
    before: str
    after: str


class View(NamedTuple):
    """One way to read a Doc: with an explanation (teacher view) or without (student view).

    doc (Doc): The text.
    cot (Mapping[str, str]): Grain -> explanation; empty for the student view.
    caption (str): The picture in words, read by the teacher view only.
    marks (Tuple[Mark, ...]): Spans to mark. Behind the tokens the encoder then gives one more state for the
        first special token, and one for each mark.
    """

    doc: Doc
    cot: Mapping[str, str] = {}
    caption: str | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def is_teacher(self) -> bool:
        """RETURNS (bool): Whether there is an explanation to read."""
        return bool(self.cot)


def view_of(item: Doc | View) -> View:
    """The rule that makes it simple: the CoT on the Doc chooses the view.

    item (Union[Doc, View]): A Doc, or a View that is passed through.
    RETURNS (View): The teacher view if the Doc carries CoT, the student view if not.
    """
    if isinstance(item, View):
        return item
    return View(item, item._.cot, item._.caption)


def get_relations(doc: Doc) -> list[Relation]:
    """Getter of `Doc._.relations`: the stored offsets as spans, a new list each time."""
    return [_relation_at(doc, row) for row in _user_data(doc).get(RELATIONS_KEY, ())]


def sound_relations(doc: Doc) -> tuple[list[Relation], list[str]]:
    """For data of unknown origin, where the getter would raise.

    doc (Doc): A Doc with stored relations.
    RETURNS (Tuple[List[Relation], List[str]]): Relations inside the Doc; labels of those that point outside.
    """
    length, inside, outside = len(doc.text), [], []
    for row in _user_data(doc).get(RELATIONS_KEY, ()):
        if all(0 <= row[i] < row[i + 1] <= length for i in (0, 3)):
            inside.append(_relation_at(doc, row))
        else:
            outside.append(row[6])
    return inside, outside


def set_relations(doc: Doc, relations: Iterable[Relation]) -> None:
    """Setter of `Doc._.relations`. Assigning an empty list says "annotated, and there are none".

    relations (Iterable[Relation]): Relations between spans of this Doc.
    RAISES (ValueError): If a span lies outside the Doc.
    """
    rows = []
    for head, tail, label, *score in relations:
        for span in (head, tail):
            if not 0 <= span.start < span.end <= len(doc):
                raise ValueError(
                    f"relation {label!r} points at tokens {span.start}-{span.end}, outside the Doc of "
                    f"{len(doc)} tokens: give spans of the same Doc"
                )
        offsets = (head.start_char, head.end_char, head.label_, tail.start_char, tail.end_char, tail.label_)
        rows.append((*offsets, str(label), float(score[0]) if score else 1.0))
    _user_data(doc)[RELATIONS_KEY] = rows


def has_relations(doc: Doc) -> bool:
    """RETURNS (bool): Whether relations were annotated (an empty list counts, a missing one does not)."""
    return RELATIONS_KEY in doc.user_data


def get_confidence(span: Span) -> float | None:
    """Getter of `Span._.confidence`: the probability of an entity, None if no component has set one."""
    for start, end, label, score in _user_data(span.doc).get(CONFIDENCE_KEY, ()):
        if (start, end, label) == (span.start_char, span.end_char, span.label_):
            return score
    return None


def set_confidences(doc: Doc, entities: Iterable[tuple[int, int, str, float]]) -> None:
    """Store what `Span._.confidence` returns.

    entities (Iterable[Tuple[int, int, str, float]]): Start and end token, label and probability.
    """
    spans = ((doc[start:end], label, score) for start, end, label, score in entities)
    _user_data(doc)[CONFIDENCE_KEY] = [(s.start_char, s.end_char, label, score) for s, label, score in spans]


def get_soft_labels(doc: Doc) -> dict[str, SoftLabels]:
    """Getter of `Doc._.soft_labels`: by the name of the component that they are for, a new dict each time."""
    return {
        name: SoftLabels(
            tuple(labels),
            numpy.frombuffer(values, dtype="float16").astype("float32").reshape(-1, len(labels)),
            numpy.frombuffer(pairs, dtype="int32").reshape(-1, 4),
        )
        for name, (labels, values, pairs) in _user_data(doc).get(SOFT_LABELS_KEY, {}).items()
    }


def set_soft_labels(doc: Doc, soft_labels: Mapping[str, SoftLabels]) -> None:
    """Setter of `Doc._.soft_labels`. Probabilities are kept in half precision.

    soft_labels (Mapping[str, SoftLabels]): By the name of the component that they are for.
    """
    _user_data(doc)[SOFT_LABELS_KEY] = {
        name: (list(soft.labels), _bytes(soft.probabilities, "float16"), _bytes(soft.pairs, "int32"))
        for name, soft in soft_labels.items()
    }


def _bytes(array: numpy.ndarray, dtype: str) -> bytes:
    return numpy.ascontiguousarray(array, dtype=dtype).tobytes()


def _relation_at(doc: Doc, row: Sequence[Any]) -> Relation:
    *offsets, label, score = row
    return Relation(_span_at(doc, *offsets[:3]), _span_at(doc, *offsets[3:]), label, score)


def _span_at(doc: Doc, start_char: int, end_char: int, label: str) -> Span:
    """Offsets are stored in characters: they stay right when a later component merges or splits tokens.

    RAISES (ValueError): If the Doc's text is not the one that the offsets were taken from.
    """
    span = doc.char_span(start_char, end_char, label=label, alignment_mode="expand")
    if span is None:
        raise ValueError(
            f"a relation's span {start_char}-{end_char} lies outside the text of {len(doc.text)} characters"
        )
    return span


def _user_data(doc: Doc) -> dict[Any, Any]:
    """spaCy's own keys are tuples, too, but its stubs say strings."""
    return doc.user_data


def _get_cot(doc: Doc) -> dict[str, str]:
    return dict(_user_data(doc).get(("._.", "cot", None, None)) or {})


def _set_cot(doc: Doc, cot: Mapping[str, str] | None) -> None:
    _user_data(doc)[("._.", "cot", None, None)] = {str(k): str(v) for k, v in (cot or {}).items()}


def register_extensions() -> None:
    """Register the extension attributes; safe to call again."""
    extensions: dict[str, dict[str, Any]] = {
        "image": {"default": None},
        "caption": {"default": None},
        "cot": {"getter": _get_cot, "setter": _set_cot},
        "relations": {"getter": get_relations, "setter": set_relations},
        # False: only the listed pairs are annotated (label "None" included), other pairs are unknown (MNRE).
        # True: a pair that is not listed stands in no relation.
        "relations_complete": {"default": True},
        "soft_labels": {"getter": get_soft_labels, "setter": set_soft_labels},
        # How much a text counts in training, e.g. less for one that an LLM has rewritten.
        "example_weight": {"default": 1.0},
    }
    for name, kwargs in extensions.items():
        if not Doc.has_extension(name):
            Doc.set_extension(name, **kwargs)
    if not Span.has_extension("confidence"):
        Span.set_extension("confidence", getter=get_confidence)


register_extensions()
