"""The approach of spaCy's relation tutorial (`rel_component`), as a component to measure against.

Span pooling over a listener, head and tail side by side, one linear layer with a logistic function, squared
error. Written after its description, with its threshold of 0.5; it reads the pairs that are listed.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from spacy_transformers.architectures import transformer_listener_tok2vec_v1
from thinc.api import Linear, Logistic, Model, chain, reduce_mean
from thinc.types import Floats2d, Ragged

from spacy_cotner.inverses import Inverses
from spacy_cotner.pipeline.candidates import Pair, Rules
from spacy_cotner.pipeline.findings import Findings
from spacy_cotner.pipeline.gold_pairs import GoldReader
from spacy_cotner.scorers import pair_keys, score_relations


def instances(tok2vec: Model) -> Model:
    """RETURNS (Model[Tuple[List[Doc], List[List[Pair]]], Floats2d]): Both means (pairs, 2 * width)."""

    def forward(model: Model, inputs: Any, is_train: bool) -> tuple[Floats2d, Callable]:
        docs, pairs = inputs
        tokens, bp_tokens = model.layers[0](docs, is_train)
        spans = [(i, *ends) for i, rows in enumerate(pairs) for p in rows for ends in (p[:2], p[2:])]
        lengths = model.ops.asarray1i([end - start for _, start, end in spans])
        stacked = model.ops.xp.concatenate([tokens[i][start:end] for i, start, end in spans])
        means, bp_means = model.layers[1](Ragged(stacked, lengths), is_train)

        def backprop(d_instances: Floats2d) -> list[Doc]:
            d_spans = bp_means(d_instances.reshape(len(spans), -1)).dataXd
            d_tokens = [model.ops.alloc2f(*array.shape) for array in tokens]
            place = 0
            for i, start, end in spans:
                d_tokens[i][start:end] += d_spans[place : place + end - start]
                place += end - start
            return bp_tokens(d_tokens)

        return means.reshape(len(spans) // 2, -1), backprop

    return Model("instances", forward, layers=[tok2vec, reduce_mean()])


@Language.factory("tutorial_rel", default_config={"threshold": 0.5})
def make_tutorial_rel(nlp: Language, name: str, threshold: float) -> "TutorialRel":
    """threshold (float): Smallest score of a relation."""
    return TutorialRel(nlp.vocab, name, threshold)


class TutorialRel(TrainablePipe):
    """Scores pairs of given spans."""

    def __init__(self, vocab: Vocab, name: str, threshold: float):
        self.vocab, self.name, self.scorer = vocab, name, None
        self.cfg: dict[str, Any] = {"labels": [], "threshold": threshold}
        tok2vec = transformer_listener_tok2vec_v1(reduce_mean(), grad_factor=1.0)
        self.model = chain(instances(tok2vec), Linear(), Logistic())
        self.model.set_ref("tok2vec", tok2vec)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.cfg["labels"])

    def gold(self, example: Example) -> tuple[list[Pair], numpy.ndarray]:
        """RETURNS (Tuple[List[Pair], ndarray]): Listed pairs and what holds (pairs, labels)."""
        found = GoldReader(Rules(), Inverses(), False, None, Findings()).read_listed(example)
        truth = numpy.asarray([[label in row for label in self.labels] for row in found.labels], dtype="f")
        return found.pairs, truth.reshape(-1, len(self.labels))

    def initialize(
        self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language, labels: Any = None
    ) -> None:
        relations = (r for eg in get_examples() for r in eg.reference._.relations)
        self.cfg["labels"] = sorted({r.label for r in relations} - {"None"})
        self.finish(nlp.get_pipe("cot_transformer").model)

    def finish(self, encoder: Model) -> None:
        """The sizes are known once the encoder is."""
        encoder.initialize()
        linear = self.model.layers[1]
        linear.set_dim("nI", 2 * encoder.get_dim("nO"))
        linear.set_dim("nO", len(self.labels))
        linear.initialize()

    def predict_pairs(self, docs: Sequence[Doc], pairs: Sequence[Sequence[Pair]]) -> list[numpy.ndarray]:
        """RETURNS (List[ndarray]): Scores (pairs, labels) for each Doc."""
        rows = [i for i, each in enumerate(pairs) if each]
        scores = [numpy.zeros((0, len(self.labels)), dtype="f") for _ in docs]
        if rows:
            found = self.model.predict(([docs[i] for i in rows], [pairs[i] for i in rows]))
            ends = numpy.cumsum([len(pairs[i]) for i in rows])[:-1]
            for i, part in zip(rows, numpy.split(found, ends), strict=True):
                scores[i] = part
        return scores

    def predict(self, docs: Iterable[Doc]) -> None:
        """Only given pairs are scored, see `score`."""

    def set_annotations(self, docs: Iterable[Doc], predictions: None) -> None:
        """Nothing is set."""

    def update(
        self, examples: Iterable[Example], *, drop: float = 0.0, sgd: Any = None, losses: Any = None
    ) -> dict[str, float]:
        examples, losses = list(examples), {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        gold = [self.gold(eg) for eg in examples]
        if not any(pairs for pairs, _ in gold):
            return losses
        scores, backprop = self.model.begin_update(
            ([eg.predicted for eg in examples], [pairs for pairs, _ in gold])
        )
        gradient = scores - numpy.concatenate([truth for _, truth in gold])
        backprop(gradient)
        losses[self.name] += float((gradient**2).sum(1).mean())
        if sgd is not None:
            self.finish_update(sgd)
        return losses

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        examples = list(examples)
        pairs = [self.gold(eg)[0] for eg in examples]
        scores = self.predict_pairs([eg.predicted for eg in examples], pairs)
        found = [
            pair_keys(eg.predicted, self.decide(*each))
            for eg, *each in zip(examples, pairs, scores, strict=True)
        ]
        return score_relations(examples, found, "rel_gold_ents")

    def decide(self, pairs: Sequence[Pair], scores: numpy.ndarray) -> list[tuple[Pair, str, float]]:
        """RETURNS (List[Tuple[Pair, str, float]]): Every label above the threshold."""
        rows = zip(*numpy.nonzero(scores >= self.cfg["threshold"]), strict=True)
        return [(pairs[row], self.labels[column], float(scores[row, column])) for row, column in rows]
