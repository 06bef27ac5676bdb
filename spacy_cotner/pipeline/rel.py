"""`cot_rel`: the distilled relation extractor."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import numpy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Config, torch2xp, xp2torch
from thinc.types import Floats2d
from torch import Tensor
from torch.nn import functional as F

from ..models.rel import RelModel
from ..scorers import pair_keys, score_relations
from ..types import NO_RELATION, Relation, SoftLabels, View
from .candidates import Pair, candidate_pairs, gold_pairs
from .distillation import Distillation
from .distilled import DistilledPipe
from .views import TrainingViews

DEFAULT_CONFIG = Config().from_str(
    """
    [cot_rel]
    threshold = 0.5
    max_distance = 100

    [cot_rel.model]
    @architectures = "spacy_cotner.CotRel.v1"

    [cot_rel.model.tok2vec]
    @architectures = "spacy_cotner.CotListener.v1"

    [cot_rel.model.tok2vec.pooling]
    @layers = "reduce_mean.v1"

    [cot_rel.distillation]
    @misc = "spacy_cotner.Distillation.v1"

    [cot_rel.scorer]
    @scorers = "spacy_cotner.rel_scorer.v1"
    """
)["cot_rel"]

# For each Doc its candidates and their probabilities (candidates, 1 + labels).
Predictions = list[tuple[list[Pair], numpy.ndarray]]


@Language.factory(
    "cot_rel",
    requires=["doc.ents"],
    assigns=["doc._.relations"],
    default_config=DEFAULT_CONFIG,
    default_score_weights={
        "rel_micro_f": 1.0,
        "rel_micro_p": 0.0,
        "rel_micro_r": 0.0,
        "rel_macro_f": 0.0,
        "rel_per_type": None,
        "rel_gold_ents_micro_p": None,
        "rel_gold_ents_micro_r": None,
        "rel_gold_ents_micro_f": 0.0,
        "rel_gold_ents_macro_f": None,
        "rel_gold_ents_per_type": None,
    },
)
def make_cot_rel(
    nlp: Language,
    name: str,
    model: RelModel,
    threshold: float,
    max_distance: int,
    distillation: Distillation,
    scorer: Callable | None,
) -> "CotRel":
    """Construct a `cot_rel`.

    model (Model[Tuple[Sequence[Union[Doc, View]], ndarray], Floats2d]): Gives logits for candidate pairs.
    threshold (float): Smallest probability that some relation holds.
    max_distance (int): Largest distance of two entities in tokens, 0 for no limit.
    distillation (Distillation): Weights of the loss terms.
    scorer (Optional[Callable]): The scoring method.
    """
    return CotRel(
        nlp.vocab,
        model,
        name,
        threshold=threshold,
        max_distance=max_distance,
        distillation=distillation,
        scorer=scorer,
    )


class CotRel(DistilledPipe):
    """Finds directed relations between the entities of a Doc, whichever component has found those.

    One softmax over the labels and "no relation" for every ordered pair of entities. It sets
    `doc._.relations`; the score is the probability of the label.

    vocab (Vocab): The pipeline's vocabulary.
    model (Model): Gives logits for candidate pairs.
    name (str): Name of the component.
    threshold (float): Smallest probability that some relation holds.
    max_distance (int): Largest distance of two entities in tokens, 0 for no limit.
    distillation (Distillation): Weights of the loss terms.
    scorer (Optional[Callable]): The scoring method.
    """

    label_kind = "relation labels"

    def __init__(
        self,
        vocab: Vocab,
        model: RelModel,
        name: str = "cot_rel",
        *,
        threshold: float = 0.5,
        max_distance: int = 100,
        distillation: Distillation | None = None,
        scorer: Callable | None = None,
    ) -> None:
        super().__init__(
            vocab,
            model,
            name,
            distillation=distillation or Distillation(),
            scorer=scorer,
            threshold=threshold,
            max_distance=max_distance,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): "No relation" at index 0, then the labels."""
        return (NO_RELATION, *self.labels)

    def soft_labels(self, docs: Iterable[Doc]) -> list[SoftLabels]:
        return []

    def add_label(self, label: str) -> int:
        """Add a label before `initialize`; "no relation" is always there and is never added.

        label (str): The label.
        RETURNS (int): 1 if it is new, 0 if not.
        """
        return 0 if label == NO_RELATION else super().add_label(label)

    def gold_labels(self, example: Example) -> Iterable[str]:
        """YIELDS (str): Labels of the reference's relations."""
        return (r.label for r in example.reference._.relations if r.label != NO_RELATION)

    def predict(self, docs: Iterable[Doc]) -> Predictions:
        """Score all candidate pairs of entities, each Doc in the view that its CoT chooses.

        docs (Iterable[Doc]): Docs with entities.
        RETURNS (List[Tuple[List[Pair], ndarray]]): Candidates and probabilities of each Doc.
        """
        docs = list(docs)
        return self.predict_pairs(
            docs, [candidate_pairs(d.ents, int(self.cfg["max_distance"])) for d in docs]
        )

    def predict_pairs(self, docs: Sequence[Doc | View], pairs: Sequence[list[Pair]]) -> Predictions:
        """Score given pairs.

        docs (Sequence[Union[Doc, View]]): The texts.
        pairs (Sequence[List[Pair]]): For each text pairs of token spans.
        RETURNS (List[Tuple[List[Pair], ndarray]]): The same pairs, with probabilities (pairs, 1 + labels).
        """
        self._require_labels()
        # Texts without candidates need no encoding.
        rows = [i for i, candidates in enumerate(pairs) if candidates]
        predictions: Predictions = [([], numpy.zeros((0, self.n_outputs), dtype="f")) for _ in docs]
        if rows:
            logits = self.model.predict(([docs[i] for i in rows], _stack([pairs[i] for i in rows])))
            probabilities = torch.softmax(xp2torch(logits), 1).cpu().numpy()
            ends = numpy.cumsum([len(pairs[i]) for i in rows])[:-1]
            for i, part in zip(rows, numpy.split(probabilities, ends), strict=True):
                predictions[i] = (pairs[i], part)
        return predictions

    def set_annotations(self, docs: Iterable[Doc], predictions: Predictions) -> None:
        """Set `doc._.relations`.

        docs (Iterable[Doc]): The Docs.
        predictions (List[Tuple[List[Pair], ndarray]]): What `predict` returned.
        """
        for doc, prediction in zip(docs, predictions, strict=True):
            spans = {(ent.start, ent.end): ent for ent in doc.ents}
            doc._.relations = [
                Relation(spans[pair[:2]], spans[pair[2:]], label, score)
                for pair, label, score in self._decide(*prediction)
            ]

    def _decide(self, pairs: list[Pair], probabilities: numpy.ndarray) -> Iterator[tuple[Pair, str, float]]:
        """The pairs that stand in some relation, with the likeliest."""
        for pair, row in zip(pairs, probabilities, strict=True):
            best = int(row[1:].argmax()) + 1
            if 1 - row[0] >= float(self.cfg["threshold"]):
                yield pair, self.labels[best - 1], float(row[best])

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Score twice: with the entities that the pipeline has predicted, and with the gold entities.

        examples (Iterable[Example]): Predicted and gold Docs.
        RETURNS (Dict[str, Any]): `rel_…` and `rel_gold_ents_…`, see `scorers.rel_score`.
        """
        examples = list(examples)
        scores = dict(super().score(examples, **kwargs))
        gold = [gold_pairs(eg, int(self.cfg["max_distance"])).pairs for eg in examples]
        predictions = self.predict_pairs([eg.predicted for eg in examples], gold)
        found = []
        for eg, prediction in zip(examples, predictions, strict=True):
            decided = list(self._decide(*prediction))
            found.append(
                pair_keys(eg.predicted, [p for p, _, _ in decided], [label for _, label, _ in decided])
            )
        return scores | score_relations(examples, found, "rel_gold_ents")

    def update_views(self, examples: Sequence[Example], views: TrainingViews) -> float:
        """See `DistilledPipe`."""
        gold = [gold_pairs(eg, int(self.cfg["max_distance"])) for eg in examples]
        index = {NO_RELATION: 0, **{label: i + 1 for i, label in enumerate(self.labels)}}
        targets = [[index.get(label, 0) for label in pairs.labels] for pairs in gold]
        owners = list(range(len(examples))) + views.owners
        pairs = _stack([gold[i].pairs for i in owners])
        logits, backprop = self.model.begin_update((views.students + views.teachers, pairs))
        loss, d_logits = self.get_loss(examples, logits, targets, views)
        backprop(d_logits)
        return loss

    def get_loss(
        self, examples: Sequence[Example], scores: Floats2d, targets: list[list[int]], views: TrainingViews
    ) -> tuple[float, Floats2d]:
        """The three terms of `Distillation`, summed over the pairs of a text and averaged over texts.

        As in `cot_ner`, so that neither task drowns the other in a shared encoder.

        examples (Sequence[Example]): The batch.
        scores (Floats2d): Logits of the pairs of the student views, then of those of the teacher views.
        targets (List[List[int]]): Index of the gold label of each pair of each example.
        views (TrainingViews): The views.
        RETURNS (Tuple[float, Floats2d]): The loss and its gradient.
        """
        teacher_weight, kl_weight = self.distillation.next_weights()
        n = sum(map(len, targets))
        if not n:
            return 0.0, scores * 0
        logits = xp2torch(scores, requires_grad=True)
        student, teacher = logits[:n], logits[n:]
        gold = torch.tensor([t for row in targets for t in row], device=logits.device)
        taught = _pairs_of(views.owners, targets, logits.device)
        loss = F.cross_entropy(student, gold, reduction="sum")
        loss = loss + teacher_weight * F.cross_entropy(teacher, gold[taught], reduction="sum")
        if len(taught) and kl_weight:
            loss = loss + kl_weight * self._kl(student[taught], teacher)
        loss = loss / len(targets)
        (d_logits,) = torch.autograd.grad(loss, logits)
        return float(loss.detach()), cast(Floats2d, torch2xp(d_logits))

    def _kl(self, student: Tensor, teacher: Tensor) -> Tensor:
        """T² · KL(teacher ‖ student) at temperature T, summed over pairs."""
        T = self.distillation.temperature
        if self.distillation.detach_teacher:
            teacher = teacher.detach()
        logs, target = torch.log_softmax(student / T, 1), torch.log_softmax(teacher / T, 1)
        return T**2 * F.kl_div(logs, target, reduction="sum", log_target=True)


def _stack(pairs: Sequence[list[Pair]]) -> numpy.ndarray:
    """(pairs, 5): the row of the text, then the pair."""
    rows = [(i, *pair) for i, candidates in enumerate(pairs) for pair in candidates]
    return numpy.asarray(rows, dtype="int64").reshape(-1, 5)


def _pairs_of(owners: list[int], targets: list[list[int]], device: Any) -> Tensor:
    """Where the pairs of these examples stand among those of all examples."""
    starts = numpy.cumsum([0, *map(len, targets)])
    indices = [j for i in owners for j in range(starts[i], starts[i + 1])]
    return torch.tensor(indices, dtype=torch.long, device=device)
