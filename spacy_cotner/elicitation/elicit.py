"""Chain of thought for Docs: the library function behind `cotner elicit` and `cot_annotator`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from ..errors import CotnerError
from .asker import Asker, Asks, Outcome
from .client import Client
from .grains import Grain, clean, compile_template, read_template, render
from .images import BadPicture, Picture, find_picture
from .local import find_gguf, start_server
from .money import Budget, PriceList, open_budget
from .recorded import RecordedAnswers
from .request import Request, build_request
from .settings import ElicitSettings, SourceSettings
from .store import AnswerStore

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
        self.store: AnswerStore | None = None
        self._recorded: RecordedAnswers | None = None
        self._asker: Asker[Doc] | None = None
        self._model: tuple[str, str] | None = None

    @property
    def sent(self) -> int:
        """RETURNS (int): Requests that went to the server."""
        return self._asker.sent if self._asker else 0

    @property
    def model(self) -> tuple[str, str]:
        """RETURNS (Tuple[str, str]): The model's name and fingerprint, looked up when they are needed."""
        if self._model is None:
            self._model = model_identity(self.settings.source)
        return self._model

    def pipe(self, docs: Iterable[Doc]) -> Iterator[tuple[Doc, Outcomes]]:
        """Ask about a stream of Docs and write the answers to `Doc._.cot`.

        docs (Iterable[Doc]): The Docs.
        YIELDS (Tuple[Doc, Dict[str, Outcome]]): The same Docs in their order, with the outcome of each grain.
        RAISES (CotnerError): If there is no point in going on; what came is in the store.
        """
        self._open()
        assert self._asker is not None
        jobs = ((doc, self.plan(doc)) for doc in docs)
        for doc, outcomes in self._asker.stream(jobs):
            by_grain = dict(zip(self.grains, outcomes, strict=True))
            new = {name: outcome.text for name, outcome in by_grain.items() if outcome.text}
            if new:
                doc._.cot = {**doc._.cot, **new}
            yield doc, by_grain

    def plan(self, doc: Doc) -> list[Request | Outcome]:
        """What there is to ask about a Doc, without asking.

        doc (Doc): The Doc.
        RETURNS (List[Union[Request, Outcome]]): For each grain, a request, or what is clear without one.
        """
        return [self._plan(doc, grain) for grain in self.grains.values()]

    def _plan(self, doc: Doc, grain: Grain) -> Request | Outcome:
        if not doc.text.strip():
            return Outcome("skipped", reason="no text")
        if not self.settings.overwrite and doc._.cot.get(grain.name):
            return Outcome("kept")
        if self.settings.source.kind == "recorded" and (text := self._look_up(doc, grain)):
            return Outcome("cached", text)
        if grain.settings.needs_image and not (doc._.image or doc._.caption):
            return Outcome("skipped", reason="no picture")
        if self.settings.source.kind == "recorded":
            return Outcome("failed", reason="no recorded answer")
        limit = self.settings.max_text_chars
        if len(doc.text) > limit:
            return Outcome(
                "failed", reason="text too long", detail=f"{len(doc.text)} > elicit.max_text_chars = {limit}"
            )
        try:
            picture = self._picture(doc, grain)
        except BadPicture as error:
            return Outcome("failed", reason="bad picture", detail=str(error))
        if grain.settings.needs_image and not (picture or doc._.caption):
            return Outcome("skipped", reason="model can't see, and no caption")
        return self._request(doc, grain, picture)

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

    def _request(self, doc: Doc, grain: Grain, picture: Picture | None) -> Request:
        source = self.settings.source
        model, fingerprint = self.model
        prompt = grain.render(variables_of(doc, attached=picture is not None))
        messages = [{"role": "system", "content": self.system}] if self.system else []
        params: dict[str, Any] = {
            "model": model,
            source.max_tokens_field: grain.settings.max_tokens,
            **source.extra,
        }
        if grain.settings.temperature is not None:
            params["temperature"] = grain.settings.temperature
        return build_request(
            grain.name,
            [*messages, {"role": "user", "content": prompt}],
            params,
            text=clean(doc.text),
            image=doc._.image,
            picture=picture,
            images=self.settings.images,
            fingerprint=fingerprint,
        )

    def _open(self) -> None:
        """The store and the client; what needs neither opens neither."""
        if self._asker is not None:
            return
        if self.settings.store and self.settings.source.kind != "recorded":
            self.store = AnswerStore(self.settings.store)
        budget = open_budget(self.model[0], PriceList(self.settings.prices), self.settings.max_cost)
        self._asker = Asker(client_factory(self.settings.source, budget), self.store)

    def close(self) -> None:
        """Close connections and store; the next `pipe` opens them again."""
        if self._asker is not None:
            self._asker.close()
        if self.store is not None:
            self.store.close()
        self._asker = self.store = None


def read_system(name: str | None) -> str:
    """The system prompt.

    name (Optional[str]): A template's name or file.
    RETURNS (str): The prompt, empty if there is none.
    """
    return render(compile_template(read_template(name), name, {}), name, {}) if name else ""


def model_identity(source: SourceSettings) -> tuple[str, str]:
    """What the model is called, and what tells it from another of that name.

    source (SourceSettings): The source.
    RETURNS (Tuple[str, str]): Name and fingerprint.
    """
    if source.kind != "local":
        return source.model, ""
    path = find_gguf(source)
    return path.stem, str(path.stat().st_size)


def client_factory(source: SourceSettings, budget: Budget | None = None) -> Callable[[], Asks]:
    """How to open the source.

    source (SourceSettings): The source.
    budget (Optional[Budget]): What may be spent.
    RETURNS (Callable[[], Asks]): Opens it; called when the first request has to be sent.
    """
    if source.kind == "openai":
        return lambda: Client(source, budget=budget)

    def open_local() -> Asks:
        server = start_server(source)
        client = Client(source.model_copy(update={"base_url": server.base_url}), server.api_key)
        client.server = server  # lives as long as the client
        return client

    return open_local


def variables_of(doc: Doc, attached: bool = False) -> dict[str, Any]:
    """What templates may use.

    doc (Doc): The Doc.
    attached (bool): Whether its picture is sent.
    RETURNS (Dict[str, Any]): See `grains.VARIABLES`.
    """
    return {
        "text": clean(doc.text),
        "caption": clean(doc._.caption or ""),
        "image": attached,
        "entities": [clean(ent.text) for ent in doc.ents],
        "pairs": [(clean(rel.head.text), clean(rel.tail.text)) for rel in doc._.relations],
    }
