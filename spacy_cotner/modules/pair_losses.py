"""Probabilities, losses and divergences of pairs: one label of several, or several labels at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# The logit of a label that is impossible: finite, because 0 · ∞ is not a number.
IMPOSSIBLE = -1e9


def probabilities(logits: Tensor, multi_label: bool) -> Tensor:
    """Probabilities of the labels, without that of "no relation".

    logits (Tensor): (pairs, labels) if `multi_label`, else (pairs, 1 + labels), "no relation" first.
    multi_label (bool): A sigmoid for each label instead of one softmax.
    RETURNS (Tensor): (pairs, labels)
    """
    return torch.sigmoid(logits) if multi_label else torch.softmax(logits, 1)[:, 1:]


def task_loss(logits: Tensor, gold: Tensor, multi_label: bool) -> Tensor:
    """Negative log-likelihood of each pair.

    logits (Tensor): As for `probabilities`.
    gold (Tensor): 1 for what holds, else 0, of the same shape.
    multi_label (bool): Binary cross-entropy of each label instead of cross-entropy.
    RETURNS (Tensor): (pairs,)
    """
    if multi_label:
        return F.binary_cross_entropy_with_logits(logits, gold, reduction="none").sum(1)
    return F.cross_entropy(logits, gold, reduction="none")


def kl_divergence(student: Tensor, teacher: Tensor, temperature: float, multi_label: bool) -> Tensor:
    """T² · KL(teacher ‖ student) at temperature T of each pair; with `multi_label` of the Bernoulli
    distribution of each label, summed over labels.

    student (Tensor): Logits, as for `probabilities`.
    teacher (Tensor): Logits of the same pairs.
    temperature (float): T.
    multi_label (bool): Which distribution.
    RETURNS (Tensor): (pairs,)
    """
    logs, target = (_log_classes(x / temperature, multi_label) for x in (student, teacher))
    return temperature**2 * F.kl_div(logs, target, reduction="none", log_target=True).sum(1)


def soft_divergence(student: Tensor, teacher: Tensor, temperature: float, multi_label: bool) -> Tensor:
    """As `kl_divergence`, from a teacher of whom only the probabilities are known.

    student (Tensor): Logits, as for `probabilities`.
    teacher (Tensor): Probabilities of the classes at temperature 1, of the same shape.
    temperature (float): T.
    multi_label (bool): Which distribution.
    RETURNS (Tensor): (pairs,)
    """
    # The logits of a softmax are its log probabilities, up to a constant.
    logits = torch.logit(teacher, 1e-6) if multi_label else torch.log(teacher.clamp(min=1e-6))
    return kl_divergence(student, logits, temperature, multi_label)


def _log_classes(logits: Tensor, multi_label: bool) -> Tensor:
    if multi_label:
        return torch.cat([F.logsigmoid(logits), F.logsigmoid(-logits)], 1)
    return torch.log_softmax(logits, 1)
