"""Counting what became of the questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from spacy.tokens import Doc
from wasabi import table

from .asker import Outcome
from .money import PriceList, Usage, add_usage, bill, total_cost

COLUMNS = ("answered", "cached", "kept", "failed", "skipped")
LISTED = 20


class Tally:
    """Outcomes by grain, and the Docs that something failed for."""

    def __init__(self) -> None:
        self.docs = 0
        self.counts: dict[str, Counter[str]] = {}
        self.reasons: dict[str, Counter[str]] = {}
        self.failures: list[tuple[int, str, str, Outcome]] = []
        self.usage: Usage = {}

    def add(self, doc: Doc, outcomes: Mapping[str, Outcome]) -> None:
        """doc (Doc): The next Doc of the corpus.
        outcomes (Mapping[str, Outcome]): Grain -> outcome.
        """
        for grain, outcome in outcomes.items():
            self.counts.setdefault(grain, Counter())[outcome.status] += 1
            if outcome.reason:
                self.reasons.setdefault(grain, Counter())[outcome.reason] += 1
            add_usage(self.usage, grain, outcome.model, outcome.prompt_tokens, outcome.completion_tokens)
            if outcome.status == "failed" and len(self.failures) < 10_000:
                self.failures.append((self.docs, doc.text[:60], grain, outcome))
        self.docs += 1

    def total(self, status: str) -> int:
        """RETURNS (int): Questions of all grains that ended so."""
        return sum(counts[status] for counts in self.counts.values())

    def progress(self, prices: PriceList) -> dict[str, str]:
        """prices (PriceList): The prices.
        RETURNS (Dict[str, str]): What the progress bar shows.
        """
        shown = {name: str(self.total(name)) for name in ("answered", "cached", "failed")}
        if self.usage:
            shown["cost"] = f"{total_cost(self.usage, prices):.2f}"
        return shown

    def table(self) -> str:
        """RETURNS (str): One row a grain."""
        rows = [
            (grain, *(counts[name] for name in COLUMNS), self._why(grain))
            for grain, counts in self.counts.items()
        ]
        aligns = ("l", *("r" * len(COLUMNS)), "l")
        return str(table(rows, header=("grain", *COLUMNS, "why"), divider=True, aligns=aligns))

    def bill(self, prices: PriceList) -> str:
        """prices (PriceList): The prices.
        RETURNS (str): Usage and price by grain and model; empty if nothing was paid for.
        """
        return bill(self.usage, prices)

    def _why(self, grain: str) -> str:
        return ", ".join(f"{reason} {n}" for reason, n in self.reasons.get(grain, Counter()).most_common())

    def listing(self) -> list[str]:
        """RETURNS (List[str]): One line for each failure, the first of them."""
        lines = [
            f"Doc {index} ({' '.join(text.split())!r}): {grain}: {outcome.reason}"
            + (f" ({outcome.detail[:200]})" if outcome.detail else "")
            for index, text, grain, outcome in self.failures[:LISTED]
        ]
        more = self.total("failed") - len(lines)
        return [*lines, f"… and {more} more"] if more else lines
