"""A trained teacher labels texts softly; its opinion stays on the Docs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

import numpy
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import CotnerError
from ..models.encoder import pretrained_half
from ..types import SoftLabels
from .copies import copies
from .distilled import DistilledPipe
from .ner import CotNer
from .phrases import PhraseReader
from .soft_f1 import soft_f1

# A teacher that learnt few texts by heart is too sure of others: at this temperature a reader can object.
TEMPERATURE = 2.0
# Docs at a time.
BATCH_SIZE = 32
# The readers of a teacher, by the name of the recognizer that they help.
Readers = dict[str, PhraseReader]


def label_softly(
    docs: Iterable[Doc],
    teachers: Sequence[Language],
    *,
    readers: Sequence[Readers] = (),
    text_only: bool = False,
    batch_size: int = BATCH_SIZE,
) -> Iterator[Doc]:
    """Set `Doc._.soft_labels`, by the names of the teachers' `cot_ner` and `cot_rel` components.

    Several teachers are averaged. Annotation on the Docs stays; it decides which pairs a `cot_rel` looks at.

    docs (Iterable[Doc]): The texts, with CoT for the teacher view.
    teachers (Sequence[Language]): Trained pipelines.
    readers (Sequence[Readers]): Of each teacher, see `fit_readers`. A recognizer is averaged with its reader
        wherever that one has an opinion.
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
    helped = list(zip(teachers, readers or [{} for _ in teachers], strict=True))
    for batch in minibatch(docs, batch_size):
        opinions = [_opinions(*each, batch, text_only) for each in helped]
        for doc, *judged in zip(batch, *(each.judged for each in opinions), strict=True):
            doc._.soft_labels = _mean(judged)
            yield doc


def fit_readers(teachers: Sequence[Language], labelled: Iterable[Doc]) -> list[Readers]:
    """Fit a `PhraseReader` for each recognizer of each teacher, with the encoder that the teacher began from.

    teachers (Sequence[Language]): Trained pipelines.
    labelled (Iterable[Doc]): Texts with entities and CoT.
    RETURNS (List[Readers]): The readers of each teacher.
    RAISES (CotnerError): If a teacher has no recognizer, its pretrained encoder is gone, or no entity is
        named in its explanation.
    """
    docs = list(labelled)
    return [_fit_readers(teacher, docs) for teacher in teachers]


def _fit_readers(teacher: Language, labelled: Sequence[Doc]) -> Readers:
    recognizers = {name: pipe for name, pipe in teacher.pipeline if isinstance(pipe, CotNer)}
    if not recognizers:
        raise CotnerError("phrases are judged for a recognizer (cot_ner), and a teacher has none")
    models = [pipe.model for _, pipe in teacher.pipeline if isinstance(pipe, TrainablePipe)]
    encoder = pretrained_half(
        next(part for model in models for part in model.walk() if part.name == "cot-transformer")
    )
    docs = copies(teacher, labelled)
    return {name: PhraseReader(encoder, pipe.labels).fit(docs) for name, pipe in recognizers.items()}


class Comparison(NamedTuple):
    """F1 of soft labels against annotation, in percent, without readers of phrases and with them."""

    alone: float
    judged: float


def compare_readers(
    teachers: Sequence[Language], readers: Sequence[Readers], dev: Iterable[Doc]
) -> dict[str, Comparison]:
    """Do readers make soft labels better? With few labels they mostly do, a teacher of many beats them.

    teachers (Sequence[Language]): Trained pipelines.
    readers (Sequence[Readers]): Of each of them.
    dev (Iterable[Doc]): Texts with entities and CoT that neither has learnt from.
    RETURNS (Dict[str, Comparison]): By the name of the recognizer.
    """
    docs = list(dev)
    if not any(doc.ents for doc in docs):
        raise CotnerError("no text that soft labels are compared on has entities: give annotated ones")
    alone, judged = list[dict[str, SoftLabels]](), list[dict[str, SoftLabels]]()
    for batch in minibatch(docs, BATCH_SIZE):
        opinions = [_opinions(*each, batch) for each in zip(teachers, readers, strict=True)]
        alone += map(_mean, zip(*(each.alone for each in opinions), strict=True))
        judged += map(_mean, zip(*(each.judged for each in opinions), strict=True))
    compared = {}
    for name in readers[0]:
        tags = cast(CotNer, teachers[0].get_pipe(name)).tags
        scores = (soft_f1(docs, [soft[name] for soft in each], tags) for each in (alone, judged))
        compared[name] = Comparison(*scores)
    return compared


class Opinions(NamedTuple):
    """For each Doc, by the name of the component, what a teacher thinks, and what it and its readers do."""

    alone: list[dict[str, SoftLabels]]
    judged: list[dict[str, SoftLabels]]


def _opinions(teacher: Language, readers: Readers, docs: Sequence[Doc], text_only: bool = False) -> Opinions:
    read = copies(teacher, docs)
    if text_only:
        for doc in read:
            doc._.cot = {}
    opinions = Opinions([{} for _ in docs], [{} for _ in docs])
    for name, pipe in teacher.pipeline:
        if isinstance(pipe, DistilledPipe):
            alone = judged = pipe.soft_labels(read)
            if name in readers and isinstance(pipe, CotNer):
                judged = list(map(_blend, alone, readers[name].soft_labels(read, pipe.tags)))
            for i in range(len(docs)):
                opinions.alone[i][name], opinions.judged[i][name] = alone[i], judged[i]
        read = list(pipe.pipe(read, batch_size=len(read)))  # type: ignore[attr-defined]
    return opinions


def _blend(soft: SoftLabels, judged: tuple[numpy.ndarray, numpy.ndarray]) -> SoftLabels:
    """The mean of both, where there are two opinions."""
    rows, known = judged
    softened = soft.probabilities ** (1 / TEMPERATURE)
    mean = (softened / softened.sum(1, keepdims=True) + rows) / 2
    return soft._replace(probabilities=numpy.where(known[:, None], mean, soft.probabilities))


def _mean(opinions: Sequence[dict[str, SoftLabels]]) -> dict[str, SoftLabels]:
    first = opinions[0]
    for other in opinions[1:]:
        for name in first:
            if name not in other or other[name].labels != first[name].labels:
                raise CotnerError(f"the teachers' {name} know different labels: train them on the same ones")
    means = {name: numpy.mean([o[name].probabilities for o in opinions], axis=0) for name in first}
    return {name: soft._replace(probabilities=means[name]) for name, soft in first.items()}
