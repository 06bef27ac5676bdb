"""Losses of pairs, one label or several."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from spacy_cotner.modules.pair_losses import (
    IMPOSSIBLE,
    kl_divergence,
    probabilities,
    soft_divergence,
    task_loss,
)

LOGITS = torch.tensor([[0.5, -1.0, 2.0], [0.0, 0.3, -0.2]])
OTHER = torch.tensor([[0.1, 0.4, -1.0], [1.0, 0.0, 0.0]])


def test_probabilities_leave_no_relation_out():
    torch.testing.assert_close(probabilities(LOGITS, False), torch.softmax(LOGITS, 1)[:, 1:])
    torch.testing.assert_close(probabilities(LOGITS, True), torch.sigmoid(LOGITS))


def test_task_loss_is_the_negative_log_likelihood():
    one = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    torch.testing.assert_close(
        task_loss(LOGITS, one, False).sum(), F.cross_entropy(LOGITS, torch.tensor([1, 0]), reduction="sum")
    )
    several = torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    p = torch.sigmoid(LOGITS)
    expected = -(several * p.log() + (1 - several) * (1 - p).log()).sum()
    torch.testing.assert_close(task_loss(LOGITS, several, True).sum(), expected)


@pytest.mark.parametrize("multi_label", [False, True])
def test_kl_is_zero_for_equal_views_and_positive_else(multi_label):
    assert kl_divergence(LOGITS, LOGITS, 2.0, multi_label).abs().max() < 1e-6
    assert kl_divergence(LOGITS, OTHER, 1.0, multi_label).sum() > 0.1


def test_kl_of_several_labels_is_that_of_each_label():
    s, t = torch.sigmoid(LOGITS / 2), torch.sigmoid(OTHER / 2)
    expected = 4 * (t * (t / s).log() + (1 - t) * ((1 - t) / (1 - s)).log()).sum()
    torch.testing.assert_close(kl_divergence(LOGITS, OTHER, 2.0, True).sum(), expected)


@pytest.mark.parametrize("multi_label", [False, True])
def test_impossible_labels_cost_nothing_and_learn_nothing(multi_label):
    logits = LOGITS.clone()
    logits[:, 2] = IMPOSSIBLE
    logits.requires_grad_()
    gold = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    teacher = OTHER.clone()
    teacher[:, 2] = IMPOSSIBLE
    loss = task_loss(logits, gold, multi_label) + kl_divergence(logits, teacher, 2.0, multi_label)
    torch.testing.assert_close(
        loss,
        task_loss(LOGITS[:, :2], gold[:, :2], multi_label)
        + kl_divergence(LOGITS[:, :2], OTHER[:, :2], 2.0, multi_label),
    )
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    assert not gradient[:, 2].any()
    assert gradient[:, :2].isfinite().all()
    assert not probabilities(logits, multi_label)[:, -1].any()


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_probabilities_teach_what_logits_teach(multi_label, temperature):
    known = torch.sigmoid(OTHER) if multi_label else torch.softmax(OTHER, 1)
    torch.testing.assert_close(
        soft_divergence(LOGITS, known, temperature, multi_label),
        kl_divergence(LOGITS, OTHER, temperature, multi_label),
        atol=1e-4,
        rtol=1e-4,
    )
