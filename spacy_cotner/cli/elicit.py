"""`cotner elicit`: ask an LLM to explain every Doc of a corpus."""

from __future__ import annotations

import gc
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm
from wasabi import msg, table

from ..data.leaks import LeakCount
from ..elicitation import AnswerStore, Elicitor, ElicitSettings, Tally, load_settings
from ..elicitation.batch import BatchDesk
from ..elicitation.corpus import Corpus, CorpusWriter
from ..elicitation.money import Budget, PriceList, bill
from ..elicitation.plan import make_plan, print_plan
from ..elicitation.request import Request
from ..errors import CotnerError
from .app import ANSWERS_KEPT, command
from .source_options import (
    OVERRIDABLE,
    AllowPartial,
    Config,
    Limit,
    MaxCost,
    Source,
    Store,
    collect_overrides,
)


@command("elicit", stopped=ANSWERS_KEPT, context_settings=OVERRIDABLE)
def elicit_cli(
    ctx: typer.Context,
    input_path: Annotated[Path, typer.Argument(help="Corpus to explain: .spacy or a folder of them")],
    output_path: Annotated[Path, typer.Argument(help="The same Docs with their explanations")],
    config: Config = None,
    source: Source = None,
    answers: Annotated[Path | None, typer.Option("--answers", "-a", help="Recorded answers (.jsonl)")] = None,
    store: Store = None,
    grains: Annotated[
        str | None, typer.Option("--grains", "-g", help="Grains to ask for, with commas between")
    ] = None,
    images: Annotated[Path | None, typer.Option("--images", help="Folder of the pictures")] = None,
    limit: Limit = None,
    caption: Annotated[bool, typer.Option("--caption", help="Put pictures in words first")] = False,
    max_cost: MaxCost = None,
    batch: Annotated[str | None, typer.Option("--batch", help="submit, status or collect")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count requests, tokens and price, send nothing")
    ] = False,
    allow_partial: AllowPartial = False,
) -> None:
    """Ask an LLM to explain every Doc: chain of thought, by grain, in Doc._.cot.

    Answers are kept in a store: a second run sends only what is missing. Any setting of the config can be
    given on the command line, such as --elicit.source.model gpt-4o-mini. The key comes from the environment.
    """
    options = {
        "elicit.source.kind": source or ("recorded" if answers else None),
        "elicit.source.answers": str(answers) if answers else None,
        "elicit.store": str(store) if store else None,
        "elicit.use": grains.split(",") if grains else None,
        "elicit.images.root": str(images) if images else None,
        "elicit.max_cost": max_cost,
        "elicit.captioner.enabled": caption or None,
    }
    settings = load_settings(config, collect_overrides(ctx, options))
    if dry_run:
        print_plan(make_plan(input_path, settings, limit), settings)
        return
    if batch is not None:
        run_batch(batch, input_path, settings, limit)
        if batch != "collect":
            return
        settings = settings.model_copy(update={"send": False})
    # What was imported stays: looking through it again for garbage stops all requests for half a second.
    gc.freeze()
    leaks = LeakCount()
    tally = elicit(input_path, output_path, settings, limit=limit, leaks=leaks)
    print_report(tally, output_path, settings)
    if warning := leaks.warning():
        msg.warn(warning)
    if tally.total("failed") and not allow_partial:
        raise CotnerError(
            f"{tally.total('failed')} answers are missing: run the command again to ask for them only, "
            "or accept the corpus with --allow-partial"
        )


def elicit(
    input_path: Path,
    output_path: Path,
    settings: ElicitSettings,
    *,
    limit: int | None = None,
    leaks: LeakCount | None = None,
) -> Tally:
    """Explain a corpus.

    input_path (Path): The corpus: a .spacy file or a folder of them.
    output_path (Path): Where the Docs go with their explanations, also when some are missing.
    settings (ElicitSettings): The section `[elicit]`.
    limit (Optional[int]): Only so many Docs.
    leaks (Optional[LeakCount]): Counts the Docs whose explanations give gold labels away.
    RETURNS (Tally): What became of the questions.
    RAISES (CotnerError): On bad input or when the source is down; what came is in the store.
    """
    corpus, tally = Corpus(input_path), Tally()
    prices = PriceList(settings.prices)
    with (
        closing(Elicitor(settings)) as elicitor,
        CorpusWriter(corpus, output_path) as writer,
        tqdm(unit="doc", disable=None) as bar,
    ):
        for doc, outcomes in elicitor.pipe(corpus.docs(limit)):
            tally.add(doc, outcomes)
            if leaks is not None:
                leaks.add(doc)
            writer.add(doc)
            bar.total = corpus.total
            if bar.update():  # true when it was drawn
                bar.set_postfix(tally.progress(prices), refresh=False)
    return tally


def run_batch(step: str, input_path: Path, settings: ElicitSettings, limit: int | None = None) -> None:
    """One step of a run through the Batch API; each can be repeated.

    step (str): "submit", "status" or "collect".
    input_path (Path): The corpus.
    settings (ElicitSettings): The section `[elicit]`.
    limit (Optional[int]): Only so many Docs.
    RAISES (CotnerError): On bad input or when the provider refuses; what came is in the store.
    """
    if step not in ("submit", "status", "collect"):
        raise CotnerError(f"--batch {step}: submit, status or collect")
    if settings.store is None:
        raise CotnerError("batches need a store, to remember what is on its way (--store)")
    prices = PriceList(settings.prices)
    budget = None
    if settings.max_cost is not None:
        budget = Budget(prices, settings.max_cost, prices.batch_discount)
    with (
        closing(AnswerStore(settings.store)) as store,
        closing(BatchDesk(settings.source, store, budget)) as desk,
    ):
        if step == "submit":
            elicitor = Elicitor(settings)
            parts = (part for doc in Corpus(input_path).docs(limit) for part in elicitor.plan(doc))
            sent, problems = desk.submit(part for part in parts if isinstance(part, Request))
            for problem in problems:
                print(problem, file=sys.stderr)
            msg.good(f"{sent} requests submitted")
        elif step == "status":
            header = ("batch", "status", "requests", "done", "failed")
            print(table(desk.status(), header=header, divider=True))
        else:
            good, bad, waiting = desk.collect()
            msg.info(f"{good} answers collected, {bad} rejected; {waiting} batches still at work")
            print(bill(desk.usage, prices, prices.batch_discount), end="")


def print_report(tally: Tally, output_path: Path, settings: ElicitSettings) -> None:
    """tally (Tally): What became of the questions, printed as tables and a list.
    output_path (Path): Where the Docs are.
    settings (ElicitSettings): Where the prices are.
    """
    print(tally.table() + tally.bill(PriceList(settings.prices)))
    for line in tally.listing():
        print(line, file=sys.stderr)
    msg.good(f"{tally.docs} Docs written to {output_path}")
