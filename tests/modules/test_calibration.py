"""Temperature scaling."""

from __future__ import annotations

import pytest
import torch

from spacy_cotner.modules.calibration import LIMITS, calibration_error, fit_temperature


def draw(logits, multi_label):
    """Gold labels that follow the probabilities of these logits: they are calibrated."""
    generator = torch.Generator().manual_seed(0)
    if multi_label:
        return torch.bernoulli(torch.sigmoid(logits), generator=generator)
    rows = torch.multinomial(torch.softmax(logits, 1), 1, generator=generator)
    return torch.zeros_like(logits).scatter_(1, rows, 1.0)


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("sureness", [0.5, 3.0])
def test_finds_how_much_too_sure_the_logits_are(multi_label, sureness):
    logits = torch.randn(20_000, 4, generator=torch.Generator().manual_seed(1)) * 2
    gold = draw(logits, multi_label)
    temperature = fit_temperature(logits * sureness, gold, multi_label)
    assert temperature == pytest.approx(sureness, rel=0.05)
    before = calibration_error(logits * sureness, gold, multi_label)
    after = calibration_error(logits * sureness / temperature, gold, multi_label)
    assert before > 0.05
    assert after < 0.015


def test_error_by_hand():
    # Four pairs in one bin: sure to 0.8, right in half of the cases; two in another: 0.5 and right.
    logits = torch.tensor([[0.8, 0.2]] * 4 + [[0.45, 0.55]] * 2).log()
    gold = torch.tensor([[1.0, 0.0]] * 2 + [[0.0, 1.0]] * 4)
    expected = (4 * 0.3 + 2 * 0.45) / 6
    assert calibration_error(logits, gold, False) == pytest.approx(expected, abs=1e-5)
    assert calibration_error(torch.tensor([[100.0, -100.0]]), torch.tensor([[1.0, 0.0]]), True) == 0.0


def test_pairs_that_are_all_right_do_not_make_it_infinite():
    logits, gold = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.eye(2)
    assert fit_temperature(logits, gold, False) == pytest.approx(LIMITS[0], rel=1e-3)
    assert fit_temperature(logits, 1 - gold, False) == pytest.approx(LIMITS[1], rel=1e-3)
