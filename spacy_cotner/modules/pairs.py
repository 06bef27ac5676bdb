"""Scores for candidate pairs of spans, all pairs of a batch at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Signed distances between the spans, in tokens, at which the distance embedding changes.
DISTANCES = (-16, -8, -4, -2, 0, 2, 4, 8, 16)

# Pairs whose features are in memory at once: a text of 200 entities has 40,000 pairs.
CHUNK = 4096


class PairScorer(nn.Module):
    """Head, tail, their product, what stands between them, the whole text and how far apart the two are ->
    logits of the labels.

    width (int): Width of the token vectors.
    n_labels (int): Number of labels, "no relation" included.
    hidden (int): Width of the hidden layer.
    dropout (float): Dropout before each linear layer.
    """

    buckets: Tensor

    def __init__(self, width: int, n_labels: int, hidden: int = 256, dropout: float = 0.1):
        super().__init__()
        self.distance = nn.Embedding(len(DISTANCES) + 1, 32)
        self.register_buffer("buckets", torch.tensor(DISTANCES), persistent=False)
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(5 * width + 32, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, n_labels),
        )

    def forward(self, tokens: Tensor, mask: Tensor, pairs: Tensor) -> Tensor:
        """tokens (batch, length, width), zero where mask (batch, length) is; pairs (pairs, 5): sequence, head
        start and end, tail start and end.

        RETURNS (Tensor): Logits, (pairs, labels).
        """
        # Prefix sums make every span mean two look-ups, whatever its length.
        sums = nn.functional.pad(tokens.cumsum(1), (0, 0, 1, 0))
        texts = sums[:, -1] / mask.sum(1, keepdim=True).clamp(min=1)
        return torch.cat([self._score(sums, texts, chunk) for chunk in pairs.split(CHUNK)])

    def _score(self, sums: Tensor, texts: Tensor, pairs: Tensor) -> Tensor:
        row, head, tail = pairs[:, 0], pairs[:, 1:3], pairs[:, 3:5]
        h, t = span_means(sums, row, head), span_means(sums, row, tail)
        between_start = torch.minimum(head[:, 1], tail[:, 1])
        between_end = torch.maximum(head[:, 0], tail[:, 0])
        between = span_means(sums, row, torch.stack([between_start, between_end], dim=1))
        distance = self.distance(torch.bucketize(tail[:, 0] - head[:, 0], self.buckets))
        return self.layers(torch.cat([h, t, h * t, between, texts[row], distance], dim=1))


class MarkedPairScorer(nn.Module):
    """What the encoder says about a pair that is marked in its input -> logits of the labels.

    width (int): Width of the states.
    n_labels (int): Number of labels, "no relation" included.
    hidden (int): Width of the hidden layer.
    dropout (float): Dropout before each linear layer.
    """

    def __init__(self, width: int, n_labels: int, hidden: int = 256, dropout: float = 0.1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(5 * width, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, n_labels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """features (pairs, 5 * width): first special token, marks and means of head and tail.

        RETURNS (Tensor): Logits, (pairs, labels).
        """
        return self.layers(features)


def span_means(sums: Tensor, row: Tensor, spans: Tensor) -> Tensor:
    """The mean token vector of spans, zero for empty ones.

    sums (Tensor): Prefix sums (batch, length + 1, width).
    row (Tensor): The sequence of each span, (spans,).
    spans (Tensor): Start and end, (spans, 2).
    RETURNS (Tensor): (spans, width)
    """
    start, end = spans[:, 0], spans[:, 1]
    length = (end - start).clamp(min=0)
    total = sums[row, torch.maximum(start, end)] - sums[row, start]
    return torch.where(length[:, None] > 0, total / length.clamp(min=1)[:, None], torch.zeros_like(total))
