"""`cotner augment`: more Docs from labelled ones."""

from __future__ import annotations

import gc
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm
from wasabi import msg

from ..elicitation import ElicitSettings, load_settings
from ..elicitation.augment import Augmenter, AugmentSettings, AugmentTally, load_augment_settings
from ..elicitation.augment.swap import Inventory
from ..elicitation.corpus import Corpus, write_atomically
from ..elicitation.doc_bin import QuickDocBin
from ..elicitation.money import PriceList
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


@command("augment", stopped=ANSWERS_KEPT, context_settings=OVERRIDABLE)
def augment_cli(
    ctx: typer.Context,
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help="Labelled corpus")],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT.spacy", help="The corpus and more")],
    methods: Annotated[str | None, typer.Option("--methods", "-m", help="style,entity,image")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Draws the entities to swap")] = None,
    config: Config = None,
    source: Source = None,
    store: Store = None,
    max_cost: MaxCost = None,
    limit: Limit = None,
    allow_partial: AllowPartial = False,
) -> None:
    """Make more training Docs: style (rewritten posts), entity (another name of the same type, judged
    possible), image (an imagined caption for texts without picture).

    Labels and relations are carried over and verified; what loses one is dropped and counted. Every Doc tells
    where it comes from in user_data["spacy_cotner", "provenance"]. Settings: --augment.* and --elicit.*.
    """
    options = {
        "elicit.source.kind": source,
        "elicit.store": str(store) if store else None,
        "elicit.max_cost": max_cost,
        "augment.use": methods.split(",") if methods else None,
        "augment.seed": seed,
    }
    overrides = collect_overrides(ctx, options, ("elicit", "augment"))
    settings, how = load_settings(config, overrides), load_augment_settings(config, overrides)
    gc.freeze()  # as in `elicit`
    tally, written = augment(input_path, output_path, settings, how, limit=limit)
    print(tally.table(how.use) + tally.asked.bill(PriceList(settings.prices)))
    for line in tally.asked.listing():
        print(line, file=sys.stderr)
    msg.good(f"{written} Docs written to {output_path}, made of {tally.docs}")
    if failed := tally.asked.total("failed") * (not allow_partial):
        raise CotnerError(f"{failed} answers are missing: run the command again, or add --allow-partial")


def augment(
    input_path: Path,
    output_path: Path,
    settings: ElicitSettings,
    how: AugmentSettings,
    *,
    limit: int | None = None,
) -> tuple[AugmentTally, int]:
    """Augment a corpus.

    input_path (Path): The corpus.
    output_path (Path): The .spacy file to write.
    settings (ElicitSettings): Who answers, the store.
    how (AugmentSettings): What is made.
    limit (Optional[int]): Only so many Docs.
    RETURNS (Tuple[AugmentTally, int]): What was made, and how many Docs were written.
    RAISES (CotnerError): On bad input or when the source is down; what came is in the store.
    """
    if settings.source.kind == "recorded":
        raise CotnerError(
            "augment needs an LLM: --source openai or local (answers in the store are used first)"
        )
    inventory = Inventory(Corpus(input_path).docs(limit))
    corpus = Corpus(input_path)
    out = QuickDocBin()
    with closing(Augmenter(settings, how)) as augmenter, tqdm(unit="doc", disable=None) as bar:
        for doc in augmenter.pipe(corpus.docs(limit), inventory):
            out.add(doc)
            bar.total = corpus.total
            bar.update(augmenter.tally.docs - bar.n)
    write_atomically(out.to_bytes(), output_path)
    return augmenter.tally, len(out)
