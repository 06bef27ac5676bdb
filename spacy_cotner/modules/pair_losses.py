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
    """Negative log-likelihood, summed over pairs.

    logits (Tensor): As for `probabilities`.
    gold (Tensor): 1 for what holds, else 0, of the same shape.
    multi_label (bool): Binary cross-entropy of each label instead of cross-entropy.
    RETURNS (Tensor): A number.
    """
    if multi_label:
        return F.binary_cross_entropy_with_logits(logits, gold, reduction="sum")
    return F.cross_entropy(logits, gold, reduction="sum")


def kl_divergence(student: Tensor, teacher: Tensor, temperature: float, multi_label: bool) -> Tensor:
    """T² · KL(teacher ‖ student) at temperature T, summed over pairs; with `multi_label` of the Bernoulli
    distribution of each label, summed over labels.

    student (Tensor): Logits, as for `probabilities`.
    teacher (Tensor): Logits of the same pairs.
    temperature (float): T.
    multi_label (bool): Which distribution.
    RETURNS (Tensor): A number.
    """
    s, t = student / temperature, teacher / temperature
    if multi_label:
        logs = torch.stack([F.logsigmoid(s), F.logsigmoid(-s)])
        target = torch.stack([F.logsigmoid(t), F.logsigmoid(-t)])
    else:
        logs, target = torch.log_softmax(s, 1), torch.log_softmax(t, 1)
    return temperature**2 * F.kl_div(logs, target, reduction="sum", log_target=True)
