"""`cotner inspect`: look at the chain of thought of a corpus."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from spacy.tokens import Doc
from wasabi import color, msg, table

from ..data.leaks import LeakCount
from ..elicitation.corpus import Corpus
from ..elicitation.coverage import Coverage, GrainCoverage, Sample
from .app import command

WIDTH = 100


@command("inspect")
def inspect_cli(
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help=".spacy file or a folder of them")],
    samples: Annotated[int, typer.Option("--samples", "-n", help="Docs to show")] = 3,
    seed: Annotated[int, typer.Option("--seed", help="Chooses them")] = 0,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first N Docs")] = None,
    output_path: Annotated[
        Path | None, typer.Option("--json", help="Write the numbers to a file, too")
    ] = None,
) -> None:
    """Show how much of a corpus is explained, how long explanations are, how many gold entities they mention
    (the more they do, the more there is to distil), whether they give gold labels away, and Docs to read."""
    leaks = LeakCount()
    coverage = Coverage(samples, seed).add_all(_counted(Corpus(input_path).docs(limit), leaks))
    print(f"{coverage.docs} Docs, {coverage.explained} explained, ", end="")
    print(f"{coverage.images} with a picture, {coverage.captions} with a caption")
    rows = [_row(name, grain, coverage.docs) for name, grain in coverage.grains.items()]
    header = (
        "grain",
        "Docs",
        "share",
        "words 5 %",
        "median",
        "95 %",
        "gold entities",
        "mentioned",
        "repeated",
    )
    print(table(rows, header=header, divider=True, aligns=("l", *"rrrrrrrr")))
    print(f"Gold labels in explanations: {leaks.leaking} Docs ({leaks.share:.1%})", end="")
    print(f", such as {leaks.example!r}" if leaks.example else "")
    if warning := leaks.warning():
        msg.warn(warning)
    for sample in coverage.samples:
        print(_view(sample))
    if output_path is not None:
        output_path.write_text(json.dumps(numbers(coverage, leaks), indent=2) + "\n", encoding="utf8")


def _counted(docs: Iterable[Doc], leaks: LeakCount) -> Iterator[Doc]:
    for doc in docs:
        leaks.add(doc)
        yield doc


def numbers(coverage: Coverage, leaks: LeakCount) -> dict[str, Any]:
    """coverage (Coverage): What was counted.
    leaks (LeakCount): Docs whose explanations give gold labels away.
    RETURNS (Dict[str, Any]): The numbers, for programs.
    """
    grains = {
        name: {
            "docs": grain.docs,
            "words": grain.length(),
            "entities": grain.entities,
            "mentioned": grain.mentioned,
            "repeated": grain.repeated,
        }
        for name, grain in coverage.grains.items()
    }
    counts = {"docs": coverage.docs, "explained": coverage.explained, "leaking": leaks.leaking}
    return {**counts, "images": coverage.images, "captions": coverage.captions, "grains": grains}


def _row(name: str, grain: GrainCoverage, docs: int) -> tuple[Any, ...]:
    share = grain.share_mentioned
    lengths = [f"{length:.0f}" for length in grain.length()]
    said = "-" if share is None else f"{share:.1%}"
    return (name, grain.docs, f"{grain.docs / docs:.1%}", *lengths, grain.entities, said, grain.repeated)


def _view(sample: Sample) -> str:
    """A Doc with its entities in brackets, and its explanations."""
    parts = [color(f"\n— Doc {sample.number}", bold=True), _wrap(_marked(sample.doc), "  ")]
    if sample.doc._.caption:
        parts += [color("  picture", fg="cyan"), _wrap(sample.doc._.caption, "    ")]
    for grain, text in sample.doc._.cot.items():
        parts += [color(f"  {grain}", fg="green"), _wrap(text, "    ")]
    return "\n".join(parts)


def _marked(doc: Doc) -> str:
    text, end = "", 0
    for ent in doc.ents:
        text += f"{doc.text[end : ent.start_char]}[{ent.text}]({ent.label_})"
        end = ent.end_char
    return text + doc.text[end:]


def _wrap(text: str, indent: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)
