"""Scores for pairs of spans."""

from __future__ import annotations

import pytest
import torch

from spacy_cotner.modules import pairs
from spacy_cotner.modules.pairs import PairScorer, span_means


@pytest.fixture
def scorer() -> PairScorer:
    torch.manual_seed(0)
    return PairScorer(8, 3, hidden=16).eval()


def score(scorer: PairScorer, tokens: torch.Tensor, rows: torch.Tensor, lengths: list[int] | None = None):
    """Tokens behind the end of a text are padding."""
    ends = torch.tensor(lengths or [tokens.shape[1]] * len(tokens))[:, None]
    mask = torch.arange(tokens.shape[1]) < ends
    return scorer(tokens * mask[:, :, None], mask, rows)


def test_span_means():
    tokens = torch.randn(2, 6, 4)
    sums = torch.nn.functional.pad(tokens.cumsum(1), (0, 0, 1, 0))
    row, spans = torch.tensor([0, 1, 1, 0]), torch.tensor([[0, 2], [3, 6], [2, 2], [5, 1]])
    means = span_means(sums, row, spans)
    torch.testing.assert_close(means[0], tokens[0, :2].mean(0))
    torch.testing.assert_close(means[1], tokens[1, 3:].mean(0))
    assert not means[2:].any()  # empty, and back to front: nothing stands between


def test_direction_matters(scorer):
    tokens = torch.randn(1, 9, 8)
    there, back = score(scorer, tokens, torch.tensor([[0, 1, 3, 6, 7], [0, 6, 7, 1, 3]]))
    assert not torch.allclose(there, back)


def test_a_pair_does_not_depend_on_other_texts_and_padding(scorer):
    tokens = torch.randn(3, 9, 8)
    pair = torch.tensor([[1, 0, 2, 3, 4]])
    alone = score(scorer, tokens[1:2, :5], torch.tensor([[0, 0, 2, 3, 4]]))
    torch.testing.assert_close(score(scorer, tokens, pair, [9, 5, 7]), alone)


def test_the_rest_of_the_text_matters(scorer):
    tokens, pair = torch.randn(1, 9, 8), torch.tensor([[0, 0, 2, 3, 4]])
    assert not torch.allclose(score(scorer, tokens, pair), score(scorer, tokens, pair, [6]))


def test_no_pairs(scorer):
    assert score(scorer, torch.randn(1, 4, 8), torch.zeros(0, 5, dtype=torch.long)).shape == (0, 3)


def test_many_pairs_are_scored_in_chunks_of_bounded_size(scorer, monkeypatch):
    tokens = torch.randn(2, 40, 8)
    rows = torch.tensor([(r, i, i + 1, j, j + 2) for r in range(2) for i in range(38) for j in range(38)])
    whole = score(scorer, tokens, rows)
    sizes = []
    scorer.layers[1].register_forward_hook(lambda layer, inputs, output: sizes.append(len(output)))
    monkeypatch.setattr(pairs, "CHUNK", 100)
    torch.testing.assert_close(score(scorer, tokens, rows), whole)
    assert max(sizes) == 100
    assert sum(sizes) == len(rows)


def test_spans_deep_in_a_long_text_keep_their_precision():
    """Sums over 50,000 tokens must not swallow the few tokens of a span."""
    tokens = torch.randn(1, 50_000, 8) + 1
    sums = torch.nn.functional.pad(tokens.cumsum(1), (0, 0, 1, 0))
    (mean,) = span_means(sums, torch.tensor([0]), torch.tensor([[49_990, 49_992]]))
    torch.testing.assert_close(mean, tokens[0, 49_990:49_992].mean(0), atol=5e-3, rtol=1e-2)
