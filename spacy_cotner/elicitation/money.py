"""Prices, and the promise not to spend more than was allowed."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import NamedTuple

from wasabi import table

from ..errors import CotnerError
from .request import Request
from .tokens import completion_tokens, prompt_tokens

PRICES = Path(__file__).parent / "prices.json"
MILLION = 1_000_000

# (grain, model) -> answers, tokens sent, tokens back
Usage = dict[tuple[str, str], tuple[int, int, int]]


class Price(NamedTuple):
    """What a model costs per million tokens.

    input (float): Tokens that are sent.
    output (float): Tokens that come back.
    image_tokens (int): The most tokens that a picture counts for.
    """

    input: float
    output: float
    image_tokens: int = 0

    def cost(self, prompt: int, completion: int) -> float:
        """RETURNS (float): The price of so many tokens."""
        return (prompt * self.input + completion * self.output) / MILLION


class PriceList:
    """Prices from a small file that anybody can edit.

    path (Optional[Path]): The file, None for the one that is shipped.
    RAISES (CotnerError): If it can't be read.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path or PRICES)
        try:
            data = json.loads(self.path.read_text(encoding="utf8"))
            self.date = str(data["date"])
            self.currency = str(data.get("currency", "USD"))
            self.batch_discount = float(data.get("batch_discount", 0.0))
            if not 0 <= self.batch_discount < 1:
                raise ValueError(f"batch_discount = {self.batch_discount}, not a part of 1")
            self.models = {name: Price(**price) for name, price in data["models"].items()}
        except OSError as error:
            raise CotnerError(f"{self.path}: can't read the prices ({error.strerror})") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            what = " ".join(str(error).split())
            raise CotnerError(f"{self.path}: not a price list ({type(error).__name__}: {what})") from None

    def get(self, model: str) -> Price | None:
        """The price of a model.

        model (str): Its name; a date behind it does not matter.
        RETURNS (Optional[Price]): The price under the longest name that fits, None if there is none.
        """
        fits = [name for name in self.models if model == name or model.startswith(f"{name}-20")]
        return self.models[max(fits, key=len)] if fits else None


class Budget:
    """Holds money back for what is under way, so that the limit is kept whatever comes back.

    prices (PriceList): The prices.
    limit (float): The most to spend, on all models together.
    discount (float): The part of the prices that need not be paid.
    """

    def __init__(self, prices: PriceList, limit: float, discount: float = 0.0) -> None:
        self.prices = prices
        self.limit = limit / (1 - discount)
        self.spent = 0.0
        self._held = 0.0
        self._lock = threading.Lock()

    def price(self, model: str) -> Price:
        """model (str): Its name.
        RETURNS (Price): Its price.
        RAISES (CotnerError): If there is none: what can't be counted can't be limited.
        """
        price = self.prices.get(model)
        if price is None:
            raise CotnerError(
                f"{self.prices.path}: no price for {model}, which elicit.max_cost needs; "
                "add it to a copy of the file and name that in elicit.prices"
            )
        return price

    def hold(self, request: Request, attempts: int = 1) -> float | None:
        """Set money aside.

        request (Request): About to be sent.
        attempts (int): How often, at most.
        RETURNS (Optional[float]): What is held, None if it is not there any more.
        """
        price = self.price(request.body["model"])
        most = price.cost(prompt_tokens(request, price.image_tokens), completion_tokens(request)) * attempts
        with self._lock:
            if self.spent + self._held + most > self.limit:
                return None
            self._held += most
        return most

    def settle(self, request: Request, held: float, prompt: int, completion: int) -> None:
        """request (Request): What was asked.
        held (float): What was set aside for it.
        prompt (int): Tokens that were sent after all.
        completion (int): Tokens that came back.
        """
        with self._lock:
            self._held -= held
            self.spent += self.price(request.body["model"]).cost(prompt, completion)


def add_usage(usage: Usage, grain: str, model: str, prompt: int, completion: int) -> None:
    """usage (Usage): Where an answer is added.
    grain (str): What was asked.
    model (str): Who answered.
    prompt (int): Tokens that were sent.
    completion (int): Tokens that came back.
    """
    if prompt or completion:
        answers, sent, back = usage.get((grain, model), (0, 0, 0))
        usage[grain, model] = (answers + 1, sent + prompt, back + completion)


def total_cost(usage: Usage, prices: PriceList, discount: float = 0.0) -> float:
    """usage (Usage): What was used.
    prices (PriceList): The prices.
    discount (float): The part that need not be paid.
    RETURNS (float): What it costs; models without a price count as free.
    """
    found = ((prices.get(model), sent, back) for (_, model), (_, sent, back) in usage.items())
    return sum(price.cost(sent, back) for price, sent, back in found if price) * (1 - discount)


def bill(usage: Usage, prices: PriceList, discount: float = 0.0) -> str:
    """usage (Usage): What was used.
    prices (PriceList): The prices.
    discount (float): The part that need not be paid.
    RETURNS (str): Usage and price by grain and model; empty if nothing was paid for.
    """
    if not usage:
        return ""
    rows = [(*about, *numbers, _cost({about: numbers}, prices, discount)) for about, numbers in usage.items()]
    header = ("grain", "model", "answers", "tokens sent", "tokens back", prices.currency)
    foot = ("", "", "", "", "total", f"{total_cost(usage, prices, discount):.4f}")
    less = f", {discount:.0%} less through the Batch API" if discount else ""
    return (
        str(table(rows, header=header, footer=foot, divider=True, aligns=("l", "l", *"rrrr")))
        + f"Prices of {prices.date} ({prices.path.name}){less}; ?: no price for that model\n"
    )


def _cost(usage: Usage, prices: PriceList, discount: float) -> str:
    known = all(prices.get(model) for _, model in usage)
    return f"{total_cost(usage, prices, discount):.4f}" if known else "?"
