"""Temperature scaling of the probabilities of pairs (Guo et al. 2017, arXiv 1706.04599)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .pair_losses import task_loss

# Of few or perfectly separated pairs the best temperature would be 0 or infinite.
LIMITS = (0.2, 10.0)


def fit_temperature(logits: Tensor, gold: Tensor, multi_label: bool) -> float:
    """Find the temperature at which the gold labels are most probable.

    logits (Tensor): (pairs, outputs), see `pair_losses.probabilities`.
    gold (Tensor): 1 for what holds, else 0, of the same shape.
    multi_label (bool): A sigmoid for each label instead of one softmax.
    RETURNS (float): What to divide logits by: above 1 the model was too sure.
    """

    def cost(log_t: float) -> float:
        return float(task_loss(logits.double() / math.exp(log_t), gold.double(), multi_label).sum())

    # The likelihood has one maximum, so two probes tell in which two thirds of the interval it lies.
    low, high = map(math.log, LIMITS)
    for _ in range(40):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if cost(first) < cost(second) else (first, high)
    return math.exp((low + high) / 2)


def calibration_error(logits: Tensor, gold: Tensor, multi_label: bool, bins: int = 15) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, on average over pairs.

    Confidence is that in the most probable class, "no relation" among them; with `multi_label` the
    probability of each label.

    logits (Tensor): (pairs, outputs)
    gold (Tensor): 1 for what holds, else 0, of the same shape.
    multi_label (bool): A sigmoid for each label instead of one softmax.
    bins (int): Equally wide classes of confidence.
    RETURNS (float): From 0, perfect, to 1.
    """
    if multi_label:
        confidence, right = torch.sigmoid(logits).flatten(), gold.flatten()
    else:
        confidence, best = torch.softmax(logits, 1).max(1)
        right = gold.gather(1, best[:, None])[:, 0]
    # The mean over bins of |confidence - accuracy|, weighted by size, is the mean of summed differences.
    gaps = torch.zeros(bins, device=logits.device)
    rows = (confidence * bins).long().clamp(max=bins - 1)
    gaps.index_add_(0, rows, confidence - right)
    return float(gaps.abs().sum() / len(confidence))
