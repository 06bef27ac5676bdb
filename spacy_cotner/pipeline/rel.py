"""`cot_rel`: the distilled relation extractor."""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import numpy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import torch2xp, xp2torch
from thinc.types import Floats2d
from torch import Tensor

from ..inverses import turned
from ..models.rel import RelModel
from ..modules.pair_losses import IMPOSSIBLE, probabilities
from ..scorers import pair_keys, score_relations
from ..types import NO_RELATION, Relation, SoftLabels, View, view_of
from .calibration import Calibration, calibrate_pairs
from .candidates import Mention, Pair, Rules, mentions_of, spans_of
from .decide import Found
from .distillation import Distillation
from .distilled import DistilledPipe
from .findings import Findings
from .gold_pairs import OUTSIDE_SCHEMA, GoldPairs
from .missed import score_missed
from .pair_batches import parts_of, stack_pairs, types_of
from .rel_loss import kl_from_soft_labels, kl_from_views, make_pair_batch, task_losses
from .rel_settings import DEFAULT_CONFIG, DEFAULT_SETTINGS, RelSettings
from .schema import make_schema, read_schema
from .soft_pairs import SoftPairs, listed_pairs, soft_pairs
from .training_pairs import known_pairs, training_pairs
from .views import TrainingViews

# For each Doc its pairs and the probabilities of the labels (pairs, labels).
Predictions = list[tuple[Sequence[Pair], numpy.ndarray]]

LEFT_OUT = "left out: pair over max_pairs_per_doc, the nearest are looked at"
FOREIGN = "noted: Doc whose entities all have types that the schema does not know, they stand in no relation"
NO_SPANS = "noted: Doc without doc.spans[{!r}], it has nothing that could be related"


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
        "rel_missed_pairs": None,
        "rel_missed_reasons": None,
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
    multi_label: bool,
    max_distance: int,
    max_sentences: int,
    max_pairs: int,
    max_pairs_per_doc: int,
    negative_ratio: float | None,
    schema: str | dict[str, list[list[str]]] | list[list[str]] | None,
    symmetric: list[str],
    inverse: dict[str, str],
    spans_key: str | None,
    distillation: Distillation,
    scorer: Callable | None,
) -> "CotRel":
    """Construct a `cot_rel`, see `CotRel` for the settings.

    model (Model[Tuple[Sequence[Union[Doc, View]], ndarray, Sequence], Floats2d]): Gives logits for pairs.
    """
    return CotRel(
        nlp.vocab,
        model,
        name,
        threshold=threshold,
        multi_label=multi_label,
        max_distance=max_distance,
        max_sentences=max_sentences,
        max_pairs=max_pairs,
        max_pairs_per_doc=max_pairs_per_doc,
        negative_ratio=negative_ratio,
        schema=schema,
        symmetric=symmetric,
        inverse=inverse,
        spans_key=spans_key,
        distillation=distillation,
        scorer=scorer,
    )


