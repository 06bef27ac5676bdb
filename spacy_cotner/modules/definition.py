"""A word learns to say what its explanation says of it."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class DefinitionHead(nn.Module):
    """Scores of all wordpieces of the vocabulary, from the states of defined words.

    n_words (int): Size of the vocabulary.
    width (int): Width of the states.
    embedding_width (int): Width of the encoder's word embeddings.
    """

    def __init__(self, n_words: int, width: int, embedding_width: int):
        super().__init__()
        self.dropout = nn.Dropout(0.1)
        self.linear = nn.Linear(width, embedding_width)
        self.bias = nn.Parameter(self.linear.bias.new_zeros(n_words))
        # To begin with, a word says what is like itself.
        nn.init.eye_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, states: Tensor, embeddings: Tensor, words: Tensor, owners: Tensor) -> Tensor:
        """Cross-entropy of each state's prediction and the bag of wordpieces that define it, averaged.

        states (Tensor): (states, width), of words that the explanation defines.
        embeddings (Tensor): (vocabulary, embedding width), the encoder's own, as in a masked language model.
        words (Tensor): (wordpieces,), ids of those that define them; at least one for each state.
        owners (Tensor): (wordpieces,), the state that each of them defines.
        RETURNS (Tensor): A scalar.
        """
        scores = F.linear(self.linear(self.dropout(states)), embeddings, self.bias).log_softmax(1)
        said = scores[owners, words]
        shares = 1 / owners.bincount(minlength=len(states))[owners]
        return -(said * shares).sum() / len(states)
