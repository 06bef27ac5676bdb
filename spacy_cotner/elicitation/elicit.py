"""Chain of thought for Docs: the library function behind `cotner elicit` and `cot_annotator`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from ..errors import CotnerError
from .asker import Outcome
from .captioner import Captioner
from .examples import Example, Examples
from .grains import Grain, clean, read_system
from .images import BadPicture, Picture, find_picture
from .recorded import RecordedAnswers
from .request import Request
from .session import Message, Session
from .settings import ElicitSettings

Outcomes = dict[str, Outcome]


class Elicitor:
    """Asks every grain about every Doc. Nothing is opened before the first Doc that needs it.

    settings (ElicitSettings): The section `[elicit]`.
    templates (Optional[Mapping[str, str]]): Grain -> the template's text, instead of reading the file.
    RAISES (CotnerError): If a grain is unknown or a template is broken.
    """

    def __init__(self, settings: ElicitSettings, templates: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        sources = templates or {}
        chosen = settings.selected()
        self.grains = {name: Grain(name, grain, sources.get(name)) for name, grain in chosen.items()}
        self.system = read_system(settings.system)
        self.session: Session[tuple[Doc, Outcomes]] = Session(settings)
        budget = self.session.budget
        self.captioner = Captioner(settings, budget) if settings.captioner.enabled else None
        self._examples = {name: Examples(name, grain) for name, grain in chosen.items() if grain.examples}
        self._recorded: RecordedAnswers | None = None

    def pipe(self, docs: Iterable[Doc]) -> Iterator[tuple[Doc, Outcomes]]:
        """Ask about a stream of Docs and write the answers to `Doc._.cot`.

        docs (Iterable[Doc]): The Docs.
        YIELDS (Tuple[Doc, Dict[str, Outcome]]): The same Docs in their order, with the outcome of each grain.
        RAISES (CotnerError): If there is no point in going on; what came is in the store.
        """
        stream: Iterable[tuple[Doc, Outcomes]] = ((doc, {}) for doc in docs)
        if self.captioner is not None:
            stream = ((doc, {"caption": outcome}) for doc, outcome in self.captioner.pipe(docs))
        for (doc, before), outcomes in self.session.ask((item, self.plan(item[0])) for item in stream):
            by_grain = dict(zip(self.grains, outcomes, strict=True))
            new = {name: outcome.text for name, outcome in by_grain.items() if outcome.text}
            if new:
                doc._.cot = {**doc._.cot, **new}
            yield doc, {**before, **by_grain}

    def plan(self, doc: Doc) -> list[Request | Outcome]:
        """What there is to ask about a Doc, without asking.

        doc (Doc): The Doc.
        RETURNS (List[Union[Request, Outcome]]): For each grain, a request, or what is clear without one.
        """
        # What templates use is the same for all grains; most time goes into asking spaCy for it.
        variables = variables_of(doc)
        if not variables["text"].strip():
            return [Outcome("skipped", reason="no text") for _ in self.grains]
        return [self._plan(doc, grain, variables) for grain in self.grains.values()]

    def _plan(self, doc: Doc, grain: Grain, variables: dict[str, Any]) -> Request | Outcome:
        if not self.settings.overwrite and doc._.cot.get(grain.name):
            return Outcome("kept")
        if self.settings.source.kind == "recorded" and (text := self._look_up(doc, grain)):
            return Outcome("cached", text)
        if grain.settings.needs_image and not (doc._.image or doc._.caption):
            return Outcome("skipped", reason="no picture")
        if self.settings.source.kind == "recorded":
            return Outcome("failed", reason="no recorded answer")
        if too_long := length_problem(variables["text"], self.settings):
            return too_long
        try:
            picture = self._picture(doc, grain)
        except BadPicture as error:
            return Outcome("failed", reason="bad picture", detail=str(error))
        if grain.settings.needs_image and not (picture or doc._.caption):
            return Outcome("skipped", reason="model can't see, and no caption")
        messages = self.messages(grain, {**variables, "image": picture is not None})
        text, image = variables["text"], doc._.image
        return self.session.request(
            grain.name, grain.settings, messages, text=text, image=image, picture=picture
        )

    def _look_up(self, doc: Doc, grain: Grain) -> str | None:
        if self._recorded is None:
            if not self.settings.source.answers:
                raise CotnerError(
                    "recorded answers: name the file with --answers or in elicit.source.answers"
                )
            self._recorded = RecordedAnswers(Path(self.settings.source.answers))
        return self._recorded.get(doc.text, doc._.image, grain.name)

    def _picture(self, doc: Doc, grain: Grain) -> Picture | None:
        wanted = grain.settings.needs_image and doc._.image and self.settings.source.sees
        return find_picture(doc._.image, self.settings.images) if wanted else None

    def messages(self, grain: Grain, variables: dict[str, Any]) -> list[Message]:
        """The prompt for a grain.

        grain (Grain): The question.
        variables (Dict[str, Any]): What the template may use.
        RETURNS (List[Message]): System prompt, examples, the question.
        """
        messages = [{"role": "system", "content": self.system}] if self.system else []
        if grain.name in self._examples:
            for example in self._examples[grain.name].choose(variables["text"]):
                shown = grain.render(_variables_of_example(example))
                messages.append({"role": "user", "content": shown})
                messages.append({"role": "assistant", "content": example.answer})
        return [*messages, {"role": "user", "content": grain.render(variables)}]

    def close(self) -> None:
        """Close connections and store; the next `pipe` opens them again."""
        self.session.close()
        if self.captioner is not None:
            self.captioner.close()


def length_problem(text: str, settings: ElicitSettings) -> Outcome | None:
    """text (str): The text.
    settings (ElicitSettings): The limit.
    RETURNS (Optional[Outcome]): What to say if the text is too long to be sent.
    """
    length, limit = len(text), settings.max_text_chars
    if length <= limit:
        return None
    return Outcome("failed", reason="text too long", detail=f"{length} > elicit.max_text_chars = {limit}")


def variables_of(doc: Doc) -> dict[str, Any]:
    """What templates may use.

    doc (Doc): The Doc.
    RETURNS (Dict[str, Any]): See `grains.VARIABLES`.
    """
    return {
        "text": clean(doc.text),
        "caption": clean(doc._.caption or ""),
        "image": False,
        "entities": [clean(ent.text) for ent in doc.ents],
        "pairs": [(clean(rel.head.text), clean(rel.tail.text)) for rel in doc._.relations],
    }


def _variables_of_example(example: Example) -> dict[str, Any]:
    shown = {"text": clean(example.text), "caption": clean(example.caption)}
    return {**shown, "image": False, "entities": [], "pairs": []}
