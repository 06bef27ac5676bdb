"""The augmenter: asks for rewrites, verdicts and pictures, and keeps what holds."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import spacy
from spacy.tokens import Doc
from wasabi import table

from ...types import PROVENANCE_KEY
from ..asker import Outcome
from ..elicit import length_problem, variables_of
from ..grains import Grain, clean, read_system
from ..request import Request
from ..session import Session
from ..settings import ElicitSettings
from ..tally import Tally
from .project import Lost, carry_over, find_mentions
from .settings import AugmentSettings
from .swap import Inventory, Swap, make_swap

_VERDICT = {
    "name": "verdict",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"possible": {"type": "string", "enum": ["yes", "no"]}},
        "required": ["possible"],
        "additionalProperties": False,
    },
}


class Candidate(NamedTuple):
    """A Doc while answers about it are awaited.

    number (int): Its place in the corpus.
    doc (Doc): The Doc.
    swap (Optional[Swap]): What the judge is asked about.
    """

    number: int
    doc: Doc
    swap: Swap | None


class AugmentTally:
    """How many were made, kept and rejected, and why."""

    def __init__(self) -> None:
        self.docs = 0
        self.made: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self.why: dict[str, Counter[str]] = {}
        # Counts failures and tokens.
        self.asked = Tally()

    def reject(self, method: str, reason: str) -> None:
        """method (str): What was tried.
        reason (str): Why it came to nothing.
        """
        self.why.setdefault(method, Counter())[reason] += 1

    def table(self, methods: Iterable[str]) -> str:
        """methods (Iterable[str]): The rows.
        RETURNS (str): One row a method.
        """
        rows = []
        for method in methods:
            why = self.why.get(method, Counter())
            reasons = ", ".join(f"{reason} {n}" for reason, n in why.most_common())
            rows.append((method, self.made[method], self.kept[method], sum(why.values()), reasons))
        header = ("method", "answered", "kept", "dropped", "why")
        return str(table(rows, header=header, divider=True, aligns=("l", "r", "r", "r", "l")))


class Augmenter:
    """Makes more Docs of labelled ones.

    settings (ElicitSettings): Who answers, the store.
    how (AugmentSettings): What is made.
    RAISES (CotnerError): If a template is broken.
    """

    def __init__(self, settings: ElicitSettings, how: AugmentSettings) -> None:
        self.settings = settings
        self.how = how
        self.tally = AugmentTally()
        self.session: Session[Candidate] = Session(settings)
        self._system = read_system(settings.system)
        self._prompts = {
            "style": Grain("style", how.style),
            "entity": Grain("entity", how.judge),
            "image": Grain("image", how.image),
        }
        self._tokenizer = spacy.blank(how.lang).tokenizer

    def pipe(self, docs: Iterable[Doc], inventory: Inventory) -> Iterator[Doc]:
        """Augment a corpus.

        docs (Iterable[Doc]): Labelled Docs.
        inventory (Inventory): The mentions of the corpus.
        YIELDS (Doc): Each Doc, followed by what was made of it. All tell where they come from in
            `Doc.user_data[PROVENANCE_KEY]`.
        RAISES (CotnerError): If there is no point in going on; what came is in the store.
        """
        jobs = (self._job(index, doc, inventory) for index, doc in enumerate(docs))
        for candidate, outcomes in self.session.ask(jobs):
            by_method: dict[str, Outcome] = dict(zip(self.how.use, outcomes, strict=True))
            self.tally.docs += 1
            self.tally.asked.add(candidate.doc, by_method)
            made = [
                new for method, outcome in by_method.items() if (new := self._use(candidate, method, outcome))
            ]
            if self.how.originals:
                if PROVENANCE_KEY not in candidate.doc.user_data:
                    _sign(candidate.doc, {"method": "original", "source": candidate.number})
                yield candidate.doc
            yield from made

    def _job(self, index: int, doc: Doc, inventory: Inventory) -> tuple[Candidate, list[Request | Outcome]]:
        swap = None
        if "entity" in self.how.use:
            # Dice of its own for each Doc: what is drawn for one does not depend on the others.
            swap = make_swap(doc, inventory, random.Random(f"{self.how.seed}-{index}"))
        candidate = Candidate(index, doc, swap)
        return candidate, [self._plan(candidate, method) for method in self.how.use]

    def _plan(self, candidate: Candidate, method: str) -> Request | Outcome:
        doc = candidate.doc
        if not doc.text.strip():
            return Outcome("skipped", reason="no text")
        if method == "image" and (doc._.image or doc._.caption):
            return Outcome("skipped", reason="has a picture or caption")
        if method == "entity":
            if candidate.swap is None:
                return Outcome("skipped", reason="nothing to swap")
            doc = candidate.swap.doc
        return length_problem(doc.text, self.settings) or self._request(method, doc)

    def _request(self, method: str, doc: Doc) -> Request:
        prompt = self._prompts[method]
        messages = [{"role": "system", "content": self._system}] if self._system else []
        messages.append({"role": "user", "content": prompt.render(variables_of(doc))})
        extra: dict[str, Any] = {}
        if method == "entity" and self.how.json_schema:
            # Only the verdict is constrained: free answers are better without.
            extra["response_format"] = {"type": "json_schema", "json_schema": _VERDICT}
        return self.session.request(method, prompt.settings, messages, text=clean(doc.text), **extra)

    def _use(self, candidate: Candidate, method: str, outcome: Outcome) -> Doc | None:
        """What an answer is good for; counts it."""
        if not outcome.text:
            self.tally.reject(method, outcome.reason)
            return None
        self.tally.made[method] += 1
        try:
            if method == "style":
                new = self._restyle(candidate.doc, outcome.text)
            elif method == "entity":
                new = _accept(candidate, outcome.text)
            else:
                # Nothing new is made: the text gets the picture that it lacks.
                candidate.doc._.caption = outcome.text
                new = None
        except Lost as reason:
            self.tally.reject(method, str(reason))
            return None
        self.tally.kept[method] += 1
        _sign(candidate.doc if new is None else new, self._origin(candidate, method))
        return new

    def _restyle(self, doc: Doc, answer: str) -> Doc:
        text = _unwrap(answer)
        if " ".join(text.split()).casefold() == " ".join(doc.text.split()).casefold():
            raise Lost("unchanged")
        if len(text) > 3 * len(doc.text) + 40:
            raise Lost("much longer")
        target = self._tokenizer(text)
        new = carry_over(doc, target, find_mentions(doc, target))
        new._.image, new._.caption = doc._.image, doc._.caption
        return new

    def _origin(self, candidate: Candidate, method: str) -> dict[str, str | int]:
        origin: dict[str, str | int] = {"method": method, "source": candidate.number}
        origin["model"] = self.session.model[0]
        if method == "entity" and candidate.swap:
            origin.update({"old": candidate.swap.old, "new": candidate.swap.new})
        return origin

    def close(self) -> None:
        """Close connections and store."""
        self.session.close()


def _sign(doc: Doc, origin: dict[str, str | int]) -> None:
    data: dict[Any, Any] = doc.user_data
    data[PROVENANCE_KEY] = origin


def _accept(candidate: Candidate, answer: str) -> Doc:
    """The swapped Doc if the judge says yes. Its picture shows somebody else and is left behind."""
    verdict = read_verdict(answer)
    if verdict is None:
        raise Lost("no clear verdict")
    if not verdict or candidate.swap is None:
        raise Lost("judged impossible")
    return candidate.swap.doc


def read_verdict(answer: str) -> bool | None:
    """Yes or no.

    answer (str): What the judge said: JSON if the server knows how, or a word.
    RETURNS (Optional[bool]): The verdict, None if it is neither.
    """
    try:
        value = json.loads(answer)
        word = str(value["possible"] if isinstance(value, dict) else value)
    except (ValueError, KeyError):
        word = answer
    first = word.strip(" \n\t\"'*.`").lower().split(maxsplit=1)[:1]
    return {"yes": True, "no": False}.get(first[0].strip(".,!;:*")) if first else None


def _unwrap(answer: str) -> str:
    """Models like to repeat the fence, or to put a post in quotation marks."""
    text = answer.strip()
    for opening, closing in (("<text>", "</text>"), ('"', '"'), ("“", "”")):
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening) + len(closing):
            text = text[len(opening) : -len(closing)].strip()
    return clean(text)
