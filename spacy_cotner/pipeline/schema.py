"""Which types of entities may stand in which relation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import srsly

from ..errors import CotnerError
from ..inverses import Inverses

# Label -> pairs of types, as it is saved with the component.
Schema = dict[str, list[list[str]]]

HOW = 'give "auto", {label: [[head type, tail type], …]}, [[head type, label, tail type], …] or a JSON file'


def read_schema(value: Any, inverses: Inverses) -> Schema:
    """Read a schema from a config. Labels that it does not name may stand between entities of any types.

    value (Any): {label: [[head type, tail type], …]}, [[head type, label, tail type], …], or the path of a
        JSON file with either.
    inverses (Inverses): What holds in the other direction is added.
    RETURNS (Schema): The schema.
    RAISES (CotnerError): If it cannot be read, or is something else.
    """
    if isinstance(value, (str, Path)):
        try:
            value = srsly.read_json(value)
        except (OSError, ValueError) as error:
            raise CotnerError(f"cot_rel: cannot read the schema {str(value)!r}: {error}; {HOW}") from error
    if isinstance(value, Mapping):
        value = [(head, label, tail) for label, pairs in value.items() for head, tail in _pairs(label, pairs)]
    if not isinstance(value, Sequence) or not all(_is_strings(row, 3) for row in value):
        raise CotnerError(f"cot_rel: this is no schema: {value!r}; {HOW}")
    return make_schema(((label, head, tail) for head, label, tail in value), inverses)


def make_schema(rows: Iterable[tuple[str, str, str]], inverses: Inverses) -> Schema:
    """Collect what occurs in the training data.

    rows (Iterable[Tuple[str, str, str]]): Labels with types of head and tail; "" says nothing.
    inverses (Inverses): What holds in the other direction is added.
    RETURNS (Schema): The schema.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    for label, head, tail in rows:
        if not head or not tail:
            continue
        found.setdefault(label, set()).add((head, tail))
        other = inverses.of(label)
        if other is not None:
            found.setdefault(other, set()).add((tail, head))
    return {label: sorted(map(list, pairs)) for label, pairs in sorted(found.items())}


class TypeMask:
    """Looks up which labels are possible for pairs of entities.

    schema (Schema): The schema.
    labels (Sequence[str]): The labels, in the order of the columns.
    """

    def __init__(self, schema: Schema, labels: Sequence[str]) -> None:
        self.labels = list(labels)
        self.allowed = [{(h, t) for h, t in schema[label]} if label in schema else None for label in labels]

    @property
    def types(self) -> set[str]:
        """RETURNS (Set[str]): Types that may stand in some relation; empty if any may."""
        if None in self.allowed:
            return set()
        return {each for pairs in self.allowed for pair in pairs or () for each in pair}

    def table(self, kinds: Sequence[frozenset[str]]) -> numpy.ndarray:
        """An entity without a type may stand in every relation, one of several types in those of each.

        kinds (Sequence[FrozenSet[str]]): Types of entities.
        RETURNS (ndarray): bool (kinds, kinds, labels): head, tail, label.
        """
        rows = [[self.row(head, tail) for tail in kinds] for head in kinds]
        return numpy.asarray(rows, dtype=bool).reshape(len(kinds), len(kinds), len(self.labels))

    def row(self, head: frozenset[str], tail: frozenset[str]) -> list[bool]:
        """RETURNS (List[bool]): For each label whether it may hold between these types."""
        if not head or not tail:
            return [True] * len(self.labels)
        pairs = {(h, t) for h in head for t in tail}
        return [types is None or not types.isdisjoint(pairs) for types in self.allowed]

    def allows(self, head: frozenset[str], tail: frozenset[str], label: str) -> bool:
        """RETURNS (bool): Whether this label may hold between these types."""
        return self.row(head, tail)[self.labels.index(label)]


def _pairs(label: Any, pairs: Any) -> Sequence[Sequence[str]]:
    if not isinstance(pairs, Sequence) or not all(_is_strings(pair, 2) for pair in pairs):
        raise CotnerError(f"cot_rel: the schema's entry {label!r} holds no pairs of types: {pairs!r}; {HOW}")
    return pairs


def _is_strings(row: Any, n: int) -> bool:
    return (
        isinstance(row, Sequence)
        and not isinstance(row, str)
        and len(row) == n
        and all(isinstance(value, str) for value in row)
    )