class CotRel(DistilledPipe):
    """Finds directed relations between the entities of a Doc, whichever component has found those.

    For every ordered pair of entities one softmax over the labels and "no relation", or with `multi_label` a
    sigmoid for each label. It sets `doc._.relations`; the score is the probability of the label.

    vocab (Vocab): The pipeline's vocabulary.
    model (Model): Gives logits for candidate pairs.
    name (str): Name of the component.
    threshold (float): Smallest probability: of any relation, or with `multi_label` of the one relation.
    multi_label (bool): Whether a pair may stand in several relations.
    max_distance (int): Largest distance of two entities in tokens, 0 for no limit.
    max_sentences (int): Sentences that a pair may reach over, 1 for the same one; 0 for no limit.
    max_pairs (int): Pairs that are in memory at once. At prediction they are scored batch by batch; an update
        leaves out unrelated pairs, by chance, until so many are left.
    max_pairs_per_doc (int): Most pairs of a Doc, the nearest are looked at; 0 for no limit.
    negative_ratio (Optional[float]): In training, unlisted pairs that are taken as "no relation" for each
        related pair, drawn anew at each update; None for all.
    schema (Union[str, dict, list, None]): Which types may stand in which relation: "auto" to learn it from
        the training data, a JSON file, {label: [[head, tail], …]}, [[head, label, tail], …]; None for all.
    symmetric (Sequence[str]): Labels that hold in both directions or in none.
    inverse (Optional[Dict[str, str]]): Labels that say the same in the other direction.
    spans_key (Optional[str]): Relate the spans of this group of `doc.spans`; None for `doc.ents`.
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
        distillation: Distillation | None = None,
        scorer: Callable | None = None,
        **settings: Any,
    ) -> None:
        unknown = settings.keys() - DEFAULT_SETTINGS.keys()
        if unknown:
            raise TypeError(f"{name}: unknown settings {', '.join(sorted(unknown))}")
        super().__init__(
            vocab,
            model,
            name,
            distillation=distillation or Distillation(),
            scorer=scorer,
            **copy.deepcopy({**DEFAULT_SETTINGS, **settings}),
            type_schema=None,  # what `initialize` makes of `schema`
            temperature=1.0,  # what `calibrate` finds
        )
        self.settings.check(name)
        self.findings = Findings()

    @property
    def settings(self) -> RelSettings:
        """RETURNS (RelSettings): What the settings and the labels mean."""
        return RelSettings(self.cfg, self.labels)

    @property
    def classes(self) -> tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The labels and, unless `multi_label`, at index 0 "no relation"."""
        return self.labels if self.settings.multi_label else (NO_RELATION, *self.labels)

    def soft_labels(self, docs: Iterable[Doc]) -> list[SoftLabels]:
        """What this component thinks of pairs, for a student to learn from.

        docs (Iterable[Doc]): The Docs, each read in the view that its CoT chooses. Of an incomplete
            annotation (MNRE) the listed pairs are looked at, else all candidates.
        RETURNS (List[SoftLabels]): One row a pair.
        """
        docs, rules = list(docs), self.settings.rules
        mentions = [self._mentions(doc) for doc in docs]
        pairs = [
            listed_pairs(doc) or self._candidates(doc, each, rules)
            for doc, each in zip(docs, mentions, strict=True)
        ]
        logits = self.predict_logits(docs, pairs, mentions)
        scores = [torch.sigmoid(x) if self.settings.multi_label else torch.softmax(x, 1) for x in logits]
        return [
            SoftLabels(self.classes, rows.cpu().numpy(), numpy.asarray(each, dtype="int32").reshape(-1, 4))
            for rows, each in zip(scores, pairs, strict=True)
        ]

    def add_label(self, label: str) -> int:
        """Add a label before `initialize`; "no relation" is always there and is never added.

        label (str): The label.
        RETURNS (int): 1 if it is new, 0 if not.
        """
        return 0 if label == NO_RELATION else super().add_label(label)

    def gold_labels(self, example: Example) -> Iterable[str]:
        """YIELDS (str): Labels of the reference's relations and their inverses, and those of soft labels."""
        yield from (label for label, _, _ in self.settings.reader().read_listed(example).typed_labels())
        soft = example.reference._.soft_labels.get(self.name)
        yield from (label for label in (soft.labels if soft else ()) if label != NO_RELATION)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Collect labels and, if asked for, the schema; warn of what is odd about the annotation.

        get_examples (Callable[[], Iterable[Example]]): Returns gold examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Sequence[str]]): The labels, if they are known; else all that occur.
        RAISES (CotnerError): If there are no labels, or the schema cannot be read.
        """
        validate_get_examples(get_examples, "CotRel.initialize")
        self.findings, inverses = Findings(), self.settings.inverses
        reader = self.settings.reader(self.findings)
        found = Counter(row for eg in get_examples() for row in reader.read_listed(eg).typed_labels())
        if labels is None:
            labels = sorted({label for eg in get_examples() for label in self.gold_labels(eg)})
        names = [*labels, *(other for other in map(inverses.of, labels) if other)]
        super().initialize(get_examples, nlp=nlp, labels=names)
        if self.cfg["schema"] == "auto":
            self.cfg["type_schema"] = make_schema(found, inverses)
        elif self.cfg["schema"] is not None:
            self.cfg["type_schema"] = read_schema(self.cfg["schema"], inverses)
        self._check_schema(found)
        self.findings.warn(self.name)

    def _check_schema(self, found: Counter[tuple[str, str, str]]) -> None:
        """Count annotated relations that the schema makes impossible."""
        types = self.settings.rules.types
        for (label, head, tail), n in found.items():
            h, t = (frozenset({each} - {""}) for each in (head, tail))
            if types is not None and label in self.labels and not types.allows(h, t, label):
                self.findings.note(OUTSIDE_SCHEMA, f"{label}: {head} to {tail}", n)

    def predict(self, docs: Iterable[Doc]) -> list[list[Found]]:
        """Find relations, each Doc in the view that its CoT chooses.

        docs (Iterable[Doc]): Docs with entities.
        RETURNS (List[List[Tuple[Pair, str, float]]]): For each Doc pairs of spans with label and probability.
        """
        self._require_labels()
        docs, settings = list(docs), self.settings
        decider, rules = settings.decider, settings.rules
        mentions = [self._mentions(doc) for doc in docs]
        pairs = [self._candidates(doc, each, rules) for doc, each in zip(docs, mentions, strict=True)]
        self.findings.warn(self.name)
        found: list[list[Found]] = []
        for part in parts_of([len(each) for each in pairs], int(self.cfg["max_pairs"])):
            predictions = self.predict_pairs(docs[part], pairs[part], mentions[part])
            found += [decider.decide(*prediction) for prediction in predictions]
        return found

    def predict_pairs(
        self,
        docs: Sequence[Doc | View],
        pairs: Sequence[Sequence[Pair]],
        mentions: Sequence[Sequence[Mention]] | None = None,
    ) -> Predictions:
        """Score given pairs: calibrated, and averaged over both directions where inverses are declared.

        docs (Sequence[Union[Doc, View]]): The texts.
        pairs (Sequence[Sequence[Pair]]): For each text pairs of token spans.
        mentions (Optional[Sequence[Sequence[Mention]]]): Spans whose types the schema reads, by default those
            on the texts.
        RETURNS (List[Tuple[Sequence[Pair], ndarray]]): The same pairs, with probabilities (pairs, labels).
        """
        asked, decider = pairs, self.settings.decider
        if decider.inverses:
            pairs = [list(dict.fromkeys([*each, *map(turned, each)])) for each in pairs]
        predictions: Predictions = []
        for i, logits in enumerate(self.predict_logits(docs, pairs, mentions)):
            scores = probabilities(logits / self.cfg["temperature"], decider.multi_label).cpu().numpy()
            predictions.append((asked[i], decider.average(pairs[i], scores)[: len(asked[i])]))
        return predictions

    def predict_logits(
        self,
        docs: Sequence[Doc | View],
        pairs: Sequence[Sequence[Pair]],
        mentions: Sequence[Sequence[Mention]] | None = None,
    ) -> list[Tensor]:
        """As `predict_pairs`, but uncalibrated logits of each direction by itself.

        RETURNS (List[Tensor]): For each text (pairs, outputs).
        """
        self._require_labels()
        if mentions is None:
            mentions = [self._mentions(view_of(doc).doc) for doc in docs]
        rows, parts = stack_pairs(pairs), []
        types = types_of(rows, mentions)
        # Of texts without candidates nothing is needed.
        for start in range(0, len(rows), int(self.cfg["max_pairs"])):
            part = slice(start, start + int(self.cfg["max_pairs"]))
            owners, rows[part, 0] = numpy.unique(rows[part, 0], return_inverse=True)
            inputs = [docs[i] for i in owners], rows[part], types[part]
            parts.append(xp2torch(self.model.predict(inputs)))
        logits = torch.cat(parts) if parts else torch.zeros(0, self.n_outputs)
        split = logits.split([len(each) for each in pairs])
        return [self._mask(each, pairs[i], mentions[i]) for i, each in enumerate(split)]

    def set_annotations(self, docs: Iterable[Doc], predictions: Sequence[Sequence[Found]]) -> None:
        """Set `doc._.relations`.

        docs (Iterable[Doc]): The Docs.
        predictions (Sequence[Sequence[Tuple[Pair, str, float]]]): What `predict` returned.
        """
        for doc, found in zip(docs, predictions, strict=True):
            spans = {(span.start, span.end): span for span in reversed(spans_of(doc, self.cfg["spans_key"]))}
            doc._.relations = [
                Relation(spans[pair[:2]], spans[pair[2:]], label, score) for pair, label, score in found
            ]

    def _mentions(self, doc: Doc) -> list[Mention]:
        key = self.cfg["spans_key"]
        if key is not None and key not in doc.spans:
            self.findings.note(NO_SPANS.format(key), doc)
        return mentions_of(spans_of(doc, key))

    def _candidates(self, doc: Doc, mentions: Sequence[Mention], rules: Rules) -> list[Pair]:
        candidates = rules.select(mentions)
        self.findings.note(LEFT_OUT, doc, candidates.n_left_out)
        known = rules.types.types if rules.types is not None else set()
        if known and len(mentions) > 1 and all(m.types and known.isdisjoint(m.types) for m in mentions):
            self.findings.note(FOREIGN, doc)
        return candidates.pairs

    def _mask(self, logits: Tensor, pairs: Sequence[Pair], mentions: Sequence[Mention]) -> Tensor:
        allowed = self.settings.allowed(pairs, mentions)
        if allowed is None:
            return logits
        return logits.masked_fill(~torch.from_numpy(allowed).to(logits.device), IMPOSSIBLE)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Score twice: with the entities that the pipeline has predicted, and with the gold entities.

        examples (Iterable[Example]): Predicted and gold Docs.
        RETURNS (Dict[str, Any]): `rel_…` and `rel_gold_ents_…`, see `scorers.rel_score`; `rel_missed_pairs`,
            the gold relations between predicted entities that were never looked at, and
            `rel_missed_reasons`, see `missed_pairs`.
        """
        examples = list(examples)
        scores = dict(super().score(examples, **kwargs))
        settings = self.settings
        gold = [settings.reader().read(eg) for eg in examples]
        predictions = self.predict_pairs(
            [eg.predicted for eg in examples], [g.pairs for g in gold], [g.mentions for g in gold]
        )
        found = [
            pair_keys(eg.predicted, settings.decider.decide(*prediction))
            for eg, prediction in zip(examples, predictions, strict=True)
        ]
        scores |= score_relations(examples, found, "rel_gold_ents", settings.inverses)
        return scores | score_missed(examples, settings)

    def calibrate(self, examples: Iterable[Example]) -> Calibration:
        """Fit the temperature of the probabilities on annotated pairs; it is saved with the component.

        examples (Iterable[Example]): Gold relations on `reference`, of texts that were not trained on.
        RETURNS (Calibration): The temperature, and the expected calibration error before and after.
        RAISES (CotnerError): If there are no annotated relations.
        """
        settings, examples = self.settings, list(examples)
        gold = list(known_pairs(examples, settings, Findings()))
        logits = self.predict_logits(
            [eg.predicted for eg in examples], [g.pairs for g in gold], [g.mentions for g in gold]
        )
        targets = numpy.concatenate([settings.targets(pairs) for pairs in gold])
        known = torch.from_numpy(targets).to(logits[0].device)
        result = calibrate_pairs(torch.cat(logits), known, settings.multi_label, self.name)
        self.cfg["temperature"] = result.temperature
        return result

    def update_views(self, examples: Sequence[Example], views: TrainingViews) -> float:
        """See `DistilledPipe`."""
        gold = training_pairs(examples, self.settings, self.findings)
        self.findings.warn(self.name)
        targets = [self.settings.targets(pairs) for pairs in gold]
        owners = list(range(len(examples))) + views.owners
        soft = soft_pairs(examples, self.name, self.classes)
        seen = [gold[i] for i in owners]
        pairs = numpy.concatenate([stack_pairs([each.pairs for each in seen]), soft.rows])
        types = types_of(pairs, [each.mentions for each in seen])
        logits, backprop = self.model.begin_update((views.students + views.teachers, pairs, types))
        n = len(pairs) - len(soft.rows)
        known = self._forbid(logits[:n], seen, [targets[i] for i in owners])
        loss, d_logits = self.get_loss(examples, known, targets, views, (logits[n:], soft))
        backprop(d_logits)
        return loss

    def get_loss(
        self,
        examples: Sequence[Example],
        scores: Floats2d,
        targets: list[numpy.ndarray],
        views: TrainingViews,
        soft: tuple[Floats2d, SoftPairs] | None = None,
    ) -> tuple[float, Floats2d]:
        """The three terms of `Distillation`, summed over the pairs of a text and averaged over texts.

        As in `cot_ner`, so that neither task drowns the other in a shared encoder.

        examples (Sequence[Example]): The batch.
        scores (Floats2d): Logits of the pairs of the student views, then of those of the teacher views.
        targets (List[ndarray]): Of the pairs of each example what holds: 1 or 0 (pairs, outputs).
        views (TrainingViews): The views.
        soft (Optional[Tuple[Floats2d, SoftPairs]]): Logits of pairs with soft labels, in the student views.
        RETURNS (Tuple[float, Floats2d]): The loss and the gradient of all logits, the soft ones last.
        """
        settings, multi_label = self.distillation, self.settings.multi_label
        teacher_weight, kl_weight = settings.next_weights()
        opinions, known = soft or (scores[:0], soft_pairs([], self.name, self.classes))
        logits = xp2torch(self.model.ops.xp.concatenate([scores, opinions]), requires_grad=True)
        if not len(logits):
            return 0.0, cast(Floats2d, torch2xp(logits.detach()))
        batch = make_pair_batch(targets, views.owners, known, logits.device)
        student, teacher, opinion = logits.split([len(batch.gold), len(batch.twins), len(batch.soft)])
        of_student, of_teacher = task_losses(batch, student, teacher, multi_label)
        losses = of_student + teacher_weight * of_teacher
        if kl_weight:
            wanted = teacher.detach() if settings.detach_teacher else teacher
            kl = kl_from_views(batch, student, wanted, settings.temperature, multi_label)
            kl = kl + kl_from_soft_labels(batch, opinion, settings.temperature, multi_label)
            losses = losses + kl_weight * kl
        weights = torch.tensor([eg.reference._.example_weight for eg in examples], device=losses.device)
        loss = (weights * losses).sum() / batch.n
        (d_logits,) = torch.autograd.grad(loss, logits)
        return float(loss.detach()), cast(Floats2d, torch2xp(d_logits))

    def _forbid(
        self, logits: Floats2d, gold: Sequence[GoldPairs], targets: Sequence[numpy.ndarray]
    ) -> Floats2d:
        """Take what the schema does not allow out of the competition, but never what is annotated."""
        rows = [self.settings.learnable(*each) for each in zip(gold, targets, strict=True)]
        kept = [row for row in rows if row is not None]
        if not kept:
            return logits
        ops = self.model.ops
        return ops.xp.where(ops.xp.asarray(numpy.concatenate(kept)), logits, ops.xp.float32(IMPOSSIBLE))
