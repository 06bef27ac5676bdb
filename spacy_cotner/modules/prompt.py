"""Conditional prompts: they stand in for a missing explanation (arXiv 2306.14122, section 3.3)."""

from __future__ import annotations

from torch import Tensor, nn


class ConditionalPrompt(nn.Module):
    """k learnable query vectors that attend over the embeddings of a text.

    They attend over the input embeddings, not over encoded states, so that a text is encoded only once.

    k (int): Number of prompt vectors.
    width (int): Width of the embeddings.
    n_heads (int): Attention heads; must divide the width.
    scale (float): Standard deviation of the initial queries; best that of the word embeddings.
    """

    def __init__(self, k: int, width: int, n_heads: int = 1, scale: float = 0.02):
        super().__init__()
        self.queries = nn.Parameter(nn.init.normal_(Tensor(k, width), std=scale))
        self.attention = nn.MultiheadAttention(width, n_heads, batch_first=True)

    def forward(self, embeddings: Tensor, is_text: Tensor) -> Tensor:
        """embeddings (batch, length, width), is_text (batch, length) of bool, at least one True a row.

        RETURNS (Tensor): Prompts, (batch, k, width).
        """
        queries = self.queries.expand(len(embeddings), -1, -1)
        attended, _ = self.attention(
            queries, embeddings, embeddings, key_padding_mask=~is_text, need_weights=False
        )
        return queries + attended
