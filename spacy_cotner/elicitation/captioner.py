"""The captioner: a model that sees puts pictures in words, for those that don't."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc

from .asker import Outcome
from .grains import clean, compile_template, read_template, render
from .images import BadPicture, find_picture
from .money import Budget
from .request import Request
from .session import Session
from .settings import ElicitSettings


class Captioner:
    """Fills `Doc._.caption` where there is a picture and no caption.

    settings (ElicitSettings): The section `[elicit]`; `captioner.source` names what differs from its source.
    budget (Optional[Budget]): What may be spent, shared with the grains.
    RAISES (CotnerError): If the template is broken or the source is wrong.
    """

    def __init__(self, settings: ElicitSettings, budget: Budget | None = None) -> None:
        self.settings = settings
        name = settings.captioner.template
        self._prompt = render(compile_template(read_template(name), name, {}), name, {})
        self.session: Session[Doc] = Session(settings, settings.captioner_source(), budget)

    def pipe(self, docs: Iterable[Doc]) -> Iterator[tuple[Doc, Outcome]]:
        """docs (Iterable[Doc]): The Docs.
        YIELDS (Tuple[Doc, Outcome]): The same Docs with their captions, and what became of the question.
        """
        for doc, (outcome,) in self.session.ask((doc, [self._plan(doc)]) for doc in docs):
            if outcome.text:
                doc._.caption = outcome.text
            yield doc, outcome

    def _plan(self, doc: Doc) -> Request | Outcome:
        if not doc._.image:
            return Outcome("skipped", reason="no picture")
        if doc._.caption:
            return Outcome("kept")
        try:
            picture = find_picture(doc._.image, self.settings.images)
        except BadPicture as error:
            return Outcome("failed", reason="bad picture", detail=str(error))
        messages = [{"role": "user", "content": self._prompt}]
        how, text, image = self.settings.captioner, clean(doc.text), doc._.image
        return self.session.request("caption", how, messages, text=text, image=image, picture=picture)

    def close(self) -> None:
        """Close connections and store."""
        self.session.close()
