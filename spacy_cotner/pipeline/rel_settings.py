"""The settings of a relation extractor, and what they and its labels mean for pairs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy
from thinc.api import Config

from ..errors import CotnerError
from ..inverses import Inverses
from .candidates import Mention, Pair, Rules
from .decide import Decider
from .findings import Findings
from .gold_pairs import GoldPairs, GoldReader
from .schema import TypeMask

DEFAULT_CONFIG = Config().from_str(
    """
    [cot_rel]
    threshold = 0.5
    multi_label = false
    max_distance = 100
    max_sentences = 0
    max_pairs = 4096
    max_pairs_per_doc = 50000
    negative_ratio = null
    schema = null
    symmetric = []
    spans_key = null

    [cot_rel.inverse]

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

# What the component itself needs, as opposed to its parts.
PARTS = ("model", "distillation", "scorer")
DEFAULT_SETTINGS = {key: value for key, value in DEFAULT_CONFIG.items() if key not in PARTS}


class RelSettings(NamedTuple):
    """Reads the settings of a component, at each use anew: users and `spacy find-threshold` change them.

    cfg (Mapping[str, Any]): The settings.
    labels (Sequence[str]): The labels.
    """

    cfg: Mapping[str, Any]
    labels: Sequence[str]

    def check(self, name: str) -> None:
        """name (str): The component.

        RAISES (CotnerError): If a setting makes no sense.
        """
        for key in ("max_distance", "max_sentences", "max_pairs_per_doc", "negative_ratio"):
            if (self.cfg[key] or 0) < 0:
                raise CotnerError(f"{name}: {key} must not be negative, found {self.cfg[key]}")
        if self.cfg["max_pairs"] < 1:
            raise CotnerError(f"{name}: max_pairs must be at least 1, found {self.cfg['max_pairs']}")
        _ = self.inverses

    @property
    def multi_label(self) -> bool:
        """RETURNS (bool): Whether a pair may stand in several relations."""
        return bool(self.cfg["multi_label"])

    @property
    def n_outputs(self) -> int:
        """RETURNS (int): The labels and, unless `multi_label`, at index 0 "no relation"."""
        return len(self.labels) + (not self.multi_label)

    @property
    def spans_key(self) -> str | None:
        """RETURNS (Optional[str]): The group of `doc.spans`, None for `doc.ents`."""
        return self.cfg["spans_key"]

    @property
    def inverses(self) -> Inverses:
        """RETURNS (Inverses): What says the same in the other direction."""
        return Inverses(self.cfg["symmetric"], self.cfg["inverse"])

    @property
    def rules(self) -> Rules:
        """RETURNS (Rules): What makes a pair a candidate."""
        schema = self.cfg["type_schema"]
        return Rules(
            max_distance=int(self.cfg["max_distance"]),
            max_sentences=int(self.cfg["max_sentences"]),
            max_pairs=int(self.cfg["max_pairs_per_doc"]),
            types=None if schema is None else TypeMask(schema, self.labels),
        )

    @property
    def decider(self) -> Decider:
        """RETURNS (Decider): Chooses relations by their probabilities."""
        return Decider(self.labels, float(self.cfg["threshold"]), self.multi_label, self.inverses)

    def reader(self, findings: Findings | None = None) -> GoldReader:
        """RETURNS (GoldReader): Reads annotated pairs, and counts what is odd if it is asked to."""
        findings = Findings() if findings is None else findings
        return GoldReader(self.rules, self.inverses, self.multi_label, self.spans_key, findings)

    def allowed(self, pairs: Sequence[Pair], mentions: Sequence[Mention]) -> numpy.ndarray | None:
        """RETURNS (Optional[ndarray]): bool (pairs, outputs), what the schema allows, and always "no
        relation"; None for everything."""
        allowed = self.rules.allowed(pairs, mentions)
        if allowed is None or self.multi_label:
            return allowed
        return numpy.pad(allowed, ((0, 0), (1, 0)), constant_values=True)

    def targets(self, gold: GoldPairs) -> numpy.ndarray:
        """RETURNS (ndarray): float (pairs, outputs), 1 for what holds, else 0."""
        columns = {label: i for i, label in enumerate(self.labels, start=not self.multi_label)}
        targets = numpy.zeros((len(gold.pairs), self.n_outputs), dtype="f")
        for row, labels in enumerate(gold.labels):
            targets[row, [columns[label] for label in labels]] = 1
        if not self.multi_label:
            targets[:, 0] = targets[:, 1:].sum(1) == 0
        return targets

    def learnable(self, gold: GoldPairs, targets: numpy.ndarray) -> numpy.ndarray | None:
        """RETURNS (Optional[ndarray]): As `allowed`, and what is annotated."""
        allowed = self.allowed(gold.pairs, gold.mentions)
        return None if allowed is None else allowed | (targets > 0)
