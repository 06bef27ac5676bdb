"""Relations that say the same thing in the other direction, as a config declares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .errors import CotnerError

# Offsets of head and tail.
Pair = tuple[int, int, int, int]


class Inverses:
    """Which label holds from tail to head wherever another one holds from head to tail.

    symmetric (Iterable[str]): Labels that hold in both directions at once, e.g. "/per/per/couple".
    inverse (Mapping[str, str]): Label -> the one that says the same of the turned pair, e.g. {"parent_of":
        "child_of"}; scores name both by the first.
    RAISES (CotnerError): If a label is declared twice.
    """

    def __init__(self, symmetric: Iterable[str] = (), inverse: Mapping[str, str] | None = None) -> None:
        self._first = {label: label for label in symmetric} | dict(inverse or {})
        self._second = {second: first for first, second in self._first.items()}
        declared = [*symmetric, *(inverse or {}), *(inverse or {}).values()]
        twice = sorted({label for label in declared if declared.count(label) > 1})
        if twice:
            raise CotnerError(
                f"cot_rel: {', '.join(map(repr, twice))} stands more than once in symmetric and inverse: "
                "a relation is symmetric, or has one inverse"
            )

    def __bool__(self) -> bool:
        return bool(self._first)

    def of(self, label: str) -> str | None:
        """RETURNS (Optional[str]): What holds in the other direction where this label holds."""
        return self._first.get(label) or self._second.get(label)

    def canonical(self, pair: Pair, label: str) -> tuple[Pair, str]:
        """One of the two ways to say it, so that scores do not count it twice.

        pair (Tuple[int, int, int, int]): Offsets of head and tail.
        label (str): The label.
        RETURNS (Tuple[Tuple[int, int, int, int], str]): The same, or the turned pair with the other label.
        """
        first = self._second.get(label)
        if first is None or (first == label and pair <= turned(pair)):
            return pair, label
        return turned(pair), first


def turned(pair: Pair) -> Pair:
    """RETURNS (Tuple[int, int, int, int]): Tail and head."""
    return pair[2], pair[3], pair[0], pair[1]
