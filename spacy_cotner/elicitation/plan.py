"""What a run would send and cost, without sending anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from spacy.tokens import Doc
from wasabi import table

from .asker import LOOKUP
from .corpus import Corpus
from .elicit import Elicitor
from .money import Price, PriceList
from .request import Request
from .settings import ElicitSettings
from .store import AnswerStore
from .tokens import completion_tokens, counts_exactly, prompt_tokens


@dataclass
class GrainPlan:
    """What one grain would take.

    requests (int): Requests to send.
    cached (int): Answers that are in the store.
    other (int): Questions that are not asked: nothing to ask, already on the Doc, bad pictures.
    prompt (int): Tokens to send.
    completion (int): Tokens that can come back at most.
    """

    requests: int = 0
    cached: int = 0
    other: int = 0
    prompt: int = 0
    completion: int = 0

    def cost(self, price: Price | None) -> float | None:
        """RETURNS (Optional[float]): At most, None without a price."""
        return price.cost(self.prompt, self.completion) if price else None


def make_plan(input_path: Path, settings: ElicitSettings, limit: int | None = None) -> dict[str, GrainPlan]:
    """Count what a run would send.

    input_path (Path): The corpus.
    settings (ElicitSettings): The section `[elicit]`.
    limit (Optional[int]): Only so many Docs.
    RETURNS (Dict[str, GrainPlan]): Grain -> what it takes.
    """
    elicitor = Elicitor(settings)
    plans = {grain: GrainPlan() for grain in elicitor.grains}
    # A store that is not there yet is not made.
    exists = settings.store is not None and Path(settings.store).exists()
    store = AnswerStore(settings.store) if exists and settings.store else None
    price = PriceList(settings.prices).get(settings.source.model)
    seen: set[str] = set()
    for docs in _chunks(Corpus(input_path).docs(limit)):
        parts = [part for doc in docs for part in zip(plans.values(), elicitor.plan(doc), strict=True)]
        keys = [part.key for _, part in parts if isinstance(part, Request)]
        seen.update(store.get_many(keys) if store else ())
        for plan, part in parts:
            if not isinstance(part, Request):
                plan.other += 1
            elif part.key in seen:
                plan.cached += 1
            else:
                seen.add(part.key)
                plan.requests += 1
                plan.prompt += prompt_tokens(part, price.image_tokens if price else 0)
                plan.completion += completion_tokens(part)
    if store:
        store.close()
    return plans


def _chunks(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    docs = iter(docs)
    while chunk := list(islice(docs, LOOKUP)):
        yield chunk


def print_plan(plans: dict[str, GrainPlan], settings: ElicitSettings) -> None:
    """plans (Dict[str, GrainPlan]): Grain -> what it takes, printed as a table.
    settings (ElicitSettings): The model, the prices.
    """
    prices, model = PriceList(settings.prices), settings.source.model
    price = prices.get(model) if settings.source.kind == "openai" else Price(0, 0)
    costs = [plan.cost(price) for plan in plans.values()]
    rows = [
        (grain, plan.requests, plan.cached, plan.other, plan.prompt, plan.completion, _money(cost))
        for (grain, plan), cost in zip(plans.items(), costs, strict=True)
    ]
    total = _money(sum(cost for cost in costs if cost is not None) if price else None)
    header = ("grain", "to send", "cached", "not asked", "tokens to send", "tokens back ≤", prices.currency)
    foot = ("", sum(plan.requests for plan in plans.values()), "", "", "", "total ≤", total)
    print(table(rows, header=header, footer=foot, divider=True, aligns=("l", *"rrrrrr")))
    how = "counted" if counts_exactly(model) else "estimated (install the extra `tokens` to count them)"
    print(
        f"Tokens {how}. Prices of {prices.date} from {prices.path.name}"
        + ("" if price else f": none for {model}")
    )
    if price and settings.source.kind == "openai" and prices.batch_discount:
        print(f"Through the Batch API: {prices.batch_discount:.0%} less.")


def _money(cost: float | None) -> str:
    return "?" if cost is None else f"{cost:.4f}"
