"""Tag schemes: entity labels as tags, which tag may follow which, and tags back to entities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from ..modules.crf import FORBIDDEN

# What may stand at the start, inside, at the end of an entity, and alone.
ROLES = {"bio": ("B", "I", "I", "B"), "bilou": ("B", "I", "L", "U")}


class Constraints(NamedTuple):
    """Added to the scores: 0 for what the scheme allows, FORBIDDEN for the rest.

    transitions (Tensor): (tags, tags); start (Tensor), end (Tensor): (tags,).
    """

    transitions: Tensor
    start: Tensor
    end: Tensor


class TagScheme:
    """BIO or BILUO tags for a set of labels.

    labels (Sequence[str]): Entity labels.
    scheme (str): "bio" or "bilou".
    """

    def __init__(self, labels: Sequence[str], scheme: str) -> None:
        self.begin, self.inside, self.last, self.unit = ROLES[scheme]
        prefixes = dict.fromkeys(ROLES[scheme])
        self.tags = ["O"] + [f"{prefix}-{label}" for label in labels for prefix in prefixes]
        self.index = {tag: i for i, tag in enumerate(self.tags)}
        self._constraints = self._make_constraints()

    def encode(self, biluo: str | None) -> int | None:
        """RETURNS (Optional[int]): The tag of a BILUO tag; None if it is missing or its label unknown."""
        if biluo is None or biluo in ("", "-", "O"):
            return self.index["O"] if biluo == "O" else None
        roles = dict(zip("BILU", (self.begin, self.inside, self.last, self.unit), strict=True))
        return self.index.get(f"{roles[biluo[0]]}-{biluo[2:]}")

    def decode(self, tags: Sequence[int]) -> list[tuple[int, int, str]]:
        """RETURNS (List[Tuple[int, int, str]]): Start, end and label of each entity."""
        entities = []
        start = 0
        for i, tag in enumerate(tags):
            name = self.tags[tag]
            if name[0] in (self.begin, self.unit):
                start = i
            follows = self.tags[tags[i + 1]] if i + 1 < len(tags) else "O"
            if name != "O" and follows[0] not in (self.inside, self.last):
                entities.append((start, i + 1, name[2:]))
        return entities

    def path(self, length: int, label: str) -> list[int]:
        """RETURNS (List[int]): The tags of an entity of this many tokens."""
        if length == 1:
            return [self.index[f"{self.unit}-{label}"]]
        roles = [self.begin, *[self.inside] * (length - 2), self.last]
        return [self.index[f"{role}-{label}"] for role in roles]

    def continuation(self, label: str) -> int | None:
        """RETURNS (Optional[int]): The tag that would make a finished entity longer (BIO); BILUO has none."""
        return self.index[f"{self.inside}-{label}"] if self.inside == self.last else None

    def constraints(self) -> Constraints:
        """RETURNS (Constraints): What the scheme allows; the same tensors each time."""
        return self._constraints

    def _make_constraints(self) -> Constraints:
        allowed = torch.tensor([[self._may_follow(a, b) for b in self.tags] for a in self.tags])
        start = torch.tensor([self._may_follow("O", tag) for tag in self.tags])
        end = torch.tensor([self._may_follow(tag, "O") for tag in self.tags])
        return Constraints(*((~ok) * FORBIDDEN for ok in (allowed, start, end)))

    def _may_follow(self, first: str, second: str) -> bool:
        continues = second[0] in (self.inside, self.last) and second[0] not in (self.begin, self.unit)
        same_label = first[2:] == second[2:]
        if continues:
            return first[0] in (self.begin, self.inside) and same_label
        # Only BILUO has entities that must go on.
        return self.last == self.inside or first[0] not in (self.begin, self.inside)


@lru_cache(maxsize=16)
def tag_scheme(labels: tuple[str, ...], scheme: str) -> TagScheme:
    """The tags of these labels, made once: every batch asks, and constraints grow with the square of labels.

    labels (Tuple[str, ...]): Entity labels.
    scheme (str): "bio" or "bilou".
    RETURNS (TagScheme): A shared instance.
    """
    return TagScheme(labels, scheme)
