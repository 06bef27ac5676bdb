"""`python -m spacy cotner convert`: data files to `.spacy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from wasabi import msg

from ..data import Summary
from ..data import convert as convert_file
from ..errors import CotnerError
from .app import command

CAPTIONS_HELP = "Captions to join by image: JSONL with image and caption"
COT_HELP = "Recorded explanations to join by image and text: JSONL (repeatable)"
GRAIN_HELP = "FIELD or FIELD=GRAIN: a field that holds an explanation (repeatable; default: all there are)"
RELATIONS_ONLY_HELP = "Leave entities unannotated, for joint training with a corpus that has them"
SPANS_KEY_HELP = "JSONL: keep spans, also overlapping ones, in this group of doc.spans, not in doc.ents"
UNTYPED_HELP = "MNRE: label all entities ENT; their types come from gold relations and give those away"


@command("convert")
def convert(
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help="File to read")],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT.spacy", help="File to write")],
    format: Annotated[str, typer.Option("--format", "-f", help="auto, conll, mnre or jsonl")] = "auto",
    captions: Annotated[Path | None, typer.Option("--captions", "-c", help=CAPTIONS_HELP)] = None,
    cot: Annotated[list[Path] | None, typer.Option("--cot", help=COT_HELP)] = None,
    cot_grain: Annotated[list[str] | None, typer.Option("--cot-grain", help=GRAIN_HELP)] = None,
    images: Annotated[Path | None, typer.Option("--images", "-i", help="Folder of the images")] = None,
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language of the texts")] = "en",
    untyped: Annotated[bool, typer.Option("--untyped", help=UNTYPED_HELP)] = False,
    relations_only: Annotated[bool, typer.Option("--relations-only", help=RELATIONS_ONLY_HELP)] = False,
    spans_key: Annotated[str | None, typer.Option("--spans-key", help=SPANS_KEY_HELP)] = None,
    strict_bio: Annotated[
        bool, typer.Option("--strict-bio", help="Drop entities that begin with I-")
    ] = False,
) -> None:
    """
    Convert a data set to spaCy's format, with images, captions and recorded chain of thought.

    Formats: CoNLL with IMGID: lines (the Twitter data sets), MNRE, and JSONL (text or tokens, spans,
    relations, image, caption, cot; Prodigy's names are accepted). What is repaired or dropped is counted and
    named; a broken line stops the conversion, and a former OUTPUT stays as it was.
    """
    summary = convert_file(
        input_path,
        output_path,
        format=format,
        captions=captions,
        cot=cot or (),
        grains=parse_grains(cot_grain or []),
        images=images,
        lang=lang,
        strict_bio=strict_bio,
        untyped=untyped,
        relations_only=relations_only,
        spans_key=spans_key,
        progress=True,
    )
    print_summary(summary, output_path)


def parse_grains(values: list[str]) -> dict[str, str] | None:
    """Read the values of `--cot-grain`.

    values (List[str]): Like "knowledge" or "knowledge=multimodality".
    RETURNS (Optional[Dict[str, str]]): Field -> grain; None if nothing was given.
    RAISES (CotnerError): If one of them is empty.
    """
    grains = {}
    for value in values:
        name, _, grain = value.partition("=")
        if not name.strip() or ("=" in value and not grain.strip()):
            raise CotnerError(f"--cot-grain {value!r}: expected FIELD or FIELD=GRAIN")
        grains[name.strip()] = grain.strip() or name.strip()
    return grains or None


def print_summary(summary: Summary, output_path: Path) -> None:
    """Print what was read and what had to be mended.

    summary (Summary): The summary.
    output_path (Path): The file that was written.
    """
    msg.table(list(summary.rows()))
    for line in summary.repairs.lines():
        msg.warn(line)
    msg.good(f"Wrote {summary.n_docs:,} texts to {output_path}")
