"""What a reader repaired, dropped or noticed: counted, and named by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator

N_EXAMPLES = 3


class Repairs:
    """Counts of what was not as it should be. Nothing is mended silently.

    counts (Counter[str]): What -> how often; it starts with "repaired:", "dropped:", "skipped:" or "noted:".
    places (Dict[str, List[str]]): What -> the first few places, as "file:line".
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.places: dict[str, list[str]] = {}

    def add(self, what: str, place: str) -> None:
        """Count one finding.

        what (str): What was found and what was done about it; the same words for the same thing.
        place (str): Where, as "file:line".
        """
        self.counts[what] += 1
        places = self.places.setdefault(what, [])
        if len(places) < N_EXAMPLES and place not in places:
            places.append(place)

    def lines(self, kinds: Container[str] | None = None) -> Iterator[str]:
        """One line for each kind of finding, the most frequent first.

        kinds (Optional[Container[str]]): Only these.
        YIELDS (str): Count, kind and the first places.
        """
        for what, count in self.counts.most_common():
            if kinds is not None and what not in kinds:
                continue
            places = ", ".join(self.places[what])
            more = ", …" if count > len(self.places[what]) else ""
            yield f"{count:,} {what} ({places}{more})"
