"""What every kind of question needs: a model, a store, and somebody to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic

from .asker import Asker, Asks, Item, Outcome
from .client import Client
from .images import Picture
from .local import find_gguf, start_server
from .money import Budget, PriceList
from .request import Request, build_request
from .settings import ElicitSettings, GrainSettings, SourceSettings
from .store import AnswerStore

Message = dict[str, str]


class Session(Generic[Item]):
    """Builds requests and asks them. Nothing is opened before the first of them.

    settings (ElicitSettings): The section `[elicit]`.
    source (Optional[SourceSettings]): Who answers, if it is not `settings.source`.
    budget (Optional[Budget]): What may be spent, if it is shared; opened from the settings if not given.
    """

    def __init__(
        self, settings: ElicitSettings, source: SourceSettings | None = None, budget: Budget | None = None
    ) -> None:
        self.settings = settings
        self.budget = budget or open_budget(settings)
        self.source = source or settings.source
        self._model: tuple[str, str] | None = None
        self._store: AnswerStore | None = None
        self._asker: Asker[Item] | None = None

    @property
    def sent(self) -> int:
        """RETURNS (int): Requests that went to the server."""
        return self._asker.sent if self._asker else 0

    @property
    def model(self) -> tuple[str, str]:
        """RETURNS (Tuple[str, str]): The model's name and fingerprint, looked up when they are needed."""
        if self._model is None:
            self._model = _model_identity(self.source)
        return self._model

    def request(
        self,
        name: str,
        how: GrainSettings,
        messages: list[Message],
        *,
        text: str,
        image: str | None = None,
        picture: Picture | None = None,
        **extra: Any,
    ) -> Request:
        """Build a request.

        name (str): What the answer is for.
        how (GrainSettings): Length and temperature.
        messages (List[Message]): The prompt.
        text (str): The text it is about.
        image (Optional[str]): The name of its picture.
        picture (Optional[Picture]): The picture to send.
        **extra (Any): Anything else the server should get.
        RETURNS (Request): The request.
        """
        model, fingerprint = self.model
        params: dict[str, Any] = {"model": model, self.source.max_tokens_field: how.max_tokens}
        # Small models repeat themselves until they are cut off.
        params.update({"repeat_penalty": 1.2} if self.source.kind == "local" else {})
        params.update({**self.source.extra, **extra})
        if how.temperature is not None:
            params["temperature"] = how.temperature
        return build_request(
            name,
            messages,
            params,
            text=text,
            image=image,
            picture=picture,
            images=self.settings.images,
            fingerprint=fingerprint,
        )

    def ask(
        self, jobs: Iterable[tuple[Item, list[Request | Outcome]]]
    ) -> Iterator[tuple[Item, list[Outcome]]]:
        """jobs (Iterable[Tuple[Item, List[Union[Request, Outcome]]]]): Items with their questions.
        YIELDS (Tuple[Item, List[Outcome]]): The same, answered.
        RAISES (CotnerError): If there is no point in going on; what came is in the store.
        """
        if self._asker is None:
            if self.settings.store and self.source.kind != "recorded":
                self._store = AnswerStore(self.settings.store)
            if self.budget and self.source.kind == "openai":
                self.budget.price(self.model[0])  # complain before anything is sent
            factory = _client_factory(self.source, self.budget) if self.settings.send else None
            self._asker = Asker(factory, self._store, self.source.slots)
        return self._asker.stream(jobs)

    def close(self) -> None:
        """Close connections and store; the next `ask` opens them again."""
        if self._asker is not None:
            self._asker.close()
        if self._store is not None:
            self._store.close()
        self._asker = self._store = None


def open_budget(settings: ElicitSettings) -> Budget | None:
    """settings (ElicitSettings): The prices and the limit.
    RETURNS (Optional[Budget]): What may be spent, None if that is not limited.
    """
    if settings.max_cost is None:
        return None
    return Budget(PriceList(settings.prices), settings.max_cost)


def _model_identity(source: SourceSettings) -> tuple[str, str]:
    if source.kind != "local":
        return source.model, ""
    path = find_gguf(source)
    return path.stem, str(path.stat().st_size)


def _client_factory(source: SourceSettings, budget: Budget | None) -> Callable[[], Asks]:
    if source.kind == "openai":
        return lambda: Client(source, budget=budget)

    def open_local() -> Asks:
        server = start_server(source)
        client = Client(source.model_copy(update={"base_url": server.base_url}), server.api_key)
        client.server = server  # lives as long as the client
        return client

    return open_local
