"""The loss of the relation extractor: what is annotated, and what its teachers think."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy
import torch
from torch import Tensor

from ..modules.pair_losses import kl_divergence, soft_divergence, task_loss
from .pair_batches import rows_of
from .soft_pairs import SoftPairs


class PairBatch(NamedTuple):
    """What is known of the pairs of a batch of texts.

    n (int): Number of texts.
    gold (Tensor): Of the pairs of the student views what holds: 1 or 0 (pairs, outputs).
    texts (Tensor): The text of each of them (pairs,).
    twins (Tensor): For each pair of a teacher view the same one of the student view.
    soft (Tensor): Probabilities of pairs with soft labels (soft pairs, outputs).
    soft_texts (Tensor): The text of each of them.
    """

    n: int
    gold: Tensor
    texts: Tensor
    twins: Tensor
    soft: Tensor
    soft_texts: Tensor

    def by_text(self, values: Tensor, texts: Tensor) -> Tensor:
        """RETURNS (Tensor): Sums of the values of pairs (texts,)."""
        return values.new_zeros(self.n).index_add(0, texts, values)


def make_pair_batch(
    targets: Sequence[numpy.ndarray], owners: list[int], soft: SoftPairs, device: Any
) -> PairBatch:
    """Collect what is known.

    targets (Sequence[ndarray]): Of the pairs of each text what holds.
    owners (List[int]): The text of each teacher view.
    soft (SoftPairs): Pairs with soft labels.
    device (torch.device): Where the tensors go.
    RETURNS (PairBatch): The same as tensors.
    """
    texts = numpy.repeat(numpy.arange(len(targets)), [len(rows) for rows in targets])
    arrays = (numpy.concatenate(targets), texts, soft.probabilities, soft.rows[:, 0].copy())
    gold, of_texts, probabilities, soft_texts = (torch.from_numpy(array).to(device) for array in arrays)
    twins = rows_of(owners, list(targets), device)
    return PairBatch(len(targets), gold, of_texts, twins, probabilities, soft_texts)


def task_losses(
    batch: PairBatch, student: Tensor, teacher: Tensor, multi_label: bool
) -> tuple[Tensor, Tensor]:
    """Negative log-likelihood of the annotation, summed over the pairs of a text.

    batch (PairBatch): What is known.
    student (Tensor): Logits of the student views (pairs, outputs).
    teacher (Tensor): Logits of the teacher views (twins, outputs).
    multi_label (bool): Whether a pair may stand in several relations.
    RETURNS (Tuple[Tensor, Tensor]): Of student and teacher views, (texts,) each.
    """
    losses = task_loss(student, batch.gold, multi_label)
    taught = task_loss(teacher, batch.gold[batch.twins], multi_label)
    return batch.by_text(losses, batch.texts), batch.by_text(taught, batch.texts[batch.twins])


def kl_from_views(
    batch: PairBatch, student: Tensor, teacher: Tensor, temperature: float, multi_label: bool
) -> Tensor:
    """T² · KL(teacher view ‖ student view), summed over the pairs of a text; zero for a text that has soft
    labels: they are its teacher.

    batch (PairBatch): What is known.
    student (Tensor): Logits of the student views (pairs, outputs).
    teacher (Tensor): Logits of the teacher views (twins, outputs).
    temperature (float): T.
    multi_label (bool): Whether a pair may stand in several relations.
    RETURNS (Tensor): (texts,)
    """
    kl = kl_divergence(student[batch.twins], teacher, temperature, multi_label)
    sums = batch.by_text(kl, batch.texts[batch.twins])
    has_soft = torch.bincount(batch.soft_texts, minlength=batch.n) > 0
    return sums.masked_fill(has_soft, 0.0)


def kl_from_soft_labels(batch: PairBatch, opinion: Tensor, temperature: float, multi_label: bool) -> Tensor:
    """T² · KL(soft labels ‖ student view), summed over the pairs of a text.

    batch (PairBatch): What is known.
    opinion (Tensor): Logits of the student views for the pairs with soft labels (soft pairs, outputs).
    temperature (float): T.
    multi_label (bool): Whether a pair may stand in several relations.
    RETURNS (Tensor): (texts,)
    """
    kl = soft_divergence(opinion, batch.soft, temperature, multi_label)
    return batch.by_text(kl, batch.soft_texts)
