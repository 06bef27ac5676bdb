"""What a component found odd in data: counted, and said once."""

from __future__ import annotations

import warnings

from spacy.tokens import Doc

from ..data.repairs import Repairs


class Findings(Repairs):
    """Counts of what was not as it should be, like those of `cotner convert`; warns once of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def note(self, what: str, where: Doc | str, n: int = 1) -> None:
        """Count a finding.

        what (str): What was found and what was done about it; the same words for the same thing.
        where (Union[Doc, str]): The text, or another way to find it.
        n (int): How often.
        """
        if n:
            self.add(what, where if isinstance(where, str) else _beginning(where))
            self.counts[what] += n - 1

    def warn(self, name: str) -> None:
        """Warn of the kinds of findings that have not been warned of yet.

        name (str): The component.
        """
        new = set(self.counts) - self._said
        self._said |= new
        for line in self.lines(new):
            warnings.warn(f"{name}: {line}", stacklevel=3)


def _beginning(doc: Doc, length: int = 40) -> str:
    text = " ".join(doc.text.split())
    return repr(text if len(text) <= length else f"{text[:length]}…")
