"""Explanations on their own, in the lower half of a pretrained encoder."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from spacy_cotner.models.encoder import pretrained_half
from spacy_cotner.models.explanations import read_explanations
from spacy_cotner.types import View


@pytest.mark.parametrize("encoder", ["tiny_encoder", "bpe_encoder"])
def test_reads_in_the_middle_layer(encoder, build, nlp, request, caplog) -> None:
    name = request.getfixturevalue(encoder)
    views = [View(nlp(text), {"noun": said}) for text, said in [("a", "ada is a person"), ("b", "london")]]
    model = build(name=name, mention_window=6)
    caplog.clear()
    half = pretrained_half(model)
    assert not caplog.records  # Hugging Face would tell of the weights that are left out
    found = list(read_explanations(half, views))
    whole, tokenizer = AutoModel.from_pretrained(name).eval(), AutoTokenizer.from_pretrained(name)
    for view, read in zip(views, found, strict=True):
        with torch.no_grad():
            states = whole(**tokenizer(view.cot["noun"], return_tensors="pt"), output_hidden_states=True)
        assert torch.allclose(read.states, states.hidden_states[1][0, 1:-1], atol=1e-5)
        assert len(read.offsets) == len(read.states)


def test_a_text_without_explanation_has_no_states(build, nlp) -> None:
    ((text, offsets, states),) = read_explanations(pretrained_half(build()), [View(nlp("a"), {})])
    assert (text, offsets, len(states)) == ("", [], 0)


def test_reads_with_the_encoder_half_of_t5(t5_encoder, build, nlp) -> None:
    half = pretrained_half(build(name=t5_encoder))
    (read,) = read_explanations(half, [View(nlp("a"), {"noun": "abc"})])
    assert read.states.shape == (3, 32)
    assert len(half.shims[0].encoder.transformer.block) == 1
