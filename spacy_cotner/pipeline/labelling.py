"""A trained teacher labels texts softly; its opinion stays on the Docs."""

from collections.abc import Iterable, Iterator, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import CotnerError
from ..types import SoftLabels
from .distilled import DistilledPipe


def label_softly(
    docs: Iterable[Doc], teachers: Sequence[Language], *, text_only: bool = False, batch_size: int = 32
) -> Iterator[Doc]:
    """Set `Doc._.soft_labels`, by the names of the teachers' `cot_ner` and `cot_rel` components.

    Several teachers are averaged. Annotation on the Docs stays; it decides which pairs a `cot_rel` looks at.

    docs (Iterable[Doc]): The texts, with CoT for the teacher view.
    teachers (Sequence[Language]): Trained pipelines.
    text_only (bool): Read the student view even of texts with CoT (self-training).
    batch_size (int): Docs at a time.
    YIELDS (Doc): The same Docs.
    RAISES (CotnerError): If a teacher has nothing to teach, or teachers know different labels.
    """
    for teacher in teachers:
        if not any(isinstance(pipe, DistilledPipe) for _, pipe in teacher.pipeline):
            names = ", ".join(teacher.pipe_names) or "nothing"
            raise CotnerError(
                f"a teacher has no cot_ner and no cot_rel, only {names}: "
                "give a pipeline that was trained with one"
            )
    for batch in minibatch(docs, batch_size):
        opinions = [_opinions(teacher, batch, text_only) for teacher in teachers]
        for i, doc in enumerate(batch):
            doc._.soft_labels = _mean([opinion[i] for opinion in opinions])
            yield doc


def _opinions(teacher: Language, docs: Sequence[Doc], text_only: bool) -> list[dict[str, SoftLabels]]:
    """What one teacher thinks of a batch; it works on copies, with its own vocabulary (stop words)."""
    copies = [Doc(teacher.vocab).from_bytes(doc.to_bytes()) for doc in docs]
    if text_only:
        for doc in copies:
            doc._.cot = {}
    found: list[dict[str, SoftLabels]] = [{} for _ in docs]
    for name, pipe in teacher.pipeline:
        if isinstance(pipe, DistilledPipe):
            for labels, soft in zip(found, pipe.soft_labels(copies), strict=True):
                labels[name] = soft
        copies = list(pipe.pipe(copies, batch_size=len(copies)))  # type: ignore[attr-defined]
    return found


def _mean(opinions: Sequence[dict[str, SoftLabels]]) -> dict[str, SoftLabels]:
    first = opinions[0]
    for other in opinions[1:]:
        for name in first:
            if name not in other or other[name].labels != first[name].labels:
                raise CotnerError(f"the teachers' {name} know different labels: train them on the same ones")
    means = {name: numpy.mean([o[name].probabilities for o in opinions], axis=0) for name in first}
    return {name: soft._replace(probabilities=means[name]) for name, soft in first.items()}
