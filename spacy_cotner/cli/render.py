"""`cotner render`: look at the relations of a corpus, or at what a pipeline makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from spacy.tokens import Doc
from tqdm import tqdm
from wasabi import msg

from ..data.convert import write_atomically
from ..errors import CotnerError
from ..predictions import assigns, predict
from ..report import load_pipeline
from ..visual import Picture, Tally, compare_docs, picture_of, render
from ..visual.page import LEGEND, as_page, explanation, figure
from ..visual.rendering import check_options
from ..visual.svg import draw
from .app import command
from .documents import INPUT_HELP, read_docs

MODEL_HELP = "Trained pipeline to run on the texts: what it gets wrong is marked where there is annotation"
TEACHER_HELP = "With --model: let it read the explanations"
ERRORS_HELP = "With --model: only texts with an error"
LIMIT_HELP = "Draw so many texts at most, 0 for all"
WIDTH_HELP = "Break lines at so many pixels, 0 for one line a text"


class Drawn(NamedTuple):
    """A text to draw.

    doc (Doc): Where it comes from.
    picture (Picture): What is drawn.
    groups (Set[str]): The keys of its span groups.
    tally (Optional[Tally]): How right the predictions are, None without any.
    """

    doc: Doc
    picture: Picture
    groups: set[str]
    tally: Tally | None = None


@command("render")
def render_cli(
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help=INPUT_HELP)],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Page or picture: .html or .svg")],
    model: Annotated[str | None, typer.Option("--model", "-m", help=MODEL_HELP)] = None,
    teacher: Annotated[bool, typer.Option("--teacher", help=TEACHER_HELP)] = False,
    errors: Annotated[bool, typer.Option("--errors", "-e", help=ERRORS_HELP)] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", help=LIMIT_HELP, min=0)] = 100,
    scores: Annotated[bool, typer.Option("--scores", help="Write scores on the arcs")] = False,
    spans_key: Annotated[str | None, typer.Option("--spans-key", help="Draw doc.spans[KEY]")] = None,
    width: Annotated[int, typer.Option("--width", help=WIDTH_HELP, min=0)] = 900,
) -> None:
    """Draw entities as coloured spans and relations as arcs above the text.

    Without --model the annotation is drawn, with it the predictions; where both exist, predictions are laid
    over the annotation and what is wrong or missed is marked.
    """
    if output_path.suffix not in (".html", ".svg"):
        raise CotnerError(f"{output_path}: the output must end in .html or .svg")
    if model is None and (teacher or errors):
        raise CotnerError(f"{'--teacher' if teacher else '--errors'} needs a pipeline: give --model")
    options = check_options({"scores": scores, "spans_key": spans_key, "width": width or None})
    docs = read_docs(input_path)
    drawings = iter(_drawn(docs, model, teacher, options))
    if errors:
        drawings = (each for each in drawings if each.tally and each.tally.errors)
    chosen, more = _take(drawings, limit)
    if not chosen:
        raise CotnerError(f"{input_path}: no text to draw{' with an error' if errors else ''}")
    groups = {key for each in chosen for key in each.groups}
    if spans_key and spans_key not in groups:
        known = ", ".join(sorted(groups)) or "none"
        raise CotnerError(f"{input_path}: no spans under {spans_key!r}; there are {known}")
    write_atomically(output_path, _markup(chosen, output_path, options).encode("utf8"))
    _say(chosen, more, output_path)


def _drawn(docs: Iterable[Doc], model: str | None, teacher: bool, options: dict[str, Any]) -> Iterator[Drawn]:
    if model is None:
        for number, doc in enumerate(docs, start=1):
            yield Drawn(doc, _named(picture_of(doc, options), doc, number), set(doc.spans))
        return
    nlp = load_pipeline(model)
    entities = assigns(nlp, "doc.spans" if options["spans_key"] else "doc.ents")
    for number, (gold, predicted) in enumerate(predict(nlp, docs, teacher=teacher), start=1):
        picture, tally = compare_docs(gold, predicted, options, entities=entities)
        groups = {*gold.spans, *predicted.spans}
        yield Drawn(gold, _named(picture, gold, number, tally), groups, tally)


def _named(picture: Picture, doc: Doc, number: int, tally: Tally | None = None) -> Picture:
    name = picture.title or str(doc.user_data.get("id") or f"text {number}")
    return picture._replace(title=f"{name} · {tally}" if tally and sum(tally) else name)


def _take(drawings: Iterator[Drawn], limit: int) -> tuple[list[Drawn], bool]:
    """RETURNS (Tuple[List[Drawn], bool]): The first ones, and whether there are more."""
    chosen: list[Drawn] = []
    for drawn in tqdm(drawings, desc="Drawing", unit=" texts", total=limit or None, disable=None):
        if limit and len(chosen) == limit:
            return chosen, True
        chosen.append(drawn)
    return chosen, False


def _markup(chosen: list[Drawn], output_path: Path, options: dict[str, Any]) -> str:
    pictures = [each.picture for each in chosen]
    if output_path.suffix == ".svg":
        return render(pictures, style="svg", jupyter=False, options=options)
    figures = [
        figure(drawing.svg(), drawing.picture.title, explanation(each.doc), drawing.rtl)
        for each, drawing in zip(chosen, draw(pictures, options), strict=True)
    ]
    is_compared = any(each.tally and sum(each.tally) for each in chosen)
    return as_page("\n".join([LEGEND] * is_compared + figures), "Entities and relations")


def _say(chosen: list[Drawn], more: bool, output_path: Path) -> None:
    tally = Tally(*(sum(counts) for counts in zip(*(each.tally or Tally() for each in chosen), strict=True)))
    if sum(tally):
        msg.text(f"Entities and relations: {tally}")
    arcs = sum(len(each.picture.links) for each in chosen)
    msg.good(f"Drew {len(chosen):,} texts with {arcs:,} relations: {output_path}")
    if more:
        msg.warn(f"There are more texts than the first {len(chosen):,}: raise --limit, or 0 for all")
