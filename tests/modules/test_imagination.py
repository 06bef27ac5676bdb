"""Prompts that imagine the explanation."""

from __future__ import annotations

import pytest
import torch

from spacy_cotner.modules.imagination import imagination_loss


def test_loss_compares_means_and_moves_the_prompts_only():
    states = torch.tensor([[1.0, 0.0], [0.0, 1.0], [3.0, 3.0], [1.0, -1.0], [0.0, 5.0]], requires_grad=True)
    prompts = torch.tensor([[0, 1], [0, 0]])
    # The first explanation points where the mean of its prompts points, the second at a right angle.
    loss = imagination_loss(states, prompts, torch.tensor([2, 2, 4]), torch.tensor([0, 0, 1]))
    assert loss.item() == pytest.approx(0.5, abs=1e-6)
    (gradient,) = torch.autograd.grad(loss, states)
    assert gradient[2:].abs().max() == 0
    assert gradient[0].abs().max() > 0


@pytest.mark.parametrize("window", [64, 8])
def test_prompts_come_closer_to_the_explanation(make_nlp, make_examples, window):
    """Through the component: the loss falls where only it is trained."""
    encoder = {"imagination": 10.0, "window": window, "stride": window}
    nlp = make_nlp("cot_transformer", "cot_ner", encoder=encoder, ner={"distillation": {"kl_weight": 0.0}})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    module = nlp.get_pipe("cot_transformer").model.shims[0].encoder
    losses = []
    forward = module.forward

    def spy(*args):
        outputs = forward(*args)
        losses.extend(output.item() for output in outputs[1:])
        return outputs

    module.forward = spy
    sgd = nlp.create_optimizer()
    for _ in range(20):
        nlp.update(examples, sgd=sgd)
    assert len(losses) == 20
    assert losses[-1] < losses[0] / 2
    nlp("Ada worked")  # nothing to imagine at prediction
    assert len(losses) == 20
